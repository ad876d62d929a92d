"""Objects by their old addresses, and what lies outside the store."""

import http.client
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.pictures import make_picture
from tests.rest.conftest import Made
from tests.rest.old_client import OldClient, data_of, failure_of
from tests.serving import ROOT, RunningServer

DOTS = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "....//", "%252e%252e%252f", "..%c0%af", "%00../", "/"]
TARGETS = ["etc/passwd", "gf-images.sqlite", "admin.key", "signing.key", "%00", "staging/" + "0" * 32]
SPELLINGS = [dots * depth + target for dots, target, depth in itertools.product(DOTS, TARGETS, (3,))]


def test_sends_the_original_and_its_thumbnails(made: Made, signed_out: OldClient) -> None:
    original = signed_out.get(f"/images/d/{made.image_id}.jpeg")
    small = signed_out.get(f"/images/d/thumbnails/{made.image_id}_thumb_small.jpeg", fname="old_flow")

    assert (original.status_code, original.content) == (200, made.data)
    assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
    assert small.headers["x-content-type-options"] == "nosniff"


def test_knows_no_objects_of_a_flow_that_is_none(made: Made, signed_out: OldClient) -> None:
    answer = signed_out.get(f"/images/d/{made.image_id}.jpeg", fname="nowhere")

    assert failure_of(answer) == (
        "verify__invalid_value_error",
        "handler /images/d/ failed",
        "image to resolve in unexisting flow",
    )


@pytest.mark.parametrize("name", ["0" * 32 + ".jpeg", "thumbnails/" + "0" * 32 + "_thumb_small.jpeg", "x", ""])
def test_answers_404_to_what_is_not_there(signed_out: OldClient, name: str) -> None:
    assert signed_out.get(f"/images/d/{name}").status_code == 404


@dataclass(frozen=True)
class Watched:
    """A server with one image, and the file that lists what it opens."""

    server: RunningServer
    listed: Path
    image_id: str

    def opened(self) -> list[str]:
        return self.listed.read_text(encoding="utf-8", errors="replace").splitlines()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    listed = folder / "opened.txt"
    program = (str(Path(__file__).parent / "watched_server.py"),)
    settings = {"OPENED_PATHS": str(listed), "PYTHONPATH": str(ROOT)}
    server = RunningServer(folder / "data", settings, program=program)
    server.start()
    image_id, job_id = OldClient(server).upload(make_picture(seed=541))
    server.watch_to_end(job_id)
    found, missing = (ask(server, name) for name in (f"{image_id}.jpeg", "thumbnails/x"))  # so all is imported
    assert (found[0], missing[0]) == (200, 404)
    yield Watched(server, listed, image_id)
    server.stop()


def ask(server: RunningServer, name: str) -> tuple[int, bytes]:
    """Return status and body for a path that is sent as it is."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    connection.request("GET", f"/images/d/{name}")
    answer = connection.getresponse()
    status, body = answer.status, answer.read()
    connection.close()
    return status, body


def test_there_are_sixty_spellings() -> None:
    assert len(set(SPELLINGS)) == 60


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_opens_nothing_outside_the_store(watched: Watched, spelling: str) -> None:
    before = len(watched.opened())

    status, body = ask(watched.server, spelling)

    assert status in (400, 404)
    assert set(json.loads(body)) == {"error"}
    assert [path for path in watched.opened()[before:] if not is_in_store(path, watched.server)] == []


def test_lists_what_it_opens(watched: Watched) -> None:
    before = len(watched.opened())

    status, _ = ask(watched.server, f"{watched.image_id}.jpeg")

    opened = watched.opened()[before:]
    assert status == 200
    assert opened[-1] == f"{watched.image_id}.jpeg"
    assert all(is_in_store(path, watched.server) for path in opened)


def is_in_store(path: str, server: RunningServer) -> bool:
    """Tell whether what was opened is the store's folder, or one step below a folder that was opened before."""
    return path == str(server.data_dir / "objects") or (path not in ("..", "") and "/" not in path)


def test_resolves_many_addresses_in_order(made: Made, signed_out: OldClient) -> None:
    original, small = f"{made.image_id}.jpeg", f"thumbnails/{made.image_id}_thumb_small.jpeg"
    paths = [small, "../x", original, f"/images/d/{original}", f"{made.image_id}.png", small]

    found = data_of(signed_out.post("/images/d/bulk", json.dumps({"paths_lst": paths}).encode()))["urls_lst"]

    base = f"{signed_out.server.url}/media/"
    assert found == [base + small, None, base + original, base + original, None, base + small]
    assert httpx.get(found[2]).content == made.data


def test_resolves_private_objects_for_those_who_may_see_them(running_server: RunningServer) -> None:
    running_server.graphql('mutation { createFlow(input: {name: "secret", isPublic: false}) { flow { name } } }')
    data = make_picture(seed=540)
    image_id, _ = OldClient(running_server).upload(data, f="secret")
    body = json.dumps({"paths_lst": [f"{image_id}.jpeg"]}).encode()

    own = data_of(OldClient(running_server).post("/images/d/bulk", body))["urls_lst"]
    foreign = data_of(OldClient(running_server, key=None).post("/images/d/bulk", body))["urls_lst"]

    assert foreign == [None]
    assert httpx.get(own[0]).content == data
    assert OldClient(running_server, key=None).get(f"/images/d/{image_id}.jpeg").status_code == 404
    assert OldClient(running_server).get(f"/images/d/{image_id}.jpeg").content == data
