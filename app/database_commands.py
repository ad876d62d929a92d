"""What commands ask of the database before they begin, and the command that copies records to another one."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.command import run
from app.container.record_tools import open_record_copy
from app.container.records import open_records
from app.data_dir import DataDir
from app.records.versions import UnknownVersion
from app.services.record_copy import Step
from app.settings import Settings
from app.web.logs import configure_logging

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

DIGITS = 16
"""How much of a checksum is shown."""

DATABASE = "a data folder with SQLite in it, or mongodb://host/database"

console = Console(highlight=False, soft_wrap=True)


def migrate_records(
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"What to copy from: {DATABASE}.")],
    target: Annotated[str, typer.Argument(metavar="TO", help=f"What to copy to, not used yet: {DATABASE}.")],
) -> None:
    """Copy all records to another database, and compare both; a copy that is broken off goes on when called again.

    Stop the servers and workers before. Objects and keys stay where they are.
    """
    configure_logging("critical")
    try:
        checksums = run(_copy(source, target))
    except UnknownVersion as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    console.print(checksums)
    console.print("Both databases hold the same.")


def check_database(settings: Settings) -> None:
    """Leave with one line when the database that is set cannot be used; a file that is not there is made later."""
    if settings.database_url is not None or DataDir(settings.data_dir).database.exists():
        run(_open(settings))


async def _open(settings: Settings) -> None:
    try:
        async with open_records(settings, DataDir(settings.data_dir)) as records:
            await records.check()
    except UnknownVersion as error:
        name = "GF_DATA_DIR" if settings.database_url is None else "GF_DATABASE_URL"
        typer.echo(f"{name}: {error}", err=True)
        raise typer.Exit(2) from error


async def _copy(source: str, target: str) -> Table:
    """Return what the target holds of each table."""
    async with open_record_copy(source, target) as service:
        await _show("copying", service.copy_all())
        await _show("comparing", service.compare())
    table = Table("table", "records", "checksum")
    for name, checksum in service.checksums.items():
        table.add_row(name, str(checksum.count), f"{checksum.total:064x}"[:DIGITS])
    return table


async def _show(doing: str, steps: AsyncGenerator[Step]) -> None:
    """Show a bar for each table, full when its last record was seen: their numbers are only about right before."""
    with Progress(*COLUMNS, console=console) as bar:
        tasks: dict[str, TaskID] = {}
        async with aclosing(steps):
            async for step in steps:
                if step.table not in tasks:
                    tasks[step.table] = bar.add_task(f"{doing} {step.table}")
                bar.update(tasks[step.table], completed=step.done, total=max(step.done, step.total))
        for task in bar.tasks:
            bar.update(task.id, total=task.completed)
