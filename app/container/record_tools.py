"""What the command works with that copies records from one database to another."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from app.data_dir import DataDir
from app.domain.errors import Conflict, InvalidInput, NotFound
from app.ports.record_copy import RecordSource, RecordTarget
from app.records.mongo.address import check_address, database_of
from app.records.mongo.copying import open_copy_source as open_mongo_source
from app.records.mongo.copying import open_copy_target as open_mongo_target
from app.records.sqlite.copying import open_copy_source as open_sqlite_source
from app.records.sqlite.copying import open_copy_target as open_sqlite_target
from app.services.record_copy import RecordCopyService

MONGODB = ("mongodb://", "mongodb+srv://")


@asynccontextmanager
async def open_record_copy(source: str, target: str) -> AsyncGenerator[RecordCopyService]:
    """Open two databases, of which each is a data folder with SQLite in it, or an address of MongoDB.

    Raises:
        InvalidInput: They are one and the same, or an address is none.
        NotFound: There are no records in the source.
        Conflict: A server works on one of the folders, or a copy is not finished.
        DatabaseUnavailable, InsufficientStorage, Busy, UnknownVersion
    """
    origin = _name(source)
    if origin == _name(target):
        raise InvalidInput("The records cannot be copied to where they are.")
    async with AsyncExitStack() as stack:
        reader = await _open_source(source, stack)
        writer = await _open_target(target, stack)
        yield RecordCopyService(reader, writer, origin)


async def _open_source(database: str, stack: AsyncExitStack) -> RecordSource:
    if database.startswith(MONGODB):
        return await stack.enter_async_context(open_mongo_source(database))
    data_dir = DataDir(Path(database))
    if not data_dir.database.exists():
        raise NotFound(f"There are no records in the folder {database}.")
    _be_alone(data_dir, stack)
    return await stack.enter_async_context(open_sqlite_source(data_dir.database))


async def _open_target(database: str, stack: AsyncExitStack) -> RecordTarget:
    if database.startswith(MONGODB):
        return await stack.enter_async_context(open_mongo_target(database))
    data_dir = DataDir(Path(database))
    try:
        data_dir.create()
    except OSError as error:
        raise InvalidInput(f"The folder {database} cannot be made: {error.strerror}.") from error
    _be_alone(data_dir, stack)
    return await stack.enter_async_context(open_sqlite_target(data_dir.database))


def _name(database: str) -> str:
    """Return what a database is, without a password. Raises: InvalidInput."""
    if not database.startswith(MONGODB):
        return str(Path(database).resolve())
    try:
        check_address(database)
    except ValueError as error:
        raise InvalidInput(f"A database cannot be found: {error}.") from error
    return database_of(database)


def _be_alone(data_dir: DataDir, stack: AsyncExitStack) -> None:
    """Let nobody begin to work on a folder until the stack is left. Raises: Conflict."""
    if not stack.enter_context(data_dir.presence()).is_alone():
        raise Conflict(f"A server works on the folder {data_dir.root}; stop it first.")
