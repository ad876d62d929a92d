"""Those who watch their own jobs: what is open first, then every change, and nobody else's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.listening import Ended, Listener, listen
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

JOBS = "subscription { viewerJobs { id state progress { total done failed } } }"


def make_key(server: RunningServer, user: str) -> str:
    return server.run_cli("keys", "create", user).split()[-1]


async def upload(server: RunningServer, seed: int) -> str:
    job_id: str = (await asyncio.to_thread(server.upload, make_picture(seed=seed), "JPEG"))["job"]["id"]
    return job_id


async def until_ended(listener: Listener, job_id: str) -> list[dict[str, Any]]:
    """Return what is told of a job, up to its end."""
    told: list[dict[str, Any]] = []
    while not told or told[-1]["state"] in ("QUEUED", "RUNNING"):
        job = await listener.next()
        if job["id"] == job_id:
            told.append(job)
    return told


async def test_tells_two_listeners_of_every_job_of_theirs(running_server: RunningServer) -> None:
    async with listen(running_server, JOBS) as first, listen(running_server, JOBS) as second:
        job_id = await upload(running_server, 311)
        told = [await until_ended(listener, job_id) for listener in (first, second)]

    for jobs in told:
        assert jobs[-1] == {"id": job_id, "state": "COMPLETED", "progress": {"total": 1, "done": 1, "failed": 0}}
        states = [job["state"] for job in jobs]
        assert states == sorted(set(states), key=["QUEUED", "RUNNING", "COMPLETED"].index)


async def test_begins_with_what_is_open(running_server: RunningServer, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(40):
        (folder / f"{seed:02}.jpg").write_bytes(make_picture(size=(1600, 1200), seed=seed))
    running_server.stop()
    running_server.settings["GF_LOCAL_ROOTS"] = str(folder)
    running_server.start()
    start = "mutation ($input: StartJobInput!) { startJob(input: $input) { job { id } userErrors { code message } } }"
    request = {"local": {"path": str(folder)}}
    answer = await asyncio.to_thread(running_server.graphql, start, input=request)
    job_id = answer["startJob"]["job"]["id"]

    async with listen(running_server, JOBS) as late:
        told = await until_ended(late, job_id)

    assert told[0]["state"] in ("QUEUED", "RUNNING")
    done = [job["progress"]["done"] for job in told]
    assert done == sorted(done)
    assert told[-1]["progress"] == {"total": 40, "done": 40, "failed": 0}


async def test_tells_nobody_of_others(running_server: RunningServer) -> None:
    key = await asyncio.to_thread(make_key, running_server, "ada")
    async with listen(running_server, JOBS, key=key) as ada, listen(running_server, JOBS, key=ADMIN_KEY) as admin:
        job_id = await upload(running_server, 312)
        await until_ended(admin, job_id)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await ada.next()


async def test_goes_on_after_a_restart(running_server: RunningServer) -> None:
    async with listen(running_server, JOBS) as listener:
        job_id = await upload(running_server, 313)
        assert (await listener.next())["id"] == job_id
        running_server.kill()
    running_server.start()

    async with listen(running_server, JOBS) as listener:
        other = await upload(running_server, 314)
        told = await until_ended(listener, other)

    assert told[-1]["state"] == "COMPLETED"


async def test_asks_to_sign_in(shared_server: RunningServer) -> None:
    async with listen(shared_server, JOBS, key=None) as listener:
        with pytest.raises(Ended) as ended:
            await listener.next()

    assert ended.value.codes == ["UNAUTHENTICATED"]
