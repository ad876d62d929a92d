"""API keys over GraphQL: made with scopes, shown once, ended."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.serving import RunningServer

CREATE = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  apiKey { id name scopes createdAt expiresAt revokedAt } secret userErrors { code field message } } }"""
REVOKE = """mutation ($id: ID!) { revokeApiKey(input: {id: $id}) {
  apiKey { id revokedAt } userErrors { code field message } } }"""
MINE = "{ viewer { scopes apiKeys { id name } } }"

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def owner(shared_server: RunningServer) -> str:
    """The full key of a user of the test's own."""
    return shared_server.run_cli("keys", "create", f"user-{secrets.token_hex(4)}").strip()


@pytest.fixture
def make(shared_server: RunningServer, owner: str) -> Make:
    def make_key(key: str = owner, **given: object) -> dict[str, Any]:
        payload: dict[str, Any] = shared_server.graphql(CREATE, key=key, input={"name": "laptop", **given})
        return payload["createApiKey"]

    return make_key


def test_makes_a_key_that_may_only_read_when_nothing_is_said(shared_server: RunningServer, make: Make) -> None:
    made = make()

    assert made["userErrors"] == []
    assert (made["apiKey"]["scopes"], made["apiKey"]["expiresAt"]) == (["READ"], None)
    assert shared_server.graphql("{ viewer { scopes } }", key=made["secret"]) == {"viewer": {"scopes": ["READ"]}}


@pytest.mark.parametrize(
    ("scope", "uploads", "changes"),
    [("READ", "FORBIDDEN", "FORBIDDEN"), ("UPLOAD", None, "FORBIDDEN"), ("WRITE", None, None), ("ADMIN", None, None)],
)
def test_lets_a_key_do_what_its_scope_says(
    shared_server: RunningServer, make: Make, scope: str, uploads: str | None, changes: str | None
) -> None:
    key = make(scopes=[scope])["secret"]
    name = f"by-{secrets.token_hex(4)}"

    done = shared_server.graphql(
        f"""mutation {{ uploadInit(input: {{format: PNG, byteSize: 9}}) {{ userErrors {{ code }} }}
        createFlow(input: {{name: "{name}"}}) {{ userErrors {{ code }} }} }}""",
        key=key,
    )

    codes = {field: [error["code"] for error in payload["userErrors"]] for field, payload in done.items()}
    assert codes == {"uploadInit": [uploads] if uploads else [], "createFlow": [changes] if changes else []}


def test_shows_the_secret_once_and_lists_the_key(shared_server: RunningServer, owner: str, make: Make) -> None:
    first, second = make(name="first"), make(name="second")

    listed = shared_server.graphql(MINE, key=owner)["viewer"]

    assert listed["scopes"] == ["ADMIN"]
    assert [key["name"] for key in listed["apiKeys"]] == ["second", "first", "key"]
    assert listed["apiKeys"][0]["id"] == second["apiKey"]["id"]
    assert first["secret"].split("_")[1] == first["apiKey"]["id"].removeprefix("key:")
    assert shared_server.graphql(
        "query ($id: ID!) { node(id: $id) { ... on ApiKey { name } } }", key=owner, id=first["apiKey"]["id"]
    ) == {"node": {"name": "first"}}


def test_ends_a_key_at_once(shared_server: RunningServer, owner: str, make: Make) -> None:
    made = make()
    before = shared_server.post(MINE, key=made["secret"]).status_code

    revoked = shared_server.graphql(REVOKE, key=owner, id=made["apiKey"]["id"])["revokeApiKey"]

    assert (revoked["apiKey"]["id"], revoked["userErrors"]) == (made["apiKey"]["id"], [])
    assert revoked["apiKey"]["revokedAt"] is not None
    refused = shared_server.post(MINE, key=made["secret"])
    assert (before, refused.status_code) == (200, 401)
    assert refused.json()["error"]["code"] == "UNAUTHENTICATED"
    assert made["apiKey"]["id"] not in str(shared_server.graphql(MINE, key=owner))


def test_tells_a_foreign_key_and_a_missing_one_alike(shared_server: RunningServer, make: Make) -> None:
    foreign = make()["apiKey"]["id"]
    stranger = shared_server.run_cli("keys", "create", f"user-{secrets.token_hex(4)}").strip()
    node = "query ($id: ID!) { node(id: $id) { id } }"

    answers = [shared_server.graphql(REVOKE, key=stranger, id=key_id) for key_id in (foreign, "key:000000000000")]
    nodes = [shared_server.graphql(node, key=stranger, id=key_id) for key_id in (foreign, "key:000000000000")]

    told = [str(answer).replace(foreign.removeprefix("key:"), "000000000000") for answer in answers]
    assert told[0] == told[1]
    assert answers[1]["revokeApiKey"]["userErrors"][0]["code"] == "NOT_FOUND"
    assert nodes == [{"node": None}] * 2


@pytest.mark.parametrize("scope", ["READ", "UPLOAD", "WRITE"])
def test_lets_no_lesser_key_make_or_end_keys(shared_server: RunningServer, make: Make, scope: str) -> None:
    made = make(scopes=[scope])

    payload = make(key=made["secret"])
    revoked = shared_server.graphql(REVOKE, key=made["secret"], id=made["apiKey"]["id"])["revokeApiKey"]

    assert (payload["apiKey"], payload["secret"]) == (None, None)
    assert [payload["userErrors"][0]["code"], revoked["userErrors"][0]["code"]] == ["FORBIDDEN"] * 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    ],
)
def test_refuses_a_key_that_makes_no_sense(make: Make, given: dict[str, Any], field: str) -> None:
    payload = make(**given)

    assert payload["secret"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID_INPUT", [field])]


@pytest.mark.parametrize(("days", "refused"), [(None, True), (2, True), (1, False)])
def test_lets_no_key_outlive_itself_by_another(make: Make, days: int | None, refused: bool) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    dying = make(scopes=["ADMIN"], expiresAt=end.isoformat())["secret"]
    wanted = None if days is None else (end + timedelta(days=days - 1)).isoformat()

    payload = make(key=dying, expiresAt=wanted)

    assert [error["field"] for error in payload["userErrors"]] == ([["expiresAt"]] if refused else [])


def test_makes_keys_with_scopes_and_an_end_on_the_command_line(shared_server: RunningServer) -> None:
    name = f"user-{secrets.token_hex(4)}"
    key = shared_server.run_cli("keys", "create", name, "--scope", "read", "--scope", "upload", "--days", "2").strip()

    [line] = [line for line in shared_server.run_cli("keys", "list").splitlines() if name in line]

    assert "READ,UPLOAD  valid until" in line
    assert shared_server.graphql("{ viewer { scopes } }", key=key) == {"viewer": {"scopes": ["READ", "UPLOAD"]}}
