"""The commands of the stores: gf-images storage setup."""

import typer

from app.command import load_settings, run
from app.container.stores import find_faults, set_up_stores
from app.settings import Settings

storage = typer.Typer(no_args_is_help=True, help="The stores of objects: set them up.")


@storage.callback()
def _group() -> None:
    """Keep `setup` a command of its own while it is the only one."""


@storage.command("setup")
def set_up_storage() -> None:
    """Make the bucket when there is none, let the pages of GF_ALLOWED_ORIGINS use it, let what is staged expire."""
    for line in run(set_up_stores(load_settings())) or ["Nothing needs to be set up."]:
        typer.echo(line)


def check_stores(settings: Settings) -> None:
    """Leave with one line for each setting of a store that the store itself finds wrong."""
    if faults := run(find_faults(settings)):
        typer.echo("\n".join(faults), err=True)
        raise typer.Exit(2)
