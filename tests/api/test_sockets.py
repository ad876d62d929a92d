"""GraphQL over WebSocket: sign-in, and the close codes of graphql-transport-ws.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import json

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

INIT = '{"type": "connection_init"}'


def _connect(server: str, **options: object) -> websockets.connect:
    options = {"subprotocols": ["graphql-transport-ws"], "proxy": None, **options}
    return websockets.connect(server.replace("http", "ws") + "/graphql", **options)


async def _close_code(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code


@pytest.mark.parametrize(
    "message",
    [
        *("5", "null", "[]", '"x"', "{", "{}", '{"type": "nothing"}', '{"type": "subscribe", "id": "1"}'),
        '{"type": "subscribe", "id": "1", "payload": 5}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": ""}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": [1]}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": "x"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "operationName": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "extensions": 5}}',
    ],
)
async def test_closes_with_4400_on_what_is_no_message(server: str, message: str) -> None:
    async with _connect(server) as socket:
        await socket.send(INIT)
        await socket.recv()
        await socket.send(message)

        assert await _close_code(socket) == 4400


async def test_closes_with_4401_on_an_operation_before_the_start(server: str) -> None:
    async with _connect(server) as socket:
        await socket.send('{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}')

        assert await _close_code(socket) == 4401


async def test_closes_with_4403_on_a_key_that_is_none(server: str) -> None:
    async with _connect(server) as socket:
        await socket.send('{"type": "connection_init", "payload": {"GF-Api-Key": "gf_000000000000_none"}}')

        assert await _close_code(socket) == 4403


async def test_closes_with_4408_when_nobody_starts(server: str) -> None:
    async with _connect(server) as socket:
        assert await _close_code(socket) == 4408


async def test_closes_with_4429_on_a_second_start(server: str) -> None:
    async with _connect(server) as socket:
        await socket.send(INIT)
        await socket.send(INIT)

        assert await _close_code(socket) == 4429


async def test_closes_with_4409_on_an_id_in_use(shared_server: RunningServer) -> None:
    large = make_picture("PNG", (6000, 4000), seed=401)
    job_id = (await asyncio.to_thread(shared_server.upload, large, "PNG"))["job"]["id"]
    query = f'subscription {{ jobStatus(jobId: "{job_id}") {{ cursor }} }}'
    subscribe = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}})
    async with _connect(shared_server.url) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"GF-Api-Key": ADMIN_KEY}}))
        await socket.send(subscribe)
        await socket.send(subscribe)

        assert await _close_code(socket) == 4409


async def test_speaks_no_other_protocol(server: str) -> None:
    async with _connect(server, subprotocols=["graphql-ws"]) as socket:
        assert await _close_code(socket) == 4406


async def test_lets_no_foreign_page_in(server: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with _connect(server, origin="https://evil.example"):
            pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("payload", [{"GF-Api-Key": ADMIN_KEY}, {"Authorization": f"Bearer {ADMIN_KEY}"}])
async def test_signs_in_by_the_first_message(server: str, payload: dict[str, str]) -> None:
    async with _connect(server) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        await socket.recv()
        await socket.send(
            json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { user { name } } }"}})
        )
        answer = json.loads(await socket.recv())

    assert answer["payload"]["data"] == {"viewer": {"user": {"name": "admin"}}}


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query B { __typename }"])
async def test_a_faulty_document_ends_its_operation_alone(server: str, query: str) -> None:
    async with _connect(server) as socket:
        await socket.send(INIT)
        await socket.recv()
        await socket.send(
            json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query, "operationName": "A"}})
        )
        refused = json.loads(await socket.recv())
        await socket.send('{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}')
        answered = json.loads(await socket.recv())

    assert (refused["type"], refused["id"]) == ("error", "1")
    assert refused["payload"][0]["message"]
    assert "requestId" not in str(refused)
    assert answered["payload"]["data"] == {"__typename": "Query"}
