"""The outbox in MongoDB; entries for webhooks are written when the debt of a change is paid."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import LeaseLost
from app.domain.job import ItemError
from app.domain.outbox import EntryId, OutboxClaim, OutboxEntry
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.outbox_rows import OutboxRow, entry_of, outbox_row
from app.records.mongo.rows import error_part
from app.records.mongo.tables import Patience, Update


@dataclass(frozen=True, slots=True)
class MongoOutbox:
    collections: Collections

    async def add(self, entries: Sequence[OutboxEntry]) -> None:
        model = self.collections.outbox.model
        await self.collections.outbox.insert_missing(outbox_row(model, entry) for entry in entries)

    async def find(self, entry_id: EntryId) -> OutboxEntry | None:
        row = await self.collections.outbox.get(entry_id)
        return None if row is None else entry_of(row)

    async def claim(
        self, now: datetime, lease_s: float, kinds: Collection[str], busy: Collection[str] = ()
    ) -> OutboxClaim | None:
        lease_until = to_micros(now + timedelta(seconds=lease_s))
        leased: Update = {"$set": {"due_at": lease_until}, "$inc": {"attempts": 1, "token": 1}}
        patience = Patience()
        while (due := await self._find_due(to_micros(now), kinds, busy)) is not None:
            same = {"_id": due.id, "token": due.token, "due_at": due.due_at, "died_at": None}
            row = await self.collections.outbox.change(same, leased)
            if row is not None:
                return OutboxClaim(entry_of(row), row.token)
            await patience.rest()
        return None

    async def renew(self, claim: OutboxClaim, now: datetime, lease_s: float) -> None:
        await self._write_held(claim, {"$set": {"due_at": to_micros(now + timedelta(seconds=lease_s))}})

    async def settle(self, claim: OutboxClaim) -> None:
        if await self.collections.outbox.remove(_held(claim)) is None:
            raise _lost(claim)

    async def put_back(self, claim: OutboxClaim, due: datetime, error: ItemError | None) -> None:
        """Take another token, so that the claim holds no more."""
        if error is None:
            await self._write_held(claim, {"$set": {"due_at": to_micros(due)}, "$inc": {"attempts": -1, "token": 1}})
        else:
            waiting = {"due_at": to_micros(due), **_told(error)}
            await self._write_held(claim, {"$set": waiting, "$inc": {"token": 1}})

    async def bury(self, claim: OutboxClaim, error: ItemError, at: datetime) -> None:
        await self._write_held(claim, {"$set": {"died_at": to_micros(at), **_told(error)}})

    async def delete_dead(self, before: datetime) -> int:
        return await self.collections.outbox.remove_all({"died_at": {"$lt": to_micros(before)}})

    async def waiting(self) -> int:
        return await self.collections.outbox.count({"died_at": None})

    async def _find_due(self, now: int, kinds: Collection[str], busy: Collection[str]) -> OutboxRow | None:
        found = [
            await self.collections.outbox.find_one(
                {"died_at": None, "kind": kind, "due_at": {"$lte": now}, "lane": {"$nin": list(busy)}},
                sort=[("due_at", 1)],
            )
            for kind in kinds
        ]
        return min((row for row in found if row is not None), key=lambda row: row.due_at, default=None)

    async def _write_held(self, claim: OutboxClaim, update: Update) -> None:
        if await self.collections.outbox.change(_held(claim), update) is None:
            raise _lost(claim)


def _held(claim: OutboxClaim) -> dict[str, object]:
    return {"_id": claim.entry.id, "token": claim.token, "died_at": None}


def _lost(claim: OutboxClaim) -> LeaseLost:
    return LeaseLost(f"The lease of the outbox entry {claim.entry.id} was lost.")


def _told(error: ItemError) -> dict[str, object]:
    part = error_part(error)
    return {"error": None if part is None else part.model_dump()}
