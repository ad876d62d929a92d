"""One collection of Beanie documents: what can be asked of it, one document at a time or many."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from beanie import Document, SortDirection
from motor.motor_asyncio import AsyncIOMotorCollection
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain.errors import Busy
from app.records.mongo.connection import call

Query = Mapping[str, Any]
Update = dict[str, dict[str, Any]]
Sort = Sequence[tuple[str, int]]

ALL: Query = {"_id": {"$gte": ""}}
"""All documents, along the index of their ids."""

PATIENCE_S = 5.0
"""How long a change waits for others that change the same document."""

CHUNK = 500
"""Documents in one message: of a few kilobytes each, far below the 48 MB that a message may have."""

_DUPLICATE_KEY = 11000


class Row(BaseModel):
    """What a document holds: a text of ours as its id, and a number that each compare-and-set raises."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(validation_alias=AliasChoices("_id", "id"), serialization_alias="_id")
    version: int = 0

    def dump(self) -> dict[str, Any]:
        """Return the document as it is kept."""
        return self.model_dump(mode="json", by_alias=True, exclude={"revision_id"})


class Payee(Row):
    """A document that is paid debts of others; `taken` are the marks of those that may still be owed there."""

    taken: list[str] = []


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """Each call writes one document at a time: what it changes of one is all there, or nothing.

    Attributes:
        model: What the documents hold.
        document: The same class, as Beanie knows it.
    """

    model: type[R]
    document: type[Document]
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @property
    def collection(self) -> AsyncIOMotorCollection[dict[str, Any]]:
        return self.document.get_motor_collection()

    async def get(self, row_id: str) -> R | None:
        return await self.find_one({"_id": row_id})

    async def find(self, query: Query, *, sort: Sort = (), skip: int = 0, limit: int = 0) -> list[R]:
        """Return what the query finds; a limit of 0 is none."""
        found = self.document.find(query, projection_model=self.model, skip=skip or None, limit=limit or None)
        found = found.sort(*((field, SortDirection(direction)) for field, direction in sort))
        return await call(found.to_list())

    async def find_one(self, query: Query, *, sort: Sort = ()) -> R | None:
        rows = await self.find(query, sort=sort, limit=1)
        return rows[0] if rows else None

    async def ids(self, query: Query, *, limit: int = 0) -> list[str]:
        found = await self.project(query, {"_id": 1}, limit=limit)
        return [row["_id"] for row in found]

    async def project(
        self, query: Query, fields: Mapping[str, int], *, sort: Sort = (), skip: int = 0, limit: int = 0
    ) -> list[dict[str, Any]]:
        """Return some fields of what the query finds."""
        cursor = self.collection.find(query, dict(fields), skip=skip, limit=limit, sort=list(sort) or None)
        return await call(cursor.to_list(None))

    async def exists(self, query: Query) -> bool:
        return bool(await self.ids(query, limit=1))

    async def count(self, query: Query) -> int:
        return await call(self.collection.count_documents(query or ALL))

    async def aggregate(self, pipeline: Sequence[Query]) -> list[dict[str, Any]]:
        return await call(self.collection.aggregate(list(pipeline)).to_list(None))

    async def insert(self, row: R) -> bool:
        """Keep a new document; False when its id, or another value that is unique, is taken."""
        try:
            await call(self.collection.insert_one(row.dump()))
        except DuplicateKeyError:
            return False
        return True

    async def insert_missing(self, rows: Iterable[R]) -> None:
        """Keep those whose unique values are free; the others are left as they are."""
        documents = [row.dump() for row in rows]
        for start in range(0, len(documents), CHUNK):
            try:
                await call(self.collection.insert_many(documents[start : start + CHUNK], ordered=False))
            except BulkWriteError as error:
                if any(failure["code"] != _DUPLICATE_KEY for failure in error.details["writeErrors"]):
                    raise

    async def change(self, query: Query, update: Update, *, sort: Sort = (), upsert: bool = False) -> R | None:
        """Change the first document that the query finds, and return it as it is then.

        Raises:
            DuplicateKeyError: A unique value is taken.
        """
        changed = await call(
            self.collection.find_one_and_update(
                query, update, sort=list(sort) or None, upsert=upsert, return_document=ReturnDocument.AFTER
            )
        )
        return None if changed is None else self.model.model_validate(changed)

    async def put(self, query: Query, update: Update) -> None:
        """Change the document of an id, or make it, also when two make it at once."""
        try:
            await self.change(query, update, upsert=True)
        except DuplicateKeyError:
            await self.change(query, update)

    async def change_all(self, query: Query, update: Update) -> int:
        """Change every document that the query finds, each by itself; return how many were found."""
        return (await call(self.collection.update_many(query, update))).matched_count

    async def remove(self, query: Query) -> R | None:
        """Remove one document, and return it as it was."""
        removed = await call(self.collection.find_one_and_delete(query))
        return None if removed is None else self.model.model_validate(removed)

    async def remove_all(self, query: Query) -> int:
        return (await call(self.collection.delete_many(query))).deleted_count

    async def revise(self, row_id: str, plan: Callable[[R], Update | None]) -> R | None:
        """Change a document by what it holds: read, plan, and write if nobody else did meanwhile, or begin anew.

        Args:
            plan: Returns what to change, or None for nothing; may raise. Called again when another was faster.

        Returns:
            The document as it is then; None when there is none.
        """
        async with self.turn(row_id) as patience:
            while True:
                row = await self.get(row_id)
                update = None if row is None else plan(row)
                if row is None or update is None:
                    return row
                changed = await self.change({"_id": row_id, "version": row.version}, raising_version(update))
                if changed is not None:
                    return changed
                await patience.rest()

    @asynccontextmanager
    async def turn(self, row_id: str) -> AsyncGenerator["Patience"]:
        """Hold the turn of changing a document by what it holds, among the tasks of this process.

        Compare-and-set alone would do; but of many tasks that try at once each would find that another was faster.

        Raises:
            Busy: It took the others too long.
        """
        patience, lock = Patience(), self._turns.setdefault(row_id, asyncio.Lock())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await lock.acquire()
        except TimeoutError as error:
            raise Busy("The database is busy.") from error
        try:
            yield patience
        finally:
            lock.release()


class Patience:
    """Waits a little longer each time, with full jitter, and gives up in the end."""

    def __init__(self, total_s: float = PATIENCE_S) -> None:
        self._deadline = time.monotonic() + total_s
        self._pause_s = 0.001

    async def rest(self) -> None:
        """Raises: Busy, when it has been tried for long enough."""
        if time.monotonic() > self._deadline:
            raise Busy("The database is busy.")
        await asyncio.sleep(random.uniform(0, self._pause_s))  # noqa: S311 - spreads writers, hides nothing
        self._pause_s = min(2 * self._pause_s, 0.05)


def raising_version(update: Update) -> Update:
    """Return the update with the next version."""
    return {**update, "$inc": {**update.get("$inc", {}), "version": 1}}
