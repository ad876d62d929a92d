"""A receiver of webhooks: a real HTTP server on loopback that keeps what it was told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """Answers with `status`, which a test may change, and `headers`; keeps the headers and body of each request."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return what the bodies say, of one type when that is given."""
        told = [json.loads(body) for _, body in list(self.requests)]
        return [event for event in told if kind in (None, event["type"])]

    def wait_for(self, count: int, kind: str | None = None, timeout_s: float = 20) -> list[dict[str, Any]]:
        """Return the events once there are so many."""
        deadline = time.monotonic() + timeout_s
        while len(self.events(kind)) < count:
            assert time.monotonic() < deadline, f"{len(self.events(kind))} of {count} events came"
            time.sleep(0.02)
        return self.events(kind)


@contextmanager
def open_receiver(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
