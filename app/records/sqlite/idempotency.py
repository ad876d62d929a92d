"""The records of idempotent requests in SQLite."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import KeyReused, RequestInProgress
from app.domain.idempotency import Claim
from app.records.sqlite.connection import Database
from app.records.sqlite.rows import to_micros

_FIND = """
SELECT * FROM idempotent_requests WHERE user_id = ? AND key_sha256 = ? AND created_at >= ?
"""

_PUT = """
INSERT INTO idempotent_requests (user_id, key_sha256, request_sha256, claim_id, created_at, lease_until)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (user_id, key_sha256) DO UPDATE SET request_sha256 = excluded.request_sha256, claim_id = excluded.claim_id,
  created_at = excluded.created_at, lease_until = excluded.lease_until, answer = NULL
"""

_HELD = "user_id = ? AND key_sha256 = ? AND claim_id = ?"


@dataclass(frozen=True, slots=True)
class SqliteIdempotency:
    database: Database

    async def begin(self, claim: Claim, forget_before: datetime) -> str | None:
        async with self.database.transaction() as transaction:
            row = await transaction.fetch_one(_FIND, (claim.user_id, claim.key_sha256, to_micros(forget_before)))
            if row is not None:
                if row["request_sha256"] != claim.request_sha256:
                    raise KeyReused("The Idempotency-Key was used for another request; use a new one.")
                if row["answer"] is not None:
                    return str(row["answer"])
                if row["lease_until"] > to_micros(claim.at):
                    raise RequestInProgress("A request with this Idempotency-Key is being worked on.")
            times = (to_micros(claim.at), to_micros(claim.lease_until))
            await transaction.fetch(_PUT, (*_key_of(claim), claim.request_sha256, claim.id, *times))
        return None

    async def finish(self, claim: Claim, answer: str) -> None:
        sql = f"UPDATE idempotent_requests SET answer = ? WHERE {_HELD}"  # noqa: S608 - own text only
        async with self.database.transaction() as transaction:
            await transaction.fetch(sql, (answer, *_key_of(claim), claim.id))

    async def release(self, claim: Claim) -> None:
        sql = f"DELETE FROM idempotent_requests WHERE {_HELD}"  # noqa: S608 - own text only
        async with self.database.transaction() as transaction:
            await transaction.fetch(sql, (*_key_of(claim), claim.id))

    async def delete_before(self, at: datetime) -> int:
        sql = "DELETE FROM idempotent_requests WHERE created_at < ? RETURNING claim_id"
        async with self.database.transaction() as transaction:
            return len(await transaction.fetch(sql, (to_micros(at),)))


def _key_of(claim: Claim) -> tuple[str, str]:
    return claim.user_id, claim.key_sha256
