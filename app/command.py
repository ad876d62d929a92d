"""What every command does: read the settings, run, and leave with one line when that fails."""

import asyncio
import os
from collections.abc import Coroutine
from typing import TypeVar

import typer
from pydantic import ValidationError

from app.domain.errors import DomainError
from app.settings import Settings

T = TypeVar("T")


def load_settings(**options: str | int | None) -> Settings:
    """Return the settings, options before the environment, or leave with one line for each fault without its value."""
    os.environ.update({f"GF_{name.upper()}": str(value) for name, value in options.items() if value is not None})
    try:
        return Settings()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = "GF_" + str(fault["loc"][0]).upper() if fault["loc"] else "Settings"
            typer.echo(f"{name}: {fault['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from error


def run(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end, or leave with the message of an expected failure."""
    try:
        return asyncio.run(work)
    except DomainError as error:
        typer.echo(f"{error.code}: {error.message}", err=True)
        raise typer.Exit(2) from error
