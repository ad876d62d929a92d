"""SIGTERM: requests end, streams end with a hint, items go back to the queue, and the process is gone soon."""

import asyncio
import json
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, EVENT_FIELDS, RunningServer

SUBSCRIPTION = f"subscription ($id: ID!) {{ jobStatus(jobId: $id) {{ {EVENT_FIELDS} }} }}"
EXIT_S = 20
RETRY = re.compile(r"retry: [0-9]+\n\n$")


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[RunningServer]:
    """A server whose jobs wait for workers that there are not."""
    server = RunningServer(tmp_path / "data", {"GF_REDIS_URL": "redis://127.0.0.1:1/0", "GF_LOG_LEVEL": "error"})
    server.start()
    yield server
    if server.process is not None:
        server.kill()


def terminate(server: RunningServer) -> float:
    """Stop the server and return how long that took."""
    began = time.monotonic()
    server.stop()
    return time.monotonic() - began


@pytest.mark.parametrize("kind", ["plain", "older", "GraphQL"])
async def test_streams_end_with_a_time_to_come_back(waiting: RunningServer, kind: str) -> None:
    job_id = (await asyncio.to_thread(waiting.upload, make_picture(seed=820), "JPEG"))["job"]["id"]
    requests = {
        "plain": httpx.Request("GET", f"{waiting.url}/jobs/{job_id}/events"),
        "older": httpx.Request("GET", f"{waiting.url}/images/jobs/status", params={"images_job_id_str": job_id}),
        "GraphQL": httpx.Request(
            "POST",
            f"{waiting.url}/graphql",
            json={"query": SUBSCRIPTION, "variables": {"id": job_id}},
            headers={"Accept": "text/event-stream", "GF-Api-Key": ADMIN_KEY},
        ),
    }

    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.send(requests[kind], stream=True)
        stopping = asyncio.create_task(asyncio.to_thread(terminate, waiting))
        text = (await answer.aread()).decode()

    assert answer.status_code == 200
    assert RETRY.search(text)
    assert "complete" not in text
    assert await stopping < EXIT_S


async def test_sockets_are_closed_as_by_a_restart(waiting: RunningServer) -> None:
    job_id = (await asyncio.to_thread(waiting.upload, make_picture(seed=821), "JPEG"))["job"]["id"]

    address = waiting.url.replace("http", "ws") + "/graphql"
    async with websockets.connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as client:
        await client.send(json.dumps({"type": "connection_init", "payload": {"GF-Api-Key": ADMIN_KEY}}))
        await client.recv()
        payload = {"query": SUBSCRIPTION, "variables": {"id": job_id}}
        await client.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        stopping = asyncio.create_task(asyncio.to_thread(terminate, waiting))
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await client.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert await stopping < EXIT_S


def test_a_request_under_way_is_done(waiting: RunningServer) -> None:
    data = make_picture(seed=822)
    upload = waiting.init(data, "JPEG")["upload"]
    assert waiting.process is not None

    address = httpx.URL(upload["url"])
    with socket.create_connection((address.host, address.port or 80), timeout=EXIT_S) as connection:
        head = f"PUT {address.raw_path.decode()} HTTP/1.1\r\nHost: {address.netloc.decode()}\r\n"
        more = f"Content-Length: {len(data)}\r\nContent-Type: image/jpeg\r\n\r\n"
        connection.sendall(f"{head}{more}".encode() + data[:1000])
        waiting.process.send_signal(signal.SIGTERM)
        _until_refused(address)
        connection.sendall(data[1000:])
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 200 ")
    waiting.process.wait(EXIT_S)


def test_items_in_work_go_back_to_the_queue(running_server: RunningServer, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.jpg").write_bytes(make_picture(size=(2000, 1500), seed=830 + number))
    running_server.stop()
    running_server.settings["GF_LOCAL_ROOTS"] = str(folder)
    running_server.start()
    start = "mutation ($path: String!) { startJob(input: {local: {path: $path}}) { job { id } } }"
    job_id = running_server.graphql(start, path=str(folder))["startJob"]["job"]["id"]

    took = terminate(running_server)
    with sqlite3.connect(running_server.data_dir / "gf-images.sqlite") as database:
        counts = dict(database.execute("SELECT state, count(*) FROM job_items GROUP BY state"))
    running_server.start()
    running_server.watch_to_end(job_id)

    assert took < EXIT_S
    assert set(counts) <= {"QUEUED", "COMPLETED"}
    assert counts["QUEUED"] > 0
    attempts = running_server.graphql("query ($id: ID!) { job(id: $id) { items { state attempts } } }", id=job_id)
    assert attempts["job"]["items"] == [{"state": "COMPLETED", "attempts": 1}] * 12


def _until_refused(address: httpx.URL) -> None:
    deadline = time.monotonic() + EXIT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection((address.host, address.port or 80), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError("the server still takes connections")
