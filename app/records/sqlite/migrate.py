"""The steps from one version of the tables to the next; `PRAGMA user_version` says how many were made."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from app.records.sqlite.connection import Database
from app.records.versions import UnknownVersion


@dataclass(frozen=True, slots=True)
class Migration:
    """`version` counts from 1, and is the number before the file's name."""

    version: int
    sql: str


def list_migrations() -> tuple[Migration, ...]:
    """Return the steps that ship with this version, the first one first."""
    files = (resources.files("app.records.sqlite") / "migrations").iterdir()
    found = [Migration(int(file.name.split("_")[0]), file.read_text()) for file in files if file.name.endswith(".sql")]
    return tuple(sorted(found, key=lambda migration: migration.version))


async def migrate(database: Database, migrations: tuple[Migration, ...]) -> None:
    """Make the steps that are missing, each in one transaction.

    Raises:
        UnknownVersion: More steps were made than are known here; nothing changed.
    """
    for migration in migrations:
        await _apply(database, migration)
    version = await read_version(database)
    newest = migrations[-1].version
    if version > newest:
        raise UnknownVersion.of(version, newest)


async def read_version(database: Database) -> int:
    row = await database.read_one("PRAGMA user_version")
    return int(row["user_version"]) if row else 0


async def _apply(database: Database, migration: Migration) -> None:
    async with database.transaction() as transaction:
        # Read under the lock: another process may just have made the step.
        row = await transaction.fetch_one("PRAGMA user_version")
        if row is None or row["user_version"] >= migration.version:
            return
        for statement in _statements(migration.sql):
            await transaction.fetch(statement)
        await transaction.fetch(f"PRAGMA user_version = {migration.version:d}")


def _statements(script: str) -> Iterator[str]:
    """Yield one statement after the other: `executescript` would commit what is open."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
