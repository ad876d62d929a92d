"""A job with a log that is far longer than anything a server would hold for who does not read it."""

from datetime import UTC, datetime
from pathlib import Path

from app.data_dir import DataDir
from app.domain.image import new_image_id
from app.domain.job import Job, JobItem, JobKind, Progress, new_job_id
from app.domain.viewer import UserId
from app.records.sqlite.database import open_records

LINES = 100_000

FILL = """WITH RECURSIVE lines (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM lines WHERE number < ?2)
INSERT INTO job_events (job_id, sequence, at, step, kind, position, image_id)
SELECT ?1, number, number, 'FETCH', 'OK', 0, ?3 FROM lines"""


async def make_long_log(data_dir: Path) -> str:
    """Keep a job that nobody works on any more, with a log of some 14 MB as events, and return its id."""
    job = Job(
        id=new_job_id(),
        kind=JobKind.LOCAL,
        owner_id=UserId("user:admin"),
        flows=(),
        client_type=None,
        created_at=datetime.now(UTC),
        progress=Progress(1),
    )
    DataDir(data_dir).create()
    async with open_records(DataDir(data_dir).database) as records:
        item = JobItem(job.id, 0, new_image_id())
        await records.jobs.add(job, [item])
        await records.jobs.cancel(job.id, datetime.now(UTC))
        async with records.database.transaction() as transaction:
            await transaction.fetch("DELETE FROM job_events WHERE job_id = ?", (job.id,))
            await transaction.fetch(FILL, (job.id, LINES, item.image_id))
    return job.id


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process (proc(5), VmRSS)."""
    fields = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return next(int(field[1]) * 1024 for field in fields if field[0] == "VmRSS:")
