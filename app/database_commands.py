"""What commands ask of the database before they begin."""

import typer

from app.command import run
from app.container.records import open_records
from app.data_dir import DataDir
from app.records.versions import UnknownVersion
from app.settings import Settings


def check_database(settings: Settings) -> None:
    """Leave with one line when the database that is set cannot be used; SQLite is always there."""
    if settings.database_url is not None:
        run(_open(settings))


async def _open(settings: Settings) -> None:
    try:
        async with open_records(settings, DataDir(settings.data_dir)) as records:
            await records.check()
    except UnknownVersion as error:
        typer.echo(f"GF_DATABASE_URL: {error}", err=True)
        raise typer.Exit(2) from error
