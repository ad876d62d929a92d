"""Waits for a line, then claims every due item of a database and prints its position."""

import asyncio
import sys
from pathlib import Path

from job_steps import LEASE_S
from record_factories import NOW

from app.records.sqlite.database import open_records


async def main(path: Path) -> None:
    async with open_records(path) as records:
        sys.stdout.write("ready\n")
        sys.stdin.readline()
        while (claim := await records.jobs.claim(NOW, LEASE_S)) is not None:
            sys.stdout.write(f"{claim.item.position}\n")


asyncio.run(main(Path(sys.argv[1])))
