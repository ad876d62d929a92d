"""Our server with one job whose log grows by so many events a second: `job_events.py FOLDER EVENTS_PER_SECOND`.

Prints its port and the id of the job; begins with the first line that it reads.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
import uvloop

from app.container.bundle import Services
from app.domain.job import JobItem, JobStep
from app.main import create_app
from app.settings import Settings
from app.web.frames import FrameProtocol
from tests.records.record_factories import make_image, make_job
from tests.serving import ADMIN_KEY

LEASE_S = 3_600


async def main(folder: Path, rate: float) -> None:
    settings = Settings(data_dir=folder, admin_key=ADMIN_KEY, workers=1, rate_limits=False, _env_file=None)
    config = uvicorn.Config(create_app(settings), port=0, log_level="error", ws=FrameProtocol)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    services: Services = config.app.state.services
    ticking = asyncio.create_task(tell(services, rate, server.servers[0].sockets[0].getsockname()[1]))
    await serving
    ticking.cancel()


async def tell(services: Services, rate: float, port: int) -> None:
    """Start a job that nobody else works on, and write the same step of it again and again."""
    image = await services.records.images.add(make_image(), [])
    job = make_job(1, owner_id="user:admin")
    await services.records.jobs.add(job, [JobItem(job.id, 0, image.id)])
    claim = await services.records.jobs.claim(datetime.now(UTC), LEASE_S)
    if claim is None or claim.item.job_id != job.id:
        raise RuntimeError("Somebody else works on the job.")
    print(port, job.id, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    while True:
        await services.records.jobs.record_step(claim, JobStep.TRANSFORM, datetime.now(UTC))
        await services.bus.bell.ring(job.id)
        await asyncio.sleep(1 / rate)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), float(sys.argv[2])))
