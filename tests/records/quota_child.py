"""Runs into a limit on the size of files, which is then lifted; every expectation is asserted here."""

import asyncio
import resource
import sys
from pathlib import Path

from record_filler import fill

from app.records.sqlite.database import open_records


async def main(path: Path) -> None:
    async with open_records(path) as records:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
        kept, refused = await fill(records)
        assert kept
        assert await records.images.find(refused.id) is None
        assert await records.images.find(kept[-1].id) == kept[-1]

        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert await records.images.add(refused, ()) == refused
    sys.stdout.write("recovered\n")


asyncio.run(main(Path(sys.argv[1])))
