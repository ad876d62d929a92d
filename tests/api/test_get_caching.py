"""What caches may keep of queries by GET: nothing of who is signed in, nothing that failed."""

import httpx
import pytest

from tests.serving import ADMIN_KEY, RunningServer

QUERY = {"query": "{ server { version } viewer { role } }"}


def _get(server: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{server}/graphql", params=QUERY, headers=headers, timeout=60)


def test_lets_caches_keep_what_everybody_may_see(server: str) -> None:
    first, second = _get(server), _get(server)

    assert first.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert {name.strip() for name in first.headers["vary"].split(",")} >= {
        *("Accept", "Authorization", "Cookie", "GF-Api-Key")
    }
    assert first.headers["etag"] == second.headers["etag"]
    assert first.json()["extensions"] == {"cost": 4}


@pytest.mark.parametrize("form", ["{}", "x, {}", "*"])
def test_answers_304_to_who_has_it(server: str, form: str) -> None:
    etag = _get(server).headers["etag"]

    again = _get(server, **{"If-None-Match": form.format(etag)})

    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (etag, "public, max-age=0, must-revalidate")


def test_answers_whole_when_it_has_changed(shared_server: RunningServer) -> None:
    query = {"query": '{ flows(search: "cached") { totalCount } }'}
    before = httpx.get(f"{shared_server.url}/graphql", params=query)
    shared_server.graphql('mutation { createFlow(input: {name: "cached"}) { flow { id } } }')

    after = httpx.get(f"{shared_server.url}/graphql", params=query, headers={"If-None-Match": before.headers["etag"]})

    shared_server.graphql('mutation { deleteFlow(input: {name: "cached"}) { flow { id } } }')
    assert (after.status_code, after.json()["data"]["flows"]["totalCount"]) == (200, 1)


def test_keeps_from_caches_what_is_not_for_everybody(server: str) -> None:
    signed_in = _get(server, **{"GF-Api-Key": ADMIN_KEY})
    failed = httpx.get(f"{server}/graphql", params={"query": "{ images(first: 0) { totalCount } }"})
    invalid = httpx.get(f"{server}/graphql", params={"query": "{ nothing }"})
    posted = httpx.post(f"{server}/graphql", json=QUERY)

    answers = (signed_in, failed, invalid, posted)
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 4
    assert not any("etag" in answer.headers for answer in answers)
    assert "rateLimit" in signed_in.json()["extensions"]


def test_keeps_answers_apart_by_their_media_type(server: str) -> None:
    old, new = _get(server), _get(server, Accept="application/graphql-response+json")

    assert old.headers["content-type"] != new.headers["content-type"]
    assert "Accept" in new.headers["vary"]
