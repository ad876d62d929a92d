"""All records of one installation in one SQLite file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.records.sqlite.audit import SqliteAudit
from app.records.sqlite.connection import BUSY_TIMEOUT_S, Database, open_database
from app.records.sqlite.copying import check_whole
from app.records.sqlite.edits import SqliteEdits
from app.records.sqlite.flows import SqliteFlows
from app.records.sqlite.idempotency import SqliteIdempotency
from app.records.sqlite.images import SqliteImages
from app.records.sqlite.jobs import SqliteJobs
from app.records.sqlite.labels import SqliteLabels
from app.records.sqlite.migrate import list_migrations, migrate
from app.records.sqlite.outbox import SqliteOutbox
from app.records.sqlite.replicas import SqliteReplicas
from app.records.sqlite.shares import SqliteShares
from app.records.sqlite.tags import SqliteTags
from app.records.sqlite.uploads import SqliteUploads
from app.records.sqlite.users import SqliteUsers
from app.records.sqlite.webhooks import SqliteWebhooks


@dataclass(frozen=True, slots=True)
class SqliteRecords:
    database: Database
    images: SqliteImages
    edits: SqliteEdits
    flows: SqliteFlows
    uploads: SqliteUploads
    jobs: SqliteJobs
    labels: SqliteLabels
    tags: SqliteTags
    users: SqliteUsers
    outbox: SqliteOutbox
    webhooks: SqliteWebhooks
    shares: SqliteShares
    audit: SqliteAudit
    idempotency: SqliteIdempotency
    replicas: SqliteReplicas

    async def check(self) -> None:
        """Write a row and read it back; raises what any write may raise."""
        async with self.database.transaction() as transaction:
            [written] = await transaction.fetch("UPDATE health SET checks = checks + 1 RETURNING checks")
        [read] = await self.database.read("SELECT checks FROM health")
        if read["checks"] < written["checks"]:
            raise RuntimeError("The database does not show what was just written to it.")


@asynccontextmanager
async def open_records(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> AsyncIterator[SqliteRecords]:
    """Open the file, made when there is none, and bring its tables up to date.

    Args:
        path: A file in a folder that exists, on a local disk: WAL needs shared memory.
        busy_timeout_s: How long a write waits for another process that writes to the same file.

    Raises:
        UnknownVersion: A newer version of this server wrote the file.
        Conflict: A copy into it is not finished.
        InsufficientStorage, Busy
    """
    async with open_database(path, busy_timeout_s=busy_timeout_s) as database:
        await check_whole(database)
        await migrate(database, list_migrations())
        yield SqliteRecords(
            database=database,
            images=SqliteImages(database),
            edits=SqliteEdits(database),
            flows=SqliteFlows(database),
            uploads=SqliteUploads(database),
            jobs=SqliteJobs(database),
            labels=SqliteLabels(database),
            tags=SqliteTags(database),
            users=SqliteUsers(database),
            outbox=SqliteOutbox(database),
            webhooks=SqliteWebhooks(database),
            shares=SqliteShares(database),
            audit=SqliteAudit(database),
            idempotency=SqliteIdempotency(database),
            replicas=SqliteReplicas(database),
        )
