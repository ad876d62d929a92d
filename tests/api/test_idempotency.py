"""Mutations that are sent again: done once, answered alike."""

import asyncio
import json
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.data_dir import DataDir
from tests.serving import ADMIN_KEY, RunningServer

CREATE = """mutation Create($name: String!) { createFlow(input: {name: $name}) {
  flow { id createdAt } userErrors { code } } }"""
CREATE_KEY = 'mutation { createApiKey(input: {name: "once", scopes: [READ]}) { secret userErrors { code } } }'


def send(url: str, key: str | None, query: str, *, headers: dict[str, str] | None = None, **variables: object) -> Any:
    sent = {"GF-Api-Key": ADMIN_KEY, **(headers or {}), **({"Idempotency-Key": key} if key is not None else {})}
    body = {"query": query, "variables": variables}
    return httpx.post(f"{url}/graphql", json=body, headers=sent, timeout=60)


def new_name() -> str:
    return f"once-{secrets.token_hex(6)}"


def test_answers_as_the_first_time(server: str) -> None:
    name, key = new_name(), secrets.token_hex(8)

    first = send(server, key, CREATE, name=name)
    second = send(server, key, CREATE, name=name)

    assert first.json()["data"]["createFlow"]["userErrors"] == []
    assert second.content == first.content
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["x-request-id"] != first.headers["x-request-id"]


def test_how_the_request_is_written_does_not_matter(server: str) -> None:
    name, key = new_name(), secrets.token_hex(8)
    first = send(server, key, CREATE, name=name)
    text = json.dumps({"variables": {"name": name}, "operationName": None, "query": CREATE}, indent=2)

    second = httpx.post(
        f"{server}/graphql",
        content=text,
        headers={"Content-Type": "application/json", "GF-Api-Key": ADMIN_KEY, "Idempotency-Key": key},
    )

    assert second.content == first.content


def test_refuses_another_input_under_the_key(server: str) -> None:
    name, other, key = new_name(), new_name(), secrets.token_hex(8)
    send(server, key, CREATE, name=name)

    refused = send(server, key, CREATE, name=other)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["extensions"]["code"] == "KEY_REUSED"
    assert send(server, None, f'{{ flow(name: "{other}") {{ id }} }}').json()["data"] == {"flow": None}


async def test_one_of_many_at_once_is_done(server: str) -> None:
    name, key = new_name(), secrets.token_hex(8)

    answers = await asyncio.gather(*(asyncio.to_thread(send, server, key, CREATE, name=name) for _ in range(8)))

    done = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {answer.content for answer in done} == {done[0].content}
    assert done[0].json()["data"]["createFlow"]["userErrors"] == []
    assert {answer.status_code for answer in refused} <= {409}
    assert {answer.headers["Retry-After"] for answer in refused} <= {"1"}


def test_keeps_refusals_that_are_final(server: str) -> None:
    name, key = new_name(), secrets.token_hex(8)
    send(server, None, CREATE, name=name)
    refused = send(server, key, CREATE, name=name)
    send(server, None, f'mutation {{ deleteFlow(input: {{name: "{name}"}}) {{ flow {{ id }} }} }}')

    again = send(server, key, CREATE, name=name)

    assert refused.json()["data"]["createFlow"]["userErrors"] == [{"code": "CONFLICT"}]
    assert again.content == refused.content


def test_keeps_nothing_of_what_did_not_run(server: str) -> None:
    name, key = new_name(), secrets.token_hex(8)
    invalid = send(server, key, "mutation { createFlow { flow { id } } }")

    answer = send(server, key, CREATE, name=name)

    assert "errors" in invalid.json()
    assert answer.json()["data"]["createFlow"]["userErrors"] == []


def test_keys_of_two_users_have_nothing_to_do_with_each_other(shared_server: RunningServer) -> None:
    other = shared_server.run_cli("keys", "create", new_name(), "--role", "editor").strip()
    key = secrets.token_hex(8)
    send(shared_server.url, key, CREATE, name=new_name())

    answer = send(shared_server.url, key, CREATE, name=new_name(), headers={"GF-Api-Key": other})

    assert answer.json()["data"]["createFlow"]["userErrors"] == []


def test_means_nothing_for_queries_and_those_signed_out(server: str) -> None:
    key = secrets.token_hex(8)

    queries = [send(server, key, query).status_code for query in ("{ __typename }", "{ server { version } }")]
    signed_out = [
        httpx.post(
            f"{server}/graphql",
            json={"query": CREATE, "variables": {"name": name}},
            headers={"Idempotency-Key": key},
        ).json()["data"]["createFlow"]["userErrors"]
        for name in (new_name(), new_name())
    ]

    assert queries == [200, 200]
    assert signed_out == [[{"code": "UNAUTHENTICATED"}]] * 2


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_refuses_what_is_no_key(server: str, key: str) -> None:
    refused = send(server, key, CREATE, name=new_name())

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


def test_answers_survive_the_death_of_the_server_sealed(running_server: RunningServer) -> None:
    key = secrets.token_hex(8)
    first = send(running_server.url, key, CREATE_KEY).json()
    running_server.kill()
    running_server.start()

    second = send(running_server.url, key, CREATE_KEY).json()

    assert first["data"]["createApiKey"]["secret"].startswith("gf_")
    assert second == first
    [row] = _execute(DataDir(running_server.data_dir).database, "SELECT * FROM idempotent_requests")
    assert not any(text in str(row) for text in (key, first["data"]["createApiKey"]["secret"], "createApiKey"))


def test_a_key_whose_server_died_is_held_until_its_lease_runs_out(running_server: RunningServer) -> None:
    name, key = new_name(), secrets.token_hex(8)
    send(running_server.url, key, CREATE, name=name)
    running_server.kill()
    path = DataDir(running_server.data_dir).database
    _execute(path, "UPDATE idempotent_requests SET answer = NULL")
    running_server.start()

    held = send(running_server.url, key, CREATE, name=name)
    running_server.stop()
    _execute(path, "UPDATE idempotent_requests SET lease_until = 0")
    running_server.start()
    free = send(running_server.url, key, CREATE, name=name)

    assert held.status_code == 409
    assert held.json()["errors"][0]["extensions"] == {"code": "REQUEST_IN_PROGRESS", "retryAfter": 1}
    assert free.json()["data"]["createFlow"]["userErrors"] == [{"code": "CONFLICT"}]


def _execute(path: Path, sql: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(path)
    with database:
        rows = database.execute(sql).fetchall()
    database.close()
    return rows
