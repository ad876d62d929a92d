"""The steps from one version of the collections to the next; the document `schema` says how many were made.

One process makes them at a time, under a lease that it renews; others wait. A step may be broken off by a crash and
made again, so each leaves what is there already.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pymongo
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.records.mongo.collections import Collections
from app.records.mongo.connection import Database, call
from app.records.versions import UnknownVersion

STEP_TIMEOUT_S = 3600.0
"""An index over many millions of documents takes minutes."""

LEASE_S = 30.0
WAIT_S = 0.2


@dataclass(frozen=True, slots=True)
class Migration:
    """`version` counts from 1."""

    version: int
    step: Callable[[Collections], Awaitable[None]]


async def make_indexes(collections: Collections) -> None:
    """Make the indexes that the documents declare; those that are there already cost nothing."""
    for table in collections.tables:
        indexes = [field.index for field in table.document.get_settings().indexes]
        if indexes:
            await call(table.collection.create_indexes(indexes), timeout_s=STEP_TIMEOUT_S)


MIGRATIONS = (Migration(1, make_indexes), Migration(2, make_indexes))
"""The first one first. A new index is made by a new step: `make_indexes` again."""


async def migrate(database: Database, collections: Collections, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Make the steps that are missing.

    Raises:
        UnknownVersion: More steps were made than are known here; nothing changed.
    """
    newest = migrations[-1].version
    if await read_version(database) < newest:
        async with _turn(database):
            for migration in migrations:
                if await read_version(database) < migration.version:
                    with pymongo.timeout(STEP_TIMEOUT_S):
                        await migration.step(collections)
                    made = {"$set": {"version": migration.version}}
                    await call(database["meta"].update_one({"_id": "schema"}, made, upsert=True))
    version = await read_version(database)
    if version > newest:
        raise UnknownVersion.of(version, newest)


async def read_version(database: Database) -> int:
    row = await call(database["meta"].find_one({"_id": "schema"}))
    return int(row["version"]) if row else 0


@asynccontextmanager
async def _turn(database: Database) -> AsyncGenerator[None]:
    """Hold the lease of the one who migrates; wait while somebody else does."""
    holder = secrets.token_hex(8)
    while not await _lease(database, holder):  # noqa: ASYNC110 - another process can only be polled
        await asyncio.sleep(WAIT_S)
    renewing = asyncio.create_task(_renew(database, holder))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.wait({renewing})
        await call(database["meta"].delete_one({"_id": "migrating", "holder": holder}))


async def _renew(database: Database, holder: str) -> None:
    while True:
        await asyncio.sleep(LEASE_S / 3)
        await _lease(database, holder)


async def _lease(database: Database, holder: str) -> bool:
    """Take the lease, or renew it; False when somebody else has it."""
    now = time.time()
    free = {"_id": "migrating", "$or": [{"holder": holder}, {"until": {"$lt": now}}]}
    taken = {"$set": {"holder": holder, "until": now + LEASE_S}}
    try:
        await call(database["meta"].find_one_and_update(free, taken, upsert=True, return_document=ReturnDocument.AFTER))
    except DuplicateKeyError:
        return False
    return True
