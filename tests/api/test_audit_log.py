"""The audit log: whatever is changed leaves an entry, and admins alone read it."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    is_required_input_field,
)

from app.data_dir import DataDir
from app.rest.routes import TABLE
from schema.build import build_schema
from tests.serving import ADMIN_KEY, RunningServer

LOG = """query ($filter: AuditFilter, $first: Int, $after: String) {
  auditLog(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage }
    edges { cursor node { at door action actorId actor { name } keyId address requestId objectIds
      outcome error } } } }"""

FORGED = (
    ("POST", "/graphql", {"GF_Api_Key": "gf_none"}),
    ("GET", "/graphql", {"Authorization": "Bearer eyJh.eyJz.c2ln"}),
    ("POST", "/session", {"GF_Api_Key": "gf_none"}),
    ("GET", "/objects/x", {"Authorization": "Bearer no"}),
)

SCALARS = {"Boolean": False, "Int": 1, "Float": 1.0, "BigInt": 1, "ID": "0" * 32, "JSON": {}}
MUTATIONS = build_schema()._schema.mutation_type.fields
CREATE_FLOW = "mutation ($name: String!) { createFlow(input: {name: $name}) { flow { id } userErrors { code } } }"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path_factory.mktemp("audited") / "data", {"GF_RATE_LIMITS": "off"})
    server.start()
    yield server
    server.stop()


def read_log(server: RunningServer, **filters: object) -> list[dict[str, Any]]:
    log = server.graphql(LOG, filter=filters, first=100)["auditLog"]
    assert log["totalCount"] == len(log["edges"])
    return [edge["node"] for edge in log["edges"]]


def make_value(kind: GraphQLInputType) -> Any:
    """Return a value that is valid for a type, with nothing in it that may be left out."""
    if isinstance(kind, GraphQLNonNull):
        return make_value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [make_value(kind.of_type)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        if kind.extensions["strawberry-definition"].is_one_of:
            name, part = next(iter(kind.fields.items()))
            return {name: make_value(part.type)}
        return {name: make_value(part.type) for name, part in kind.fields.items() if is_required_input_field(part)}
    assert isinstance(kind, GraphQLScalarType)
    return SCALARS.get(kind.name, "audited")


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_every_mutation_leaves_one_entry(audited: RunningServer, name: str) -> None:
    argument = MUTATIONS[name].args["input"].type
    query = f"mutation ($input: {argument}) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
    answer = audited.post(query, input=make_value(argument))

    errors = answer.json()["data"][name]["userErrors"]
    [entry] = read_log(audited, requestId=answer.headers["x-request-id"])
    assert (entry["action"], entry["door"], entry["actorId"]) == (name, "GRAPHQL", "user:admin")
    assert (entry["actor"], entry["address"]) == ({"name": "admin"}, "127.0.0.1")
    assert entry["outcome"] == ("REFUSED" if errors else "SUCCEEDED")
    assert entry["error"] == (errors[0]["code"] if errors else None)


@pytest.mark.parametrize("route", [route for route in TABLE if route.changes], ids=lambda route: route.path)
def test_every_older_route_that_changes_something_leaves_one_entry(audited: RunningServer, route: Any) -> None:
    answer = httpx.request(
        route.method,
        f"{audited.url}{route.path}",
        params={"imgid": "1" * 32},
        content=json.dumps({"image_id": "2" * 32}),
        headers={"GF-Api-Key": ADMIN_KEY},
    )

    [entry] = read_log(audited, requestId=answer.headers["x-request-id"])
    assert (entry["door"], entry["actorId"], entry["outcome"]) == ("REST", "user:admin", "REFUSED")
    assert "1" * 32 in entry["objectIds"]
    assert f"{route.twin}".endswith(entry["action"]) or entry["action"] == route.path


def test_names_what_was_made_and_how_it_ended(audited: RunningServer) -> None:
    for _ in range(2):
        audited.graphql(CREATE_FLOW, name="audit-sea")

    refused, made = read_log(audited, object="flow:audit-sea")

    assert (made["outcome"], made["error"], made["objectIds"]) == ("SUCCEEDED", None, ["flow:audit-sea"])
    assert (refused["outcome"], refused["error"], refused["objectIds"]) == ("REFUSED", "CONFLICT", ["flow:audit-sea"])
    assert made["at"] < refused["at"]


def test_keeps_who_is_refused_but_nobody_who_is_signed_out(audited: RunningServer) -> None:
    looker = audited.run_cli("keys", "create", "audit looker", "--role", "viewer").strip()
    before = audited.graphql(LOG)["auditLog"]["totalCount"]

    audited.post(CREATE_FLOW, key=looker, name="audit-looked")
    audited.post(CREATE_FLOW, key=None, name="audit-nobody")

    [entry] = read_log(audited, object="flow:audit-looked")
    assert (entry["outcome"], entry["error"], entry["actor"]) == ("REFUSED", "FORBIDDEN", {"name": "audit looker"})
    assert entry["keyId"] == f"key:{looker.split('_')[1]}"
    assert audited.graphql(LOG)["auditLog"]["totalCount"] == before + 1


def test_keeps_sign_ins_and_what_is_done_by_them(audited: RunningServer) -> None:
    with httpx.Client(base_url=audited.url) as page:
        page.post("/session", headers={"GF-Api-Key": ADMIN_KEY})
        page.post("/graphql", json={"query": CREATE_FLOW, "variables": {"name": "audit-page"}})
        page.delete("/session")

    out, in_ = read_log(audited, door=["SESSION"])
    [done] = read_log(audited, object="flow:audit-page")
    assert [entry["action"] for entry in (in_, out)] == ["signIn", "signOut"]
    assert {entry["actorId"] for entry in (in_, done, out)} == {"user:admin"}
    assert len({entry["keyId"] for entry in (in_, done, out)}) == 1


def test_keeps_refused_sign_ins_by_each_door_once(tmp_path: Path) -> None:
    """Behind a proxy on this machine, so that each door is tried from an address of its own."""
    server = RunningServer(tmp_path / "data", {"GF_TRUSTED_PROXIES": "127.0.0.0/8"})
    server.start()
    try:
        for _ in range(3):
            statuses = [
                httpx.request(method, f"{server.url}{path}", headers=_from(number, **headers)).status_code
                for number, (method, path, headers) in enumerate(FORGED)
            ]
            closed = asyncio.run(_close_code(server, _from(len(FORGED))))
        entries = read_log(server, action=["signIn"])
    finally:
        server.stop()

    assert (statuses, closed) == ([401, 401, 401, 401], 4403)
    doors = {entry["address"]: (entry["door"], entry["outcome"], entry["error"]) for entry in entries}
    assert doors == {
        f"192.0.2.{number}": (door, "REFUSED", "UNAUTHENTICATED")
        for number, door in enumerate(("GRAPHQL", "GRAPHQL", "SESSION", "REST", "GRAPHQL"))
    }
    assert len(entries) == 5
    assert {(entry["actorId"], entry["keyId"]) for entry in entries} == {(None, None)}


def _from(number: int, **headers: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {**named, "X-Forwarded-For": f"192.0.2.{number}"}


async def _close_code(server: RunningServer, headers: dict[str, str]) -> int:
    """Open a socket with a key that is none; return the code by which it is closed."""
    address = f"{server.url.replace('http', 'ws')}/graphql"
    protocols = [websockets.Subprotocol("graphql-transport-ws")]
    async with websockets.connect(address, subprotocols=protocols, additional_headers=headers) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"GF-Api-Key": "gf_none"}}))
        await socket.wait_closed()
        return socket.close_code or 0


def test_keeps_keys_that_the_command_line_makes_and_ends(audited: RunningServer) -> None:
    secret = audited.run_cli("keys", "create", "audit commander").strip()
    key_id = secret.split("_")[1]
    audited.run_cli("keys", "revoke", key_id)

    ended, made = read_log(audited, object=f"key:{key_id}")

    assert [entry["action"] for entry in (made, ended)] == ["createApiKey", "revokeApiKey"]
    assert {(entry["door"], entry["actorId"], entry["outcome"]) for entry in (made, ended)} == {
        ("COMMAND", None, "SUCCEEDED")
    }


def test_holds_no_secret_and_nothing_that_people_wrote(audited: RunningServer) -> None:
    created = audited.graphql(
        'mutation { createApiKey(input: {name: "audit words"}) { apiKey { id } secret userErrors { code } } }'
    )["createApiKey"]

    with sqlite3.connect(DataDir(audited.data_dir).database) as database:
        rows = str(database.execute("SELECT * FROM audit_entries").fetchall())
    database.close()
    assert created["apiKey"]["id"] in rows
    for secret in (created["secret"], created["secret"].split("_", 2)[2], ADMIN_KEY, "audit words"):
        assert secret not in rows


def test_is_read_page_by_page_and_by_admins_alone(audited: RunningServer) -> None:
    editor = audited.run_cli("keys", "create", "audit editor").strip()
    filters = {"action": ["createFlow"], "actor": "user:admin", "outcome": ["SUCCEEDED", "REFUSED"]}
    whole = read_log(audited, **filters)

    first = audited.graphql(LOG, filter=filters, first=2)["auditLog"]
    rest = audited.graphql(LOG, filter=filters, first=100, after=first["edges"][-1]["cursor"])["auditLog"]

    assert [edge["node"] for edge in (*first["edges"], *rest["edges"])] == whole
    assert first["pageInfo"]["hasNextPage"]
    for key, code in ((editor, "FORBIDDEN"), (None, "UNAUTHENTICATED")):
        assert audited.post(LOG, key=key).json()["errors"][0]["extensions"]["code"] == code
    read_key = audited.graphql('mutation { createApiKey(input: {name: "reader", scopes: [WRITE]}) { secret } }')
    reader = read_key["createApiKey"]["secret"]
    assert audited.post(LOG, key=reader).json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_what_is_done_is_there_after_a_kill(running_server: RunningServer) -> None:
    running_server.graphql(CREATE_FLOW, name="audit-killed")
    running_server.kill()
    running_server.start()

    [entry] = read_log(running_server, object="flow:audit-killed")

    assert (entry["action"], entry["outcome"]) == ("createFlow", "SUCCEEDED")
