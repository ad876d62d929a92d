"""Rates over every transport: what is told of them, and what is refused."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.serving import ADMIN_KEY, RunningServer

NEW_JSON = {"Accept": "application/graphql-response+json"}
RATES = {"READ": 4, "WRITE": 3, "UPLOAD": 1000, "EXPENSIVE": 2}
FAILING = 'createFlow(input: {name: "/"}) { userErrors { code } }'


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with small rates behind a proxy on this machine: each test comes from addresses of its own."""
    settings = {f"GF_RATE_{name}": str(limit) for name, limit in RATES.items()}
    running = RunningServer(
        tmp_path_factory.mktemp("limited") / "data", {**settings, "GF_TRUSTED_PROXIES": "127.0.0.0/8"}
    )
    running.start()
    yield running
    running.stop()


def ask(server: RunningServer, address: str, query: str = "{ __typename }", **headers: str) -> httpx.Response:
    body = {"query": query}
    return httpx.post(f"{server.url}/graphql", json=body, headers={"X-Forwarded-For": address, **headers}, timeout=30)


def ask_until_refused(server: RunningServer, address: str, limit: int, **headers: str) -> httpx.Response:
    """Ask more often than even two minutes allow; return the refusal."""
    for _ in range(2 * limit + 1):
        answer = ask(server, address, **headers)
        if "errors" in answer.json():
            return answer
    raise AssertionError("nothing was refused")


def test_tells_the_rate_beside_the_cost(limited: RunningServer) -> None:
    extensions = ask(limited, "198.51.100.1").json()["extensions"]

    reset_at = extensions["rateLimit"].pop("resetAt")
    assert extensions == {"cost": 1, "rateLimit": {"limit": 4, "remaining": 3, "cost": 1}}
    assert reset_at.endswith(":00Z")


def test_refuses_with_429_and_says_when_to_come_back(limited: RunningServer) -> None:
    answer = ask_until_refused(limited, "198.51.100.2", RATES["READ"], **NEW_JSON)
    [error] = answer.json()["errors"]

    assert answer.status_code == 429
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= error["extensions"]["retryAfter"] <= 60
    assert answer.headers["Retry-After"] == str(error["extensions"]["retryAfter"])
    assert "data" not in answer.json()


def test_older_media_type_says_the_same_with_200(limited: RunningServer) -> None:
    answer = ask_until_refused(limited, "198.51.100.3", RATES["READ"])

    assert answer.status_code == 200
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_counts_documents_that_are_not_valid(limited: RunningServer) -> None:
    codes = [
        ask(limited, "198.51.100.4", "{ nothing }").json()["errors"][0].get("extensions", {}).get("code")
        for _ in range(2 * RATES["READ"] + 1)
    ]

    assert "RATE_LIMITED" in codes


def test_a_costly_query_takes_more(limited: RunningServer) -> None:
    query = "{ images(first: 100) { edges { node { " + " ".join(f"a{n}: id" for n in range(22)) + " } } } }"

    extensions = ask(limited, "198.51.100.5", query).json()["extensions"]

    assert extensions["cost"] == 2 + 100 * 23
    assert extensions["rateLimit"]["cost"] == 3


def test_counts_each_field_of_a_mutation_by_its_class(limited: RunningServer) -> None:
    query = (
        f"mutation {{ {FAILING} ...two }} fragment two on Mutation {{ again: {FAILING} "
        '... on Mutation { cancelJob(input: {jobId: "job:x"}) { userErrors { code } } } }'
    )

    rate = ask(limited, "198.51.100.6", query).json()["extensions"]["rateLimit"]

    assert (rate["limit"], rate["remaining"], rate["cost"]) == (RATES["WRITE"], 0, 3)


def test_changes_nothing_when_it_refuses_a_mutation(limited: RunningServer) -> None:
    fields = " ".join(f'f{n}: createFlow(input: {{name: "rate-{n}"}}) {{ flow {{ id }} }}' for n in range(4))

    refused = ask(limited, "198.51.100.7", f"mutation {{ {fields} }}", **{"GF-Api-Key": ADMIN_KEY}).json()
    found = ask(limited, "198.51.100.7", '{ flows(search: "rate-") { totalCount } }').json()

    assert refused["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert found["data"] == {"flows": {"totalCount": 0}}


def test_refuses_older_routes_in_their_envelope(limited: RunningServer) -> None:
    address, headers = f"{limited.url}/v1/images/get?img_id=x", {"X-Forwarded-For": "198.51.100.8"}

    answers = [httpx.get(address, headers=headers) for _ in range(2 * RATES["READ"] + 1)]

    refused = next(answer for answer in answers if answer.json()["status"] == "ERROR")
    assert {answer.status_code for answer in answers} == {200}
    assert refused.json()["data"]["gf_error_type"] == "policy__op_denied"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_refuses_on_a_socket(limited: RunningServer) -> None:
    async def ask_often() -> list[dict[str, Any]]:
        url = limited.url.replace("http", "ws") + "/graphql"
        headers = {"X-Forwarded-For": "198.51.100.9"}
        protocols = [websockets.Subprotocol("graphql-transport-ws")]
        async with websockets.connect(url, subprotocols=protocols, additional_headers=headers, proxy=None) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            await socket.recv()
            for number in range(2 * RATES["READ"] + 1):
                payload = {"query": "{ __typename }"}
                await socket.send(json.dumps({"type": "subscribe", "id": str(number), "payload": payload}))
                message = json.loads(await socket.recv())
                if message["type"] == "error":
                    return message["payload"]
                await socket.recv()
        return []

    [error] = asyncio.run(ask_often())

    assert error["extensions"]["code"] == "RATE_LIMITED"


def test_only_a_trusted_proxy_says_who_asks(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", {"GF_RATE_READ": "2"})
    server.start()
    try:
        answers = [ask(server, f"203.0.113.{number}").json() for number in range(5)]
    finally:
        server.stop()

    assert "RATE_LIMITED" in [answer["errors"][0]["extensions"]["code"] for answer in answers if "errors" in answer]


def test_can_be_turned_off(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", {"GF_RATE_LIMITS": "off", "GF_RATE_READ": "1"})
    server.start()
    try:
        answers = [ask(server, "203.0.113.1").json() for _ in range(4)]
    finally:
        server.stop()

    assert [answer["extensions"] for answer in answers] == [{"cost": 1}] * 4
