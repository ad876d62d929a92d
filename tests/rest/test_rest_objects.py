"""Objects by their old addresses, and what lies outside the store."""

import http.client
import itertools
import json
from urllib.parse import urlsplit

import httpx
import pytest

from tests.pictures import make_picture
from tests.rest.conftest import Made
from tests.rest.old_client import OldClient, data_of, failure_of
from tests.serving import RunningServer

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


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_sends_nothing_from_outside_the_store(shared_server: RunningServer, spelling: str) -> None:
    address = urlsplit(shared_server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    connection.request("GET", f"/images/d/{spelling}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()

    assert answer.status in (400, 404)
    assert set(json.loads(body)) == {"error"}


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
