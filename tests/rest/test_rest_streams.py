"""The status streams of jobs, byte for byte."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.rest.streams import KEEP_ALIVE, keep_alive, unix_id
from tests.pictures import make_picture
from tests.rest.conftest import Made
from tests.rest.old_client import OldClient
from tests.serving import RunningServer

STATUS = "/images/jobs/status"
EVENTS = "/v1/images/jobs/status"
STEPS = [("image_fetch", "ok"), ("image_transform", "ok"), ("image_persist", "ok"), ("image_done", "completed")]


def read(client: OldClient, path: str, headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
    return httpx.get(f"{client.server.url}{path}", params=query, headers=headers, timeout=30)


def split(answer: httpx.Response) -> list[tuple[str, dict[str, object]]]:
    """Return the id and the data of each event."""
    found = [re.fullmatch(r"id: (.+)\ndata: (.+)", part) for part in answer.text.split("\n\n")[:-1]]
    return [(match[1], json.loads(match[2])) for match in found if match]


def test_streams_a_job_byte_for_byte(made: Made, signed_out: OldClient) -> None:
    with sqlite3.connect(signed_out.server.data_dir / "gf-images.sqlite") as database:
        rows = database.execute("SELECT at FROM job_events WHERE job_id = ? ORDER BY sequence", (made.job_id,))
        times = [at for (at,) in rows]

    answer = read(signed_out, STATUS, images_job_id_str=made.job_id)

    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == "".join(
        f"id: {at // 1_000_000}.{at % 1_000_000:06d}0000\n"
        f'data: {{"name_str":"{name}","type_str":"{kind}","image_id_str":"{made.image_id}",'
        '"image_source_url_str":""}\n\n'
        for at, (name, kind) in zip(times, STEPS, strict=True)
    )


def test_resumes_behind_the_last_event(made: Made, signed_out: OldClient) -> None:
    whole = split(read(signed_out, STATUS, images_job_id_str=made.job_id))

    for place, (event_id, _) in enumerate(whole):
        rest = read(signed_out, STATUS, {"Last-Event-ID": event_id}, images_job_id_str=made.job_id)
        assert split(rest) == whole[place + 1 :]


@pytest.mark.parametrize("last", ["", "x", "1", "1.5", "9" * 30 + ".0000000000", "-1.0000000000"])
def test_begins_anew_behind_an_id_that_is_none(made: Made, signed_out: OldClient, last: str) -> None:
    answer = read(signed_out, STATUS, {"Last-Event-ID": last}, images_job_id_str=made.job_id)

    assert len(split(answer)) == len(STEPS)


@pytest.mark.parametrize("job_id", [None, "", "job:" + "0" * 32, "job:1.5", "../x", "x" * 2_000])
def test_tells_of_a_job_that_is_none_and_ends(signed_out: OldClient, job_id: str | None) -> None:
    answer = read(signed_out, STATUS, **({} if job_id is None else {"images_job_id_str": job_id}))

    [(event_id, data)] = split(answer)
    assert re.fullmatch(r"[0-9]{10}\.[0-9]{10}", event_id)
    assert list(data.items())[:4] == [
        ("name_str", "mongodb_not_found_error"),
        ("type_str", "error"),
        ("image_id_str", ""),
        ("image_source_url_str", ""),
    ]
    assert list(data)[4:] == ["err_str"]


def test_streams_the_log_in_the_later_words(made: Made, signed_out: OldClient) -> None:
    parts = read(signed_out, EVENTS, events_id=made.job_id).text.split("\n\n")

    greeting = json.loads(parts[0].removeprefix("data: "))
    assert list(greeting.items()) == [
        ("events_id", made.job_id),
        ("type_str", "connection_confirmation"),
        ("msg_str", "client has successfully connected to a SSE stream"),
        ("meta_map", {}),
    ]
    events = [json.loads(part.split("\ndata: ")[1]) for part in parts[1:-1]]
    assert [list(event) for event in events] == [["events_id", "type_str", "msg_str", "meta_map"]] * 4
    assert [(event["msg_str"], event["type_str"]) for event in events] == STEPS
    assert {event["events_id"] for event in events} == {made.job_id}


def test_greets_and_then_tells_of_a_job_that_is_none(signed_out: OldClient) -> None:
    parts = read(signed_out, EVENTS, events_id="nothing").text.split("\n\n")[:-1]

    assert [json.loads(part.rpartition("data: ")[2])["type_str"] for part in parts] == [
        "connection_confirmation",
        "error",
    ]


def test_gives_every_listener_all_of_a_job_that_is_running(running_server: RunningServer) -> None:
    old, signed_out = OldClient(running_server), OldClient(running_server, key=None)
    _, job_id = old.upload(make_picture(size=(3000, 2000), seed=560))

    async def listen_many() -> list[str]:
        async with httpx.AsyncClient(timeout=30) as client:
            address = f"{running_server.url}{STATUS}?images_job_id_str={job_id}"
            return [answer.text for answer in await asyncio.gather(*(client.get(address) for _ in range(5)))]

    texts = {*asyncio.run(listen_many()), read(signed_out, STATUS, images_job_id_str=job_id).text}

    assert len(texts) == 1
    assert texts.pop().count("id: ") == len(STEPS)


def test_ends_a_job_of_several_images_once(running_server: RunningServer, tmp_path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(make_picture(seed=570 + number))
    whole = make_picture(size=(900, 900), seed=579)
    (folder / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    running_server.stop()
    running_server.settings["GF_LOCAL_ROOTS"] = str(folder)
    running_server.start()
    job = running_server.graphql(
        'mutation ($path: String!) { startJob(input: {local: {path: $path, flows: ["several"]}}) { job { id } } }',
        path=str(folder),
    )["startJob"]["job"]
    running_server.watch_to_end(job["id"])

    answer = read(OldClient(running_server, key=None), STATUS, images_job_id_str=job["id"])

    events = split(answer)
    ids = [event_id for event_id, _ in events]
    ends = [(data["name_str"], data["type_str"]) for _, data in events if data["type_str"] != "ok"]
    assert (ids, len(set(ids))) == (sorted(ids), len(ids))
    assert sorted(ends) == [("image_decoding_error", "error"), ("image_done", "completed")]
    assert events[-1][1]["type_str"] == "completed"
    assert str(folder) not in answer.text


def test_tells_how_a_job_failed(running_server: RunningServer) -> None:
    whole = make_picture(size=(1600, 1200), seed=580)
    image_id, job_id = OldClient(running_server).upload(whole[: len(whole) // 2])
    running_server.watch_to_end(job_id)

    events = split(read(OldClient(running_server, key=None), STATUS, images_job_id_str=job_id))

    assert [data["type_str"] for _, data in events] == ["ok", "error"]
    last = events[-1][1]
    assert list(last) == ["name_str", "type_str", "image_id_str", "image_source_url_str", "err_str"]
    assert (last["name_str"], last["image_id_str"]) == ("image_decoding_error", image_id)


async def test_keeps_a_quiet_stream_alive() -> None:
    ended = asyncio.Event()

    async def quiet() -> AsyncGenerator[bytes]:
        try:
            yield b"first"
            await asyncio.sleep(60)
        finally:
            ended.set()

    lines = keep_alive(quiet(), 0.01)
    sent = [await anext(lines) for _ in range(4)]
    await lines.aclose()

    assert sent == [b"first", KEEP_ALIVE, KEEP_ALIVE, KEEP_ALIVE]
    assert KEEP_ALIVE == b": keep-alive\n\n"
    assert ended.is_set()


@pytest.mark.parametrize("micros", [0, 1, 999_999])
def test_writes_times_with_ten_decimals(micros: int) -> None:
    at = datetime(2025, 6, 1, 0, 3, 37, tzinfo=UTC) + timedelta(microseconds=micros)

    assert unix_id(at) == f"1748736217.{micros:06d}0000"
