"""The database, opened as the settings say."""

from contextlib import AbstractAsyncContextManager

from app.data_dir import DataDir
from app.ports.records import Records
from app.records.mongo.address import host_of
from app.records.mongo.database import open_records as open_mongo
from app.records.sqlite.database import open_records as open_sqlite
from app.settings import Settings


def open_records(settings: Settings, data_dir: DataDir) -> AbstractAsyncContextManager[Records]:
    """Open the database, and bring it up to date.

    Raises:
        UnknownVersion: A newer version of this server wrote it.
        DatabaseUnavailable, InsufficientStorage, Busy
    """
    if settings.database_url is None:
        return open_sqlite(data_dir.database)
    return open_mongo(settings.database_url.get_secret_value())


def name_database(settings: Settings) -> str:
    """Return what the database is, without a password."""
    if settings.database_url is None:
        return "SQLite in the data folder"
    return f"MongoDB at {host_of(settings.database_url.get_secret_value())}"
