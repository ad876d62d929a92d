"""The commands of the stores: gf-images storage setup · check · copy."""

from contextlib import aclosing
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.command import load_settings, run
from app.container.storage_tools import CheckTools, CopyTools, open_check, open_copy
from app.container.stores import find_faults, set_up_stores
from app.services.storage_check import Finding
from app.settings import Settings
from app.storage_settings import StoreName
from app.web.logs import configure_logging

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

TABLE_WIDTH = 180
"""So many characters hold the longest key in one line, for those who read the table by program."""

storage = typer.Typer(no_args_is_help=True, help="The stores of objects: set them up, check them, copy them.")
console = Console(highlight=False, soft_wrap=True)


@storage.command("setup")
def set_up_storage() -> None:
    """Make the bucket when there is none, let the pages of GF_ALLOWED_ORIGINS use it, let what is staged expire."""
    for line in run(set_up_stores(load_settings())) or ["Nothing needs to be set up."]:
        typer.echo(line)


@storage.command("check")
def check_storage(
    repair: Annotated[bool, typer.Option("--repair", help="Write good copies over what is wrong.")] = False,
    delete_strays: Annotated[bool, typer.Option("--delete-strays", help="Remove what belongs to no image.")] = False,
) -> None:
    """Read every object in every store, and show what is missing, damaged, stray or not replicated.

    It may run beside the server. The exit code is 0 when nothing is wrong, or no longer; 1 when something is; 2 when a
    store does not answer.
    """
    settings = load_settings()
    configure_logging("critical")
    check_stores(settings)
    findings, silent = run(_check(settings, repair=repair, delete_strays=delete_strays))
    if findings:
        Console(highlight=False, width=max(console.width, TABLE_WIDTH)).print(_table(findings))
    mended = sum(finding.is_mended for finding in findings)
    console.print(f"{len(findings)} wrong, {mended} of them put right.")
    for name in silent:
        typer.echo(f"{name}: does not answer, and was not checked.", err=True)
    if silent or mended < len(findings):
        raise typer.Exit(2 if silent else 1)


@storage.command("copy")
def copy_storage(
    source: Annotated[StoreName, typer.Argument(help="The store to copy from.")],
    target: Annotated[StoreName, typer.Argument(help="The store to copy to; GF_STORAGE need not name it yet.")],
) -> None:
    """Copy all images from one store to another, while the server goes on; one that is broken off goes on when called
    again."""
    settings = load_settings()
    configure_logging("critical")
    check_stores(settings, (source, target))
    failed = run(_copy(settings, source, target))
    if failed:
        raise typer.Exit(1)
    console.print(f"All images are in {target}. GF_STORAGE={target},{source} makes it the primary.")


def check_stores(settings: Settings, names: tuple[StoreName, ...] = ()) -> None:
    """Leave with one line for each setting of a store that the store itself finds wrong."""
    if faults := run(find_faults(settings, names or settings.storage)):
        typer.echo("\n".join(faults), err=True)
        raise typer.Exit(2)


async def _check(settings: Settings, *, repair: bool, delete_strays: bool) -> tuple[list[Finding], tuple[str, ...]]:
    """Return what was found, and the stores that do not answer."""
    async with open_check(settings) as tools:
        with Progress(*COLUMNS, console=console) as bar:
            findings = await _check_images(tools, bar, repair=repair)
            for name in tools.service.stores:
                task = bar.add_task(f"strays in {name}", total=None)
                async with aclosing(tools.service.find_strays(name, delete=delete_strays)) as strays:
                    async for finding in strays:
                        findings.append(finding)
                        bar.advance(task)
                bar.update(task, total=bar.tasks[task].completed)
        return findings, tools.silent


async def _check_images(tools: CheckTools, bar: Progress, *, repair: bool) -> list[Finding]:
    findings: list[Finding] = []
    task = bar.add_task("images", total=tools.image_count)
    async with aclosing(tools.service.check_images(repair=repair)) as looked_at:
        async for found in looked_at:
            findings += found
            bar.advance(task)
    return findings


async def _copy(settings: Settings, source: str, target: str) -> int:
    """Go through all images until nothing is left to be copied; return how many could not be."""
    async with open_copy(settings, source, target) as tools:
        copied, failed = await _copy_all(tools, trusting=False)
        while copied:
            copied, failed = await _copy_all(tools, trusting=True)
    return failed


async def _copy_all(tools: CopyTools, *, trusting: bool) -> tuple[int, int]:
    """Return how many images were copied, and how many could not be."""
    copied = failed = 0
    with Progress(*COLUMNS, console=console) as bar:
        task = bar.add_task("looking again" if trusting else "copying", total=tools.image_count)
        async with aclosing(tools.service.copy_all(trusting=trusting)) as images:
            async for image in images:
                if image.error:
                    bar.console.print(f"{image.image_id}: {image.error}")
                failed += image.error is not None
                copied += image.error is None and not image.was_there
                bar.advance(task)
    console.print(f"{copied} copied, {failed} failed")
    return copied, failed


def _table(findings: list[Finding]) -> Table:
    table = Table("store", "found", "object", "what", "put right")
    for finding in findings:
        table.add_row(finding.backend, finding.kind, finding.key, finding.detail, "yes" if finding.is_mended else "no")
    return table
