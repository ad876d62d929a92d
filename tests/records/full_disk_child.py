"""Fills the disk that a database is on, and frees it again; every expectation is asserted here."""

import asyncio
import sys
from pathlib import Path

from record_factories import ADMIN_VIEWER
from record_filler import fill

from app.domain.errors import InsufficientStorage
from app.domain.image import ImageFilter, ImageOrder
from app.domain.page import PageRequest
from app.records.sqlite.database import open_records


async def main(folder: Path) -> None:
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(400_000))
    async with open_records(folder / "records.db") as records:
        kept, refused = await fill(records)
        assert kept
        for _ in range(3):
            try:
                await records.images.add(refused, ())
            except InsufficientStorage:
                continue
            raise AssertionError("there was room after all")

        assert await records.images.find(refused.id) is None
        assert await records.images.count(ADMIN_VIEWER, ImageFilter()) == len(kept)
        page = await records.images.list(ADMIN_VIEWER, ImageFilter(), ImageOrder(), PageRequest(100))
        assert len(page.items) == min(100, len(kept))

        ballast.unlink()
        assert await records.images.add(refused, ()) == refused
        await records.check()
    async with open_records(folder / "records.db") as records:
        assert await records.images.find_many([image.id for image in kept]) == {image.id: image for image in kept}
        [row] = await records.database.read("PRAGMA integrity_check")
        assert row[0] == "ok"
    sys.stdout.write("recovered\n")


asyncio.run(main(Path(sys.argv[1])))
