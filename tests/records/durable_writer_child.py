"""Adds images, flows and settled jobs for as long as it lives; prints an id when it is acknowledged."""

import asyncio
import sys
from pathlib import Path

from job_steps import claim_and_complete
from record_factories import add_job, make_image

from app.ports.records import Records
from app.records.sqlite.database import open_records


async def add_images(records: Records) -> None:
    while True:
        image = await records.images.add(make_image(tags=("a", "b", "c")), ())
        sys.stdout.write(f"image {image.id}\n")


async def work_off_jobs(records: Records) -> None:
    while True:
        job, _ = await add_job(records)
        await claim_and_complete(records)
        sys.stdout.write(f"job {job.id}\n")


async def main(path: Path) -> None:
    async with open_records(path) as records:
        await asyncio.gather(add_images(records), work_off_jobs(records))


asyncio.run(main(Path(sys.argv[1])))
