"""All records of one installation in one MongoDB database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pymongo import ReturnDocument

from app.records.mongo.audit import MongoAudit
from app.records.mongo.collections import Collections, bind_collections
from app.records.mongo.connection import Database, call, open_database
from app.records.mongo.copying import check_whole
from app.records.mongo.edits import MongoEdits
from app.records.mongo.flows import MongoFlows
from app.records.mongo.healer import open_healer
from app.records.mongo.idempotency import MongoIdempotency
from app.records.mongo.images import MongoImages
from app.records.mongo.jobs import MongoJobs
from app.records.mongo.labels import MongoLabels
from app.records.mongo.migrate import migrate
from app.records.mongo.outbox import MongoOutbox
from app.records.mongo.replicas import MongoReplicas
from app.records.mongo.shares import MongoShares
from app.records.mongo.tags import MongoTags
from app.records.mongo.uploads import MongoUploads
from app.records.mongo.users import MongoUsers
from app.records.mongo.webhooks import MongoWebhooks


@dataclass(frozen=True, slots=True)
class MongoRecords:
    database: Database
    collections: Collections
    images: MongoImages
    edits: MongoEdits
    flows: MongoFlows
    uploads: MongoUploads
    jobs: MongoJobs
    labels: MongoLabels
    tags: MongoTags
    users: MongoUsers
    outbox: MongoOutbox
    webhooks: MongoWebhooks
    shares: MongoShares
    replicas: MongoReplicas
    idempotency: MongoIdempotency
    audit: MongoAudit

    async def check(self) -> None:
        """Write a document and read it back; raises what any write may raise."""
        health = self.database["health"]
        written = await call(
            health.find_one_and_update(
                {"_id": "checks"}, {"$inc": {"checks": 1}}, upsert=True, return_document=ReturnDocument.AFTER
            )
        )
        read = await call(health.find_one({"_id": "checks"}))
        if read is None or read["checks"] < written["checks"]:
            raise RuntimeError("The database does not show what was just written to it.")


@asynccontextmanager
async def open_records(url: str) -> AsyncGenerator[MongoRecords]:
    """Open the database that the address names, and bring its collections up to date.

    Raises:
        UnknownVersion: A newer version of this server wrote the database.
        Conflict: A copy into it is not finished.
        DatabaseUnavailable
    """
    async with open_database(url) as database, use_database(database) as records:
        yield records


@asynccontextmanager
async def use_database(database: Database) -> AsyncGenerator[MongoRecords]:
    """Bring the collections of an open database up to date, and keep them healed while they are used."""
    async with bind_collections(database) as collections:
        await check_whole(database)
        await migrate(database, collections)
        async with open_healer(collections):
            yield _records_of(database, collections)


def _records_of(database: Database, collections: Collections) -> MongoRecords:
    return MongoRecords(
        database=database,
        collections=collections,
        images=MongoImages(collections),
        edits=MongoEdits(collections),
        flows=MongoFlows(collections),
        uploads=MongoUploads(collections),
        jobs=MongoJobs(collections),
        labels=MongoLabels(collections),
        tags=MongoTags(collections),
        users=MongoUsers(collections),
        outbox=MongoOutbox(collections),
        webhooks=MongoWebhooks(collections),
        shares=MongoShares(collections),
        replicas=MongoReplicas(collections),
        idempotency=MongoIdempotency(collections),
        audit=MongoAudit(collections),
    )
