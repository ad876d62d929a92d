"""Waits for a line, then announces thirty uploads under a quota of fifty, and prints each that was taken."""

import asyncio
import sys
from pathlib import Path

from record_factories import make_upload

from app.domain.errors import QuotaExceeded
from app.domain.quota import Quota
from app.records.sqlite.database import open_records


async def main(path: Path) -> None:
    async with open_records(path) as records:
        sys.stdout.write("ready\n")
        sys.stdin.readline()
        for _ in range(30):
            upload = make_upload()
            try:
                await records.uploads.add(upload, Quota(max_pending=50))
            except QuotaExceeded:
                continue
            sys.stdout.write(f"{upload.image_id}\n")


asyncio.run(main(Path(sys.argv[1])))
