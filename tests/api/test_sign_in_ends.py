"""What is open ends with the sign-in that opened it."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import httpx
import jwt
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.serving import ADMIN_KEY, RunningServer

JWT_KEY = "k" * 32
WATCH = 'subscription { flowUpdates(name: "general") { kind } }'
REVOKE = "mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { userErrors { code } } }"
ENDS_IN_TIME_S = 30
"""A key that another process revoked ends what is open in ten seconds; the machine may be busy."""


@pytest.fixture(scope="module")
def ending_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path_factory.mktemp("ending") / "data", {"GF_JWT_KEYS": f"one:{JWT_KEY}"})
    server.start()
    yield server
    server.stop()


def make_token(seconds: int) -> str:
    now = int(time.time())
    claims = {"iss": "gf-images", "aud": "gf-images", "sub": "ada", "iat": now, "exp": now + seconds}
    return jwt.encode(claims, JWT_KEY, "HS256", headers={"kid": "one"})


def make_key(server: RunningServer) -> str:
    return server.run_cli("keys", "create", f"user-{secrets.token_hex(4)}").strip()


@asynccontextmanager
async def subscribed(
    server: RunningServer, payload: dict[str, str], headers: dict[str, str] | None = None
) -> AsyncGenerator[ClientConnection]:
    """Hold a socket on which the first news of a subscription has come."""
    async with websockets.connect(
        server.url.replace("http", "ws") + "/graphql",
        subprotocols=["graphql-transport-ws"],
        additional_headers=headers,
        proxy=None,
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": WATCH}}))
        assert json.loads(await socket.recv())["type"] == "next"
        yield socket


@asynccontextmanager
async def streamed(server: RunningServer, headers: dict[str, str]) -> AsyncGenerator[httpx.Response]:
    """Hold a stream of events on which the first news has come."""
    headers = {"Accept": "text/event-stream", **headers}
    async with (
        httpx.AsyncClient(timeout=ENDS_IN_TIME_S) as client,
        client.stream("POST", f"{server.url}/graphql", json={"query": WATCH}, headers=headers) as response,
    ):
        assert response.status_code == 200
        yield response


async def close_code(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(ENDS_IN_TIME_S):
        await socket.wait_closed()
    return socket.close_code


async def test_closes_a_socket_when_its_token_expires(ending_server: RunningServer) -> None:
    async with subscribed(ending_server, {"Authorization": f"Bearer {make_token(2)}"}) as socket:
        assert await close_code(socket) == 4403
        assert socket.close_reason == "The sign-in has ended."


async def test_closes_a_socket_at_once_when_its_key_is_revoked(ending_server: RunningServer) -> None:
    key = make_key(ending_server)
    async with (
        subscribed(ending_server, {"GF-Api-Key": key}) as revoked,
        subscribed(ending_server, {"GF-Api-Key": ADMIN_KEY}) as other,
    ):
        await asyncio.to_thread(ending_server.graphql, REVOKE, id=key.split("_")[1])

        assert await close_code(revoked) == 4403
        await other.send('{"type": "ping"}')
        assert json.loads(await other.recv()) == {"type": "pong"}


async def test_closes_a_socket_that_a_header_opened(ending_server: RunningServer) -> None:
    key = make_key(ending_server)
    async with subscribed(ending_server, {}, {"GF-Api-Key": key}) as socket:
        await asyncio.to_thread(ending_server.graphql, REVOKE, id=key.split("_")[1])

        assert await close_code(socket) == 4403


async def test_ends_within_seconds_when_another_process_revokes_the_key(ending_server: RunningServer) -> None:
    key = make_key(ending_server)
    async with subscribed(ending_server, {"GF-Api-Key": key}) as socket:
        await asyncio.to_thread(ending_server.run_cli, "keys", "revoke", key.split("_")[1])

        assert await close_code(socket) == 4403


async def test_ends_a_stream_when_its_token_expires(ending_server: RunningServer) -> None:
    async with streamed(ending_server, {"Authorization": f"Bearer {make_token(2)}"}) as response:
        text = "".join([chunk async for chunk in response.aiter_text()])

    assert "SNAPSHOT" in text
    assert "event: complete" not in text


async def test_ends_a_stream_when_its_key_is_revoked(ending_server: RunningServer) -> None:
    key = make_key(ending_server)
    async with streamed(ending_server, {"GF-Api-Key": key}) as response:
        chunks = response.aiter_text()
        while "SNAPSHOT" not in await anext(chunks):
            pass
        await asyncio.to_thread(ending_server.graphql, REVOKE, id=key.split("_")[1])

        rest = "".join([chunk async for chunk in chunks])

    assert "event: complete" not in rest


async def test_completes_a_stream_of_one_whose_sign_in_goes_on(ending_server: RunningServer) -> None:
    name = f"brief-{secrets.token_hex(4)}"
    make = "mutation ($name: String!) { createFlow(input: {name: $name}) { userErrors { code } } }"
    drop = make.replace("createFlow", "deleteFlow")
    await asyncio.to_thread(ending_server.graphql, make, name=name)
    query = f'subscription {{ flowUpdates(name: "{name}") {{ kind }} }}'
    headers = {"Accept": "text/event-stream", "GF-Api-Key": ADMIN_KEY}
    async with (
        httpx.AsyncClient(timeout=ENDS_IN_TIME_S) as client,
        client.stream("POST", f"{ending_server.url}/graphql", json={"query": query}, headers=headers) as response,
    ):
        chunks = response.aiter_text()
        while "SNAPSHOT" not in await anext(chunks):
            pass
        await asyncio.to_thread(ending_server.graphql, drop, name=name)
        rest = "".join([chunk async for chunk in chunks])

    assert "event: complete" in rest
