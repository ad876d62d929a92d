"""The audit log: whatever is changed leaves an entry, and admins alone read it."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
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
    for secret in (created["secret"], created["secret"].rpartition("_")[2], ADMIN_KEY, "audit words"):
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
