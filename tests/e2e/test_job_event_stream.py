"""Plain server-sent events of a job: resumed without loss or repeat, and bounded for those who do not read."""

import asyncio
import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.listening import listen
from tests.long_log import make_long_log, resident_bytes
from tests.metrics import read_metrics
from tests.pictures import make_picture
from tests.serving import RunningServer

READERS = 20
MAX_GROWTH = 40 * 1024 * 1024
MAX_EVENTS_GROWTH = 12 * 1024 * 1024


def start_job(server: RunningServer, *, seed: int) -> str:
    job_id: str = server.upload(make_picture(size=(1600, 1200), seed=seed), "JPEG")["job"]["id"]
    return job_id


def address(server: RunningServer, job_id: str) -> str:
    return f"{server.url}/jobs/{job_id}/events"


def read_stream(server: RunningServer, job_id: str, **options: object) -> list[tuple[str, str, dict[str, object]]]:
    """Return (id, event, data) of the whole stream, without a key."""
    answer = httpx.get(address(server, job_id), timeout=60, **options)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    events = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return events


def test_streams_the_log_to_whoever_knows_the_id(shared_server: RunningServer) -> None:
    job_id = start_job(shared_server, seed=321)

    events = read_stream(shared_server, job_id)

    watched = shared_server.watch_to_end(job_id)
    assert [event[0] for event in events] == [event["cursor"] for event in watched]
    assert [(kind, data["step"]) for _, kind, data in events] == [(event["kind"], event["step"]) for event in watched]
    assert {data["imageId"] for _, _, data in events} == {watched[0]["image"]["id"]}
    assert {tuple(data) for _, _, data in events} == {("step", "kind", "imageId", "position", "error")}


@pytest.mark.parametrize("by_header", [True, False])
def test_goes_on_behind_a_cursor(shared_server: RunningServer, by_header: bool) -> None:
    job_id = start_job(shared_server, seed=322)
    whole = read_stream(shared_server, job_id)

    for number, (cursor, _, _) in enumerate(whole[:-1]):
        options = {"headers": {"Last-Event-ID": cursor}, "params": {"after": "e0"}}
        rest = read_stream(shared_server, job_id, **(options if by_header else {"params": {"after": cursor}}))

        assert rest == whole[number + 1 :]


def test_goes_on_behind_a_cursor_across_a_restart(running_server: RunningServer) -> None:
    job_id = start_job(running_server, seed=323)
    with httpx.stream("GET", address(running_server, job_id), timeout=60) as answer:
        first = next(line for line in answer.iter_lines() if line.startswith("id: ")).removeprefix("id: ")
        running_server.kill()
    running_server.start()

    rest = read_stream(running_server, job_id, headers={"Last-Event-ID": first})

    watched = [event["cursor"] for event in running_server.watch_to_end(job_id)]
    assert [first, *(event[0] for event in rest)] == watched


def test_has_nothing_more_behind_the_end(shared_server: RunningServer) -> None:
    job_id = start_job(shared_server, seed=324)
    last, kind, _ = read_stream(shared_server, job_id)[-1]

    answer = httpx.get(address(shared_server, job_id), headers={"Last-Event-ID": last})

    assert (kind, answer.status_code, answer.content) == ("COMPLETED", 204, b"")


def test_answers_head_without_a_stream(shared_server: RunningServer) -> None:
    answer = httpx.head(address(shared_server, start_job(shared_server, seed=325)))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


@pytest.mark.parametrize("job_id", ["job:" + "0" * 32, "job:x", "x" * 3000])
def test_does_not_know_a_job_that_is_none(shared_server: RunningServer, job_id: str) -> None:
    answer = httpx.get(address(shared_server, job_id))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("cursor", ["1", "e-1", "e1x", "f0-1", "e" + "9" * 30])
def test_refuses_a_cursor_that_is_none(shared_server: RunningServer, cursor: str) -> None:
    job_id = start_job(shared_server, seed=326)

    answer = httpx.get(address(shared_server, job_id), headers={"Last-Event-ID": cursor})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")


def test_holds_little_for_those_who_do_not_read(running_server: RunningServer) -> None:
    running_server.stop()
    job_id = asyncio.run(make_long_log(running_server.data_dir))
    running_server.start()
    assert running_server.process is not None
    place = urlsplit(running_server.url)
    before = resident_bytes(running_server.process.pid)

    readers = [socket.create_connection((place.hostname, place.port)) for _ in range(READERS)]
    for reader in readers:
        reader.sendall(f"GET /jobs/{job_id}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    wait_for_watchers(running_server, READERS)
    growths = []
    for _ in range(20):
        time.sleep(0.1)  # the server fills whatever it is willing to hold
        growths.append(resident_bytes(running_server.process.pid) - before)
    for reader in readers:
        reader.close()

    assert max(growths) < MAX_GROWTH, growths
    wait_for_watchers(running_server, 0)


async def test_holds_no_more_after_many_events_of_a_subscription(running_server: RunningServer) -> None:
    await asyncio.to_thread(running_server.stop)
    job_id = await make_long_log(running_server.data_dir)
    await asyncio.to_thread(running_server.start)
    assert running_server.process is not None
    query = "subscription ($id: ID!) { jobStatus(jobId: $id) { cursor } }"

    async with listen(running_server, query, id=job_id) as listener:
        await listener.take(2_000)
        before = resident_bytes(running_server.process.pid)
        await listener.take(18_000)
        growth = resident_bytes(running_server.process.pid) - before

    assert growth < MAX_EVENTS_GROWTH


def wait_for_watchers(server: RunningServer, count: int, kind: str = "jobEvents") -> None:
    deadline = time.monotonic() + 60
    while (found := read_metrics(server).get(f'gf_watchers{{kind="{kind}"}}')) != count:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


async def test_says_nothing_of_a_listener_that_goes_away(running_server: RunningServer, tmp_path: Path) -> None:
    await asyncio.to_thread(running_server.stop)
    job_id = await make_long_log(running_server.data_dir)
    running_server.log = tmp_path / "log"
    await asyncio.to_thread(running_server.start)
    query = "subscription ($id: ID!) { jobStatus(jobId: $id) { cursor } }"

    async with listen(running_server, query, id=job_id) as listener:
        await listener.take(10)
        listener.socket.transport.abort()
    await asyncio.to_thread(wait_for_watchers, running_server, 0, "jobStatus")

    assert running_server.log.read_text() == ""
