"""Addresses that try to leave the store: 400 or 404, never a bug, and no file outside is ever opened."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CANARY = b"not yours to read"
_listeners: list[list[str]] = []


def _record(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("open", "os.listdir", "os.scandir"):
        for opened in _listeners:
            opened.append(os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else str(arguments[0]))


sys.addaudithook(_record)  # for ever: there is no taking it back


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Every path that Python opens meanwhile, in any thread."""
    paths: list[str] = []
    _listeners.append(paths)
    yield paths
    _listeners.remove(paths)


UPS = [
    "..",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "..%00",
    "....",
    "..%20",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "%uff0e%uff0e",
    "..;",
    "..%5c",
]
PARTS = ["/", "%2f", "\\", "%5c", "//", "/./"]
SPELLINGS = [
    *(part.join([up, up, "canary"]) for up in UPS[:6] for part in PARTS),
    *(f"{up}/{up}/canary" for up in UPS[6:]),
    *("thumbnails/../../canary", "thumbnails%2f..%2f..%2fcanary", "staging/%2e%2e/%2e%2e/canary", "0a/../../canary"),
    *("/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "file:///etc/passwd", "C:%5cboot.ini", "~/.ssh/id_rsa"),
    *("canary%00.png", ".unfinished/x", ".", "", "%", "%zz", "%ff%fe", "a" * 20_000),
    *("{id}.png/../../canary", "{id}.png%00", "{id}.png%0a", "{id}%2epng/..", "./{id}.png", "{id}.PNG", "0a/{id}.png"),
    *("{id}.png;/../canary", "thumbnails/./{id}_thumb_small.jpeg", "{id}\u2024png", "%EF%BC%8E%EF%BC%8E/canary"),
]


def request(server, method: str, path: str) -> bytes:
    """Return the whole answer to a request whose path is sent as it is."""
    headers = "Host: test\r\nContent-Type: image/png\r\nContent-Length: 0\r\nConnection: close\r\n"
    with server.connect() as client:
        client.sendall(f"{method} {path} HTTP/1.1\r\n{headers}\r\n".encode())
        answer = b""
        while data := client.recv(65_536):
            answer += data
    return answer


def test_there_are_sixty_spellings_at_least():
    assert len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize("spelling", SPELLINGS, ids=range(len(SPELLINGS)))
def test_no_spelling_leads_out_of_the_store(server, small, opened, spelling):
    for folder in (server.store.root.parent, server.store.root.parent.parent):
        (folder / "canary").write_bytes(CANARY)
    path = spelling.replace("{id}", small.removesuffix(".png"))
    opened.clear()

    answers = [
        request(server, "GET", f"/media/{path}"),
        request(server, "HEAD", f"/media/{path}"),
        request(server, "PUT", f"/uploads/{path}"),
    ]

    assert {int(answer.split()[1]) for answer in answers} <= {400, 403, 404}
    assert {int(answer.split()[1]) for answer in answers[:2]} <= {400, 404}
    assert CANARY not in b"".join(answers)
    assert b"root:" not in b"".join(answers)
    assert [path for path in opened if not is_inside(path, server.store.root)] == []
    assert server.leftovers() == []


def is_inside(path: str, root: Path) -> bool:
    """Tell whether what was opened is the root itself, or one step below a folder that was opened before."""
    return path == str(root) or (path not in ("..", "") and "/" not in path)
