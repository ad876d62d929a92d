"""The connection to a MongoDB server: how long anything may take, how durable writes are, and how failures are told.

Every write waits until a majority of the servers has it in its journal: what was acknowledged survives a power cut.
Nothing here needs a replica set: there are no sessions, transactions or change streams.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import WriteConcern
from pymongo.errors import ConnectionFailure, ExecutionTimeout, OperationFailure, PyMongoError, WTimeoutError
from pymongo.monitoring import CommandListener

from app.domain.errors import DatabaseUnavailable, DomainError, InsufficientStorage

T = TypeVar("T")

Database = AsyncIOMotorDatabase[dict[str, Any]]

SELECTION_TIMEOUT_S = 2.0
"""How long is looked for a server that takes writes."""

CALL_TIMEOUT_S = 2.8
"""How long one call may take: a request whose database is gone is answered within 3 s, and does a little besides."""

DURABLE = WriteConcern(w="majority", j=True, wtimeout=int(CALL_TIMEOUT_S * 1000))

# Codes of https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
_OUT_OF_SPACE = frozenset({14031, 17280})
_REFUSED = frozenset({13, 18, 8000})


@asynccontextmanager
async def open_database(url: str, *listeners: CommandListener) -> AsyncGenerator[Database]:
    """Open the database that the address names; servers are looked for when they are first asked.

    Args:
        url: `mongodb://` or `mongodb+srv://`, with the name of the database as its path.
        listeners: Told of every command.
    """
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        url,
        appname="gf-images",
        tz_aware=True,
        serverSelectionTimeoutMS=int(SELECTION_TIMEOUT_S * 1000),
        connectTimeoutMS=int(SELECTION_TIMEOUT_S * 1000),
        timeoutMS=int(CALL_TIMEOUT_S * 1000),
        event_listeners=listeners,
    )
    try:
        yield client.get_default_database(write_concern=DURABLE)
    finally:
        client.close()


async def call(answer: Awaitable[T], *, timeout_s: float = CALL_TIMEOUT_S) -> T:
    """Wait for one call. The driver's own timeout may come late: it works in threads, of which there are a few.

    Raises:
        DatabaseUnavailable, InsufficientStorage
    """
    with translated():
        async with asyncio.timeout(timeout_s):
            return await answer


@contextmanager
def translated() -> Iterator[None]:
    """Turn the failures of the driver that a caller may expect into ours."""
    try:
        yield
    except TimeoutError as error:
        raise DatabaseUnavailable("The database did not answer in time.") from error
    except PyMongoError as error:
        expected = _expected(error)
        if expected is None:
            raise
        raise expected from error


def _expected(error: PyMongoError) -> DomainError | None:
    if isinstance(error, OperationFailure) and error.code in _OUT_OF_SPACE:
        return InsufficientStorage("The database has no room left.")
    if isinstance(error, OperationFailure) and error.code in _REFUSED:
        return DatabaseUnavailable("The database refuses to work for this server.")
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WTimeoutError) or error.timeout:
        return DatabaseUnavailable("The database does not answer.")
    return None
