"""The records of idempotent requests in MongoDB: one document a key, changed by compare-and-set."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import KeyReused, RequestInProgress
from app.domain.idempotency import Claim
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.idempotency_rows import RequestRow
from app.records.mongo.tables import Patience


@dataclass(frozen=True, slots=True)
class MongoIdempotency:
    collections: Collections

    async def begin(self, claim: Claim, forget_before: datetime) -> str | None:
        fields = _fields_of(claim)
        new = self.collections.idempotent_requests.model.model_validate({"_id": _id_of(claim), **fields})
        patience = Patience()
        while True:
            row = await self.collections.idempotent_requests.get(new.id)
            if row is None:
                if await self.collections.idempotent_requests.insert(new):
                    return None
            elif row.created_at >= to_micros(forget_before) and _is_answered(row, claim):
                return row.answer
            else:
                same = {"_id": row.id, "claim_id": row.claim_id, "answer": row.answer}
                if await self.collections.idempotent_requests.change(same, {"$set": fields}) is not None:
                    return None
            await patience.rest()

    async def finish(self, claim: Claim, answer: str) -> None:
        await self.collections.idempotent_requests.change(_held(claim), {"$set": {"answer": answer}})

    async def release(self, claim: Claim) -> None:
        await self.collections.idempotent_requests.remove(_held(claim))

    async def delete_before(self, at: datetime) -> int:
        return await self.collections.idempotent_requests.remove_all({"created_at": {"$lt": to_micros(at)}})


def _is_answered(row: RequestRow, claim: Claim) -> bool:
    """Tell whether there is an answer; False when the claim may take over. Raises: KeyReused, RequestInProgress."""
    if row.request_sha256 != claim.request_sha256:
        raise KeyReused("The Idempotency-Key was used for another request; use a new one.")
    if row.answer is None and row.lease_until > to_micros(claim.at):
        raise RequestInProgress("A request with this Idempotency-Key is being worked on.")
    return row.answer is not None


def _id_of(claim: Claim) -> str:
    return f"{claim.user_id}/{claim.key_sha256}"


def _held(claim: Claim) -> dict[str, object]:
    return {"_id": _id_of(claim), "claim_id": claim.id}


def _fields_of(claim: Claim) -> dict[str, object]:
    return {
        "user_id": claim.user_id,
        "key_sha256": claim.key_sha256,
        "request_sha256": claim.request_sha256,
        "claim_id": claim.id,
        "created_at": to_micros(claim.at),
        "lease_until": to_micros(claim.lease_until),
        "answer": None,
    }
