"""Listeners of a job: each gets the whole log once, however and whenever it comes."""

import asyncio
import json
from typing import Any

import httpx

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, EVENT_FIELDS, RunningServer

SUBSCRIPTION = f"subscription ($id: ID!) {{ jobStatus(jobId: $id) {{ {EVENT_FIELDS} }} }}"


def test_gives_each_of_two_listeners_the_whole_log(shared_server: RunningServer) -> None:
    job_id = _start(shared_server, seed=201)

    async def listen_twice() -> list[list[str]]:
        return list(await asyncio.gather(*(_cursors(shared_server, job_id) for _ in range(2))))

    first, second = asyncio.run(listen_twice())

    assert first == second == _cursors_of(shared_server.watch_to_end(job_id))
    assert len(first) == len(set(first)) == 4


def test_goes_on_behind_the_cursor_of_one_who_comes_back(shared_server: RunningServer) -> None:
    job_id = _start(shared_server, seed=202)

    async def listen_to_one() -> str:
        async for event in shared_server.watch(job_id):
            return str(event["cursor"])
        raise AssertionError("the log is empty")

    first = asyncio.run(listen_to_one())
    rest = _cursors_of(shared_server.watch_to_end(job_id, after=first))

    assert [first, *rest] == _cursors_of(shared_server.watch_to_end(job_id))


def test_gives_the_log_to_one_who_comes_after_the_end(shared_server: RunningServer) -> None:
    job_id = _start(shared_server, seed=203)
    live = shared_server.watch_to_end(job_id)

    late = shared_server.watch_to_end(job_id)

    assert _cursors_of(late) == _cursors_of(live)
    assert [event["at"] for event in late] == sorted({event["at"] for event in late})


def test_streams_the_same_log_as_server_sent_events(shared_server: RunningServer) -> None:
    job_id = _start(shared_server, seed=204)

    events = _read_sse(shared_server, job_id, key=ADMIN_KEY)

    assert [name for name, _ in events] == ["next"] * 4 + ["complete"]
    cursors = [data["data"]["jobStatus"]["cursor"] for name, data in events if name == "next"]
    assert cursors == _cursors_of(shared_server.watch_to_end(job_id))


def test_says_of_a_foreign_or_unknown_job_that_there_is_none(shared_server: RunningServer) -> None:
    foreign = _read_sse(shared_server, _start(shared_server, seed=205), key=None)
    unknown = _read_sse(shared_server, "job:" + "0" * 32, key=None)

    codes = [events[0][1]["errors"][0]["extensions"]["code"] for events in (foreign, unknown)]
    assert codes == ["NOT_FOUND", "NOT_FOUND"]


def test_lists_the_log_as_a_field_of_the_job(shared_server: RunningServer) -> None:
    job_id = _start(shared_server, seed=206)
    watched = _cursors_of(shared_server.watch_to_end(job_id))

    query = "query ($id: ID!, $after: String) { job(id: $id) { events(after: $after) { cursor } } }"
    whole = shared_server.graphql(query, id=job_id)["job"]["events"]
    rest = shared_server.graphql(query, id=job_id, after=watched[1])["job"]["events"]

    assert _cursors_of(whole) == watched
    assert _cursors_of(rest) == watched[2:]


def _start(server: RunningServer, *, seed: int) -> str:
    job_id: str = server.upload(make_picture(size=(1600, 1200), seed=seed), "JPEG")["job"]["id"]
    return job_id


async def _cursors(server: RunningServer, job_id: str) -> list[str]:
    return [event["cursor"] async for event in server.watch(job_id)]


def _cursors_of(events: list[dict[str, Any]]) -> list[str]:
    return [event["cursor"] for event in events]


def _read_sse(server: RunningServer, job_id: str, *, key: str | None) -> list[tuple[str, Any]]:
    """Return (event, data) of a GraphQL stream (https://github.com/graphql/graphql-over-http, distinct connections)."""
    headers = {"Accept": "text/event-stream", **({"GF-Api-Key": key} if key else {})}
    body = {"query": SUBSCRIPTION, "variables": {"id": job_id}}
    answer = httpx.post(f"{server.url}/graphql", json=body, headers=headers, timeout=60)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in answer.text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            events.append((fields["event"], json.loads(fields["data"]) if fields.get("data") else None))
    return events
