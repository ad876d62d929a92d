"""What hurts other servers gets a typed error here: never a 500, a traceback, seconds of work, or much of a log."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.api.hurtful import BODIES
from tests.serving import ADMIN_KEY, RunningServer

MAX_LOG_BYTES = 2_048
MAX_WORK_S = 1.0
"""CPU seconds of the server for one request: so long at most do others wait, whatever else the machine does."""
HEADERS = {"Content-Type": "application/json", "Accept": "application/graphql-response+json", "GF-Api-Key": ADMIN_KEY}
CLOSES = {4400, 1007, 1009}
"""Of what is no message, no text, and too long for a message."""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("watched")
    server = RunningServer(folder / "data", log=folder / "log")
    server.start()
    yield server
    server.stop()


class Watch:
    """What the server logs and how long it works between two moments."""

    def __init__(self, server: RunningServer) -> None:
        assert server.log is not None
        assert server.process is not None
        self.log: Path = server.log
        self.stat = Path(f"/proc/{server.process.pid}/stat")
        self.logged, self.worked = self.log.stat().st_size, self._work_s()

    def check(self) -> None:
        text = self.log.read_bytes()[self.logged :].decode()
        assert len(text) <= MAX_LOG_BYTES
        assert "Traceback" not in text
        assert self._work_s() - self.worked <= MAX_WORK_S

    def _work_s(self) -> float:
        """Return CPU seconds of all threads so far (proc_pid_stat(5): fields 14 and 15)."""
        return sum(map(int, self.stat.read_text().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def _refusal(answer: dict[str, Any]) -> str:
    """Return the code or message of a refusal, be it in errors or in a payload."""
    if "errors" in answer:
        assert all(error["message"] for error in answer["errors"])
        return str(answer["errors"])
    [payload] = answer["data"].values()
    return str(payload["userErrors"])


@pytest.mark.parametrize("name", BODIES)
def test_answers_over_http(watched: RunningServer, name: str) -> None:
    watch = Watch(watched)

    answer = httpx.post(f"{watched.url}/graphql", content=BODIES[name], headers=HEADERS, timeout=60)

    watch.check()
    assert 400 <= answer.status_code < 500 or answer.status_code == 200
    assert len(answer.content) < 8_192
    body = answer.json()
    refused = body["error"]["code"] if "error" in body else _refusal(body)
    assert refused
    assert "INTERNAL" not in refused
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", BODIES)
async def test_answers_over_a_socket(watched: RunningServer, name: str) -> None:
    watch = Watch(watched)
    message = b'{"type": "subscribe", "id": "1", "payload": ' + BODIES[name] + b"}"
    address = watched.url.replace("http", "ws") + "/graphql"
    options: dict[str, Any] = {"subprotocols": ["graphql-transport-ws"], "proxy": None}
    async with websockets.connect(address, **options) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"GF-Api-Key": ADMIN_KEY}}))
        await socket.recv()
        try:
            await socket.send(message, text=True)
            answer = json.loads(await socket.recv())
        except websockets.ConnectionClosed:
            answer = None

    watch.check()
    if answer is None:
        assert socket.close_code in CLOSES
        return
    refused = str(answer["payload"]) if answer["type"] == "error" else _refusal(answer["payload"])
    assert refused
    assert "INTERNAL" not in refused


def test_goes_on_as_before(watched: RunningServer) -> None:
    assert watched.graphql("{ viewer { role } }") == {"viewer": {"role": "ADMIN"}}
    assert len(BODIES) >= 30
