"""The connections to one file: a writer that works in transactions, and readers that never wait for it."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiosqlite

from app.domain.errors import Busy, DomainError, InsufficientStorage
from app.records.sqlite.functions import FUNCTIONS

Value = str | int | float | None

BUSY_TIMEOUT_S = 5.0
"""How long a write waits for another process that writes to the same file."""

RETRY_S = 0.002
"""How long a write waits before it tries again. SQLite's own waiting grows to 0.1 s a turn, in which a
process that writes all the time would let no other in."""

READERS = 4

# A quota that is used up and a file size limit come as a failed write, not as SQLITE_FULL.
_OUT_OF_SPACE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA busy_timeout = 0",
)


@dataclass(frozen=True, slots=True)
class Transaction:
    """Statements that take effect together; each sees what the ones before it did."""

    connection: aiosqlite.Connection

    async def fetch(self, sql: str, parameters: Sequence[Value] = ()) -> list[sqlite3.Row]:
        return list(await self.connection.execute_fetchall(sql, parameters))

    async def fetch_one(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Row | None:
        rows = await self.fetch(sql, parameters)
        return rows[0] if rows else None

    async def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        await self.connection.executemany(sql, rows)


class Database:
    """One file, opened. All methods may be called from many tasks at once."""

    def __init__(
        self,
        writer: aiosqlite.Connection,
        unsynced: aiosqlite.Connection,
        readers: Sequence[aiosqlite.Connection],
        watcher: sqlite3.Connection,
        busy_timeout_s: float,
    ) -> None:
        self.writer = writer
        self.unsynced = unsynced
        self.readers = tuple(readers)
        self._watcher = watcher
        self._busy_timeout_s = busy_timeout_s
        self._writing = asyncio.Lock()
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for reader in self.readers:
            self._idle.put_nowait(reader)

    def version(self) -> int | None:
        """Return a number that any commit changes, of whichever process; None when it cannot be told just now.

        It stands in memory that all processes with the file share: to read it takes 3 us, and never waits for a disk.
        """
        try:
            (version,) = self._watcher.execute("PRAGMA data_version").fetchone()
        except sqlite3.OperationalError:
            return None
        return int(version)

    async def read(self, sql: str, parameters: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """Return the rows of one query: what was committed when it began."""
        reader = await self._idle.get()
        try:
            with translated():
                return list(await reader.execute_fetchall(sql, parameters))
        except asyncio.CancelledError:
            # Nobody waits for the answer any more, but the next query would wait for its end.
            await reader.interrupt()
            raise
        finally:
            self._idle.put_nowait(reader)

    async def read_one(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Row | None:
        rows = await self.read(sql, parameters)
        return rows[0] if rows else None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Hold the one transaction that may write; it is undone by any exception, cancellation included.

        Raises:
            InsufficientStorage: The disk is full.
            Busy: Another process wrote for longer than the timeout.
        """
        async with self._writing:
            with translated():
                try:
                    await _execute_patiently(self.writer, "BEGIN IMMEDIATE", self._busy_timeout_s)
                    yield Transaction(self.writer)
                    await self.writer.commit()
                except BaseException:
                    # It is queued behind a statement that still runs and before the next BEGIN, even when
                    # waiting for it is cancelled too; after a commit that went through it does nothing.
                    await self.writer.rollback()
                    raise

    async def write_unsynced(self, sql: str, parameters: Sequence[Value]) -> None:
        """Run one statement that takes effect by itself, cancelled or not, and does not wait for the disk.

        It outlives this process, and what is written after it never outlives a power cut without it
        (https://sqlite.org/pragma.html#pragma_synchronous).

        Raises:
            InsufficientStorage, Busy
        """
        async with self._writing:
            with translated():
                await _execute_patiently(self.unsynced, sql, self._busy_timeout_s, parameters)


@asynccontextmanager
async def open_database(
    path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, readers: int = READERS
) -> AsyncIterator[Database]:
    """Open the file, made anew with mode 0600 when there is none. Several processes may have it open."""
    await asyncio.to_thread(path.touch, 0o600)
    async with AsyncExitStack() as stack:
        with translated():
            writer = await stack.enter_async_context(_connect(path, busy_timeout_s))
            for pragma in _WRITER_PRAGMAS:
                await _execute_patiently(writer, pragma, busy_timeout_s)
            unsynced = await stack.enter_async_context(_connect(path, busy_timeout_s))
            for pragma in (*_WRITER_PRAGMAS, "PRAGMA synchronous = NORMAL"):
                await _execute_patiently(unsynced, pragma, busy_timeout_s)
            pool = [await stack.enter_async_context(_connect(path, busy_timeout_s)) for _ in range(readers)]
            for reader in pool:
                await reader.execute_fetchall("PRAGMA query_only = ON")
        for connection in (writer, unsynced, *pool):
            connection.row_factory = sqlite3.Row
            for name, count, function in FUNCTIONS:
                await connection.create_function(name, count, function, deterministic=True)
        watcher = stack.enter_context(closing(_watch(path)))
        yield Database(writer, unsynced, pool, watcher, busy_timeout_s)


def _watch(path: Path) -> sqlite3.Connection:
    """Return a connection that never writes, so that every commit is another's to it."""
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def _connect(path: Path, busy_timeout_s: float) -> aiosqlite.Connection:
    return aiosqlite.connect(path, timeout=busy_timeout_s, isolation_level=None, cached_statements=256)


async def _execute_patiently(
    connection: aiosqlite.Connection, sql: str, timeout_s: float, parameters: Sequence[Value] = ()
) -> None:
    """Run a statement that needs a lock of the file, waiting for another process.

    SQLite's own waiting is passed over when a file is turned to WAL by two at once.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            await connection.execute_fetchall(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _is_busy(error.sqlite_errorcode) or time.monotonic() > deadline:
                raise
        else:
            return
        await asyncio.sleep(RETRY_S)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the failures of SQLite that a caller may expect into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        expected = _expected(error.sqlite_errorcode)
        if expected is None:
            raise
        raise expected from error


def _expected(code: int) -> DomainError | None:
    """Return our error for an extended result code (https://sqlite.org/rescode.html), if there is one."""
    if code in _OUT_OF_SPACE:
        return InsufficientStorage("The disk is full.")
    return Busy("The database is busy.") if _is_busy(code) else None


def _is_busy(code: int) -> bool:
    """Tell whether a lock is held elsewhere; the low byte is the primary code."""
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
