"""The databases that the record suites run on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.ports.records import Records
from app.records.sqlite.database import open_records


@pytest.fixture(params=["sqlite"])
async def records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Records]:
    """An empty database of each kind; every suite that asks for it is the contract of the port."""
    openers = {"sqlite": lambda: open_records(tmp_path / "records.db")}
    async with openers[request.param]() as opened:
        yield opened
