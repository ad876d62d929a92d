"""The limits of a request, over every transport: what is refused is said with the limit and the value."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import websockets

from tests.api.bombs import BOMBS
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

NEW_JSON = {"Accept": "application/graphql-response+json"}
PAGE = "query ($n: Int!) { images(first: $n) { edges { node { flows(first: $n) { edges { node { id name } } } } } } }"
WATCH = "subscription ($id: ID!) { jobStatus(jobId: $id) { kind } }"


def _error(answer: dict[str, Any]) -> dict[str, Any]:
    assert len(answer["errors"]) == 1
    assert answer.get("data") is None
    extensions: dict[str, Any] = answer["errors"][0]["extensions"]
    return extensions


async def _over_socket(url: str, query: str, **variables: object) -> list[dict[str, Any]]:
    """Return all messages that answer one operation."""
    address = url.replace("http", "ws") + "/graphql"
    async with websockets.connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"GF-Api-Key": ADMIN_KEY}}))
        await socket.recv()
        payload = {"query": query, "variables": variables}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        messages = [json.loads(await socket.recv())]
        while messages[-1]["type"] == "next":
            messages.append(json.loads(await socket.recv()))
        return messages


def _over_stream(url: str, query: str) -> list[dict[str, Any]]:
    """Return the results of a subscription by server-sent events."""
    headers = {"Accept": "text/event-stream", "GF-Api-Key": ADMIN_KEY}
    answer = httpx.post(f"{url}/graphql", json={"query": query}, headers=headers, timeout=60)
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data:").strip() for line in answer.text.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line]


@pytest.mark.parametrize("bomb", BOMBS)
def test_refuses_over_http(server: str, bomb: str) -> None:
    limit, query = BOMBS[bomb]

    answer = httpx.post(f"{server}/graphql", json={"query": query}, headers=NEW_JSON)

    error = _error(answer.json())
    assert (answer.status_code, error["code"], error["limit"]) == (400, "LIMIT_EXCEEDED", limit)
    assert error["allowed"] < error["actual"] < 2**31
    assert f"at most {error['allowed']} are allowed." in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("bomb", BOMBS)
async def test_refuses_over_a_socket(server: str, bomb: str) -> None:
    limit, query = BOMBS[bomb]

    [message] = await _over_socket(server, query)

    assert message["type"] == "error"
    extensions = message["payload"][0]["extensions"]
    assert (extensions["code"], extensions["limit"]) == ("LIMIT_EXCEEDED", limit)


@pytest.mark.parametrize(
    ("limit", "selection"),
    [
        ("depth", "job{items{image{flows{edges{node{cover{flows{edges{node{cover{flows{edges{node{id}}}}}}}}}}}}}}"),
        ("aliases", "".join(f"a{n}:cursor " for n in range(31))),
        ("directives", "cursor" + "@skip(if:false)" * 51),
        ("cost", "job{items{image{flows(first:100){edges{node{id name description}}}}}}"),
    ],
)
async def test_refuses_subscriptions(server: str, limit: str, selection: str) -> None:
    query = f'subscription {{ jobStatus(jobId: "job:x") {{ {selection} }} }}'

    streamed = await asyncio.to_thread(_over_stream, server, query)
    [message] = await _over_socket(server, query)

    assert [_error(result)["limit"] for result in streamed] == [limit]
    assert (message["type"], message["payload"][0]["extensions"]["limit"]) == ("error", limit)


async def test_weighs_pages_by_variables(shared_server: RunningServer) -> None:
    small = shared_server.post(PAGE, n=10).json()
    large = shared_server.post(PAGE, n=100).json()
    [message] = await _over_socket(shared_server.url, PAGE, n=100)

    cost = 2 + 100 * (3 + 100 * 3)
    refusal = {"code": "LIMIT_EXCEEDED", "limit": "cost", "allowed": 5000, "actual": cost}
    assert small["extensions"]["cost"] == 2 + 10 * (3 + 10 * 3)
    assert _error(large) == refusal
    assert message["payload"][0]["extensions"] == refusal


def test_changes_nothing_when_it_refuses_a_mutation(running_server: RunningServer) -> None:
    many = "".join(f'm{n}:createFlow(input:{{name:"bomb-{n}"}}){{flow{{id}}}}' for n in range(11))

    refused = running_server.post(f"mutation {{ {many} }}").json()

    assert _error(refused) == {"code": "LIMIT_EXCEEDED", "limit": "mutations", "allowed": 10, "actual": 11}
    assert running_server.graphql('{ flows(search: "bomb") { totalCount } }') == {"flows": {"totalCount": 0}}


def test_each_limit_is_a_setting(running_server: RunningServer) -> None:
    running_server.stop()
    limits = {"DEPTH": 3, "ALIASES": 0, "DIRECTIVES": 0, "FRAGMENTS": 0, "COST": 1_000_000, "MUTATIONS": 1}
    running_server.settings.update({f"GF_GRAPHQL_MAX_{name}": str(value) for name, value in limits.items()})
    running_server.start()
    cancel = 'cancelJob(input: {jobId: "job:x"}) { job { id } } '

    refusals = [
        _error(running_server.post(query).json())["limit"]
        for query in (
            "{ images { edges { node { id } } } }",
            "{ a: __typename }",
            "{ __typename @skip(if: false) }",
            "{ ...f } fragment f on Query { __typename }",
            "mutation { " + cancel * 2 + "}",
        )
    ]
    allowed = running_server.post("{ images(first: 100) { totalCount } }").json()

    assert refusals == ["depth", "aliases", "directives", "fragments", "mutations"]
    assert "errors" not in allowed


def test_ends_what_takes_too_long_but_no_subscription(running_server: RunningServer) -> None:
    job_id = running_server.upload(make_picture(), "JPEG")["job"]["id"]
    log = running_server.watch_to_end(job_id)
    running_server.stop()
    running_server.settings["GF_GRAPHQL_TIMEOUT_S"] = "0.000001"
    running_server.start()
    create = 'mutation { createFlow(input: {name: "slow"}) { flow { id } } }'

    query = httpx.post(f"{running_server.url}/graphql", json={"query": "{ images { totalCount } }"}, headers=NEW_JSON)
    plain = running_server.post("{ images { totalCount } }")
    mutation = running_server.post(create).json()
    [message] = asyncio.run(_over_socket(running_server.url, "{ images { totalCount } }"))
    streamed = running_server.watch_to_end(job_id)

    too_long = {"code": "TIMED_OUT", "limit": "seconds", "allowed": 1e-06}
    assert (query.status_code, plain.status_code) == (503, 200)
    assert [_error(answer) for answer in (query.json(), plain.json(), mutation)] == [too_long] * 3
    assert message["payload"][0]["extensions"] == too_long
    assert [event["cursor"] for event in streamed] == [event["cursor"] for event in log]


@pytest.mark.parametrize(("count", "is_refused"), [(50, False), (250, True)])
def test_compares_only_so_many_fields_of_one_name(server: str, count: int, is_refused: bool) -> None:
    query = "{" + "...{server{version}} " * count + "}"

    answer = httpx.post(f"{server}/graphql", json={"query": query}).json()

    assert [error["message"] for error in answer.get("errors", [])] == ["Validation aborted."] * is_refused
