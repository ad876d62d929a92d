"""GraphQL over HTTP: statuses, media types, refusals."""

import httpx
import pytest

from tests.serving import RunningServer

QUERY = "{ server { version } }"


def test_answers_a_query_by_post_and_get(server: str) -> None:
    posted = httpx.post(f"{server}/graphql", json={"query": QUERY})
    got = httpx.get(f"{server}/graphql", params={"query": QUERY})

    assert posted.json()["data"] == got.json()["data"] == {"server": {"version": "0.1.0"}}
    assert posted.json()["extensions"]["cost"] == got.json()["extensions"]["cost"] == 2
    assert posted.headers["content-type"] == "application/json; charset=utf-8"
    assert posted.headers["cache-control"] == "no-store"


def test_answers_in_the_media_type_that_is_asked_for(server: str) -> None:
    accept = {"Accept": "application/graphql-response+json"}

    fine = httpx.post(f"{server}/graphql", json={"query": QUERY}, headers=accept)
    invalid = httpx.post(f"{server}/graphql", json={"query": "{ nothing }"}, headers=accept)

    assert (fine.status_code, invalid.status_code) == (200, 400)
    assert fine.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert "data" not in invalid.json()


@pytest.mark.parametrize(
    "body",
    [
        b"5",
        b"null",
        b"[]",
        b'"query"',
        b"{",
        b"[" * 200_000,
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": 5}',
        b'{"query": "{ __typename }", "operationName": []}',
        b'{"query": "{ __typename }", "variables": []}',
    ],
)
def test_answers_400_to_what_is_no_request(server: str, body: bytes) -> None:
    answer = httpx.post(f"{server}/graphql", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]


def test_refuses_a_body_over_the_limit(server: str) -> None:
    body = b'{"query": "' + b" " * 300_000 + b'"}'

    announced = httpx.post(f"{server}/graphql", content=body, headers={"Content-Type": "application/json"})
    streamed = httpx.post(f"{server}/graphql", content=iter([body]), headers={"Content-Type": "application/json"})

    assert (announced.status_code, streamed.status_code) == (413, 413)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_takes_json_alone(server: str, content_type: str) -> None:
    answer = httpx.post(
        f"{server}/graphql", content=b'{"query": "{ __typename }"}', headers={"Content-Type": content_type}
    )

    assert answer.status_code == 400


def test_refuses_mutations_by_get(server: str) -> None:
    mutation = 'mutation { createFlow(input: {name: "by-get"}) { flow { name } } }'

    answer = httpx.get(f"{server}/graphql", params={"query": mutation})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_refuses_other_methods(server: str) -> None:
    answer = httpx.delete(f"{server}/graphql")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


def test_says_where_a_subscription_is_answered(server: str) -> None:
    answer = httpx.post(f"{server}/graphql", json={"query": 'subscription { jobStatus(jobId: "x") { cursor } }'})

    assert answer.status_code == 406
    assert "text/event-stream" in answer.json()["errors"][0]["message"]


def test_answers_a_query_as_json_though_a_stream_would_be_taken(server: str) -> None:
    accept = {"Accept": "application/graphql-response+json, application/json, text/event-stream"}

    answer = httpx.post(f"{server}/graphql", json={"query": QUERY}, headers=accept)

    assert answer.json()["data"] == {"server": {"version": "0.1.0"}}
    assert answer.json()["extensions"]["cost"] == 2


def test_refuses_more_tokens_than_allowed(server: str) -> None:
    answer = httpx.post(f"{server}/graphql", json={"query": "{" + " __typename" * 2_100 + "}"})

    assert "2000 tokens" in answer.json()["errors"][0]["message"]


def test_gives_every_answer_an_id(server: str) -> None:
    ids = {httpx.get(f"{server}{path}").headers["x-request-id"] for path in ("/livez", "/graphql?query={x}", "/none")}

    assert len(ids) == 3


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_says_that_it_is_well(server: str, path: str) -> None:
    assert httpx.get(f"{server}{path}").status_code == 200


def test_hides_names_and_playground_in_production(running_server: RunningServer) -> None:
    running_server.stop()
    running_server.settings["GF_ENV"] = "production"
    running_server.start()

    page = httpx.get(f"{running_server.url}/graphql", headers={"Accept": "text/html"})
    introspection = running_server.post("{ __schema { types { name } } }")
    misspelt = running_server.post("{ serverr { version } }")
    first_page = httpx.get(f"{running_server.url}/")

    assert page.status_code in (400, 404)
    assert "introspection" in introspection.json()["errors"][0]["message"]
    assert "Did you mean" not in misspelt.text
    assert "set-cookie" not in first_page.headers
