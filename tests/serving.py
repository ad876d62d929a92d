"""A real server for tests: `gf-images serve` in a process of its own, and a client that speaks to it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 90
ADMIN_KEY = "gf_admin_key_that_only_tests_know_0000"

EVENT_FIELDS = """cursor at step kind image { id state } item { position state source error { code message } }
  error { code message } job { id state progress { total done failed } }"""

UPLOAD_INIT = """mutation ($input: UploadInitInput!) { uploadInit(input: $input) {
  upload { imageId url method headers { name value } expiresAt maxBytes }
  duplicateOf { id } userErrors { code message field } } }"""

UPLOAD_COMPLETE = """mutation ($input: UploadCompleteInput!) { uploadComplete(input: $input) {
  job { id state } image { id title state width height url thumbnails { url width height format byteSize } }
  userErrors { code message field } } }"""


@dataclass
class RunningServer:
    """One server process on a free port; `data_dir` outlives it."""

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    checkout: Path = ROOT
    """Whose code is run."""
    command: str = "serve"
    """Or `worker`; its `url` is that of its health page."""
    program: tuple[str, ...] = ("-m", "app")
    """What Python runs: the command line, or what stands in for it."""
    port: int = 0
    """Where it listens; 0 for any free one."""
    process: subprocess.Popen[str] | None = None
    url: str = ""
    log: Path | None = None
    """Where what it logs is kept; None for where the tests themselves log."""

    def start(self) -> None:
        """Start the server and return when it has said where it is."""
        with self.log.open("a") if self.log else nullcontext() as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, self.command, "--port", str(self.port)],
                env=self._environment(),
                cwd=self.checkout,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        assert self.process.stdout is not None
        while time.monotonic() < deadline:
            line = self.process.stdout.readline()
            if not line:
                break
            if line.strip().startswith(("page", "health")):
                self.url = line.split()[1].removesuffix("/readyz").rstrip("/")
                return
        self.kill()
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """End the server as a power cut would: SIGKILL, with no time to do anything."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        """Ask the server to end, as an operator would."""
        assert self.process is not None
        self.process.terminate()
        self._reap()

    def run_cli(self, *arguments: str) -> str:
        """Run the command line on the same data and return what it prints."""
        command = [sys.executable, "-m", "app", *arguments]
        done = subprocess.run(
            command, env=self._environment(), cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE, timeout=120
        )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("GF_")}
        own = {"GF_DATA_DIR": str(self.data_dir), "GF_ADMIN_KEY": ADMIN_KEY, "GF_LOG_LEVEL": "warning"}
        return {**outside, **own, **self.settings}

    def _reap(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.wait(30)
        self.process.stdout.close()
        self.process = None

    def graphql(self, query: str, *, key: str | None = ADMIN_KEY, **variables: object) -> dict[str, Any]:
        """Return the `data` of one operation; errors fail the test."""
        answer = self.post(query, key=key, **variables).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def post(self, query: str, *, key: str | None = ADMIN_KEY, **variables: object) -> httpx.Response:
        headers = {"GF-Api-Key": key} if key else {}
        body = {"query": query, "variables": variables}
        return httpx.post(f"{self.url}/graphql", json=body, headers=headers, timeout=60)

    def init(self, data: bytes, image_format: str, **more: object) -> dict[str, Any]:
        """Announce an upload and return the payload."""
        request = {"format": image_format, "byteSize": len(data), **more}
        payload: dict[str, Any] = self.graphql(UPLOAD_INIT, input=request)["uploadInit"]
        return payload

    def put(self, upload: dict[str, Any], data: bytes) -> httpx.Response:
        headers = {header["name"]: header["value"] for header in upload["headers"]}
        return httpx.put(upload["url"], content=data, headers=headers, timeout=60)

    def complete(self, image_id: str, **more: object) -> dict[str, Any]:
        payload: dict[str, Any] = self.graphql(UPLOAD_COMPLETE, input={"imageId": image_id, **more})["uploadComplete"]
        return payload

    def upload(self, data: bytes, image_format: str, **more: object) -> dict[str, Any]:
        """Upload whole, up to uploadComplete; return its payload, or uploadInit's when that refuses."""
        started = self.init(data, image_format, **more)
        if started["upload"] is None:
            return started
        answer = self.put(started["upload"], data)
        assert answer.status_code == 200, answer.text
        return self.complete(started["upload"]["imageId"])

    async def watch(self, job_id: str, after: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the events of a job over graphql-transport-ws until the server completes the subscription."""
        query = (
            f"subscription ($id: ID!, $after: String) {{ jobStatus(jobId: $id, after: $after) {{ {EVENT_FIELDS} }} }}"
        )
        address = self.url.replace("http", "ws") + "/graphql"
        async with websockets.connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"GF-Api-Key": ADMIN_KEY}}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": query, "variables": {"id": job_id, "after": after}}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            while (message := json.loads(await socket.recv()))["type"] == "next":
                assert "errors" not in message["payload"], message["payload"]["errors"]
                yield message["payload"]["data"]["jobStatus"]
            assert message["type"] == "complete", message

    def watch_to_end(self, job_id: str, after: str | None = None, timeout_s: float = 120) -> list[dict[str, Any]]:
        """Return the log of a job once it has ended."""

        async def collect() -> list[dict[str, Any]]:
            async with asyncio.timeout(timeout_s):
                return [event async for event in self.watch(job_id, after)]

        return asyncio.run(collect())
