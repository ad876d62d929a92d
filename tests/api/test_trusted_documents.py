"""Trusted documents: named by their SHA-256, and where it is so set, the only ones."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from app.domain.errors import InvalidInput
from schema.trusted_documents import read_documents
from tests.serving import ADMIN_KEY, RunningServer

VERSION = "query Version { server { version } }"
CREATE = "mutation Create($name: String!) { createFlow(input: {name: $name}) { flow { id } userErrors { code } } }"
EVENTS = "subscription Events($id: ID!) { jobStatus(jobId: $id) { cursor } }"
FOREIGN = "{ server { formats } }"
NEW_JSON = {"Accept": "application/graphql-response+json"}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str) -> dict[str, Any]:
    """Return what Apollo's and urql's clients send beside a query, or instead of it."""
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a document in each of the forms that tools write."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "version.graphql").write_text(VERSION, encoding="utf-8")
    (folder / "relay.json").write_text(json.dumps({f"sha256:{sha256(CREATE)}": CREATE}), encoding="utf-8")
    operation = {"id": sha256(EVENTS), "body": EVENTS, "name": "Events", "type": "subscription"}
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    (folder / "apollo.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=["accept", "require"])
def trusting(request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    yield from _serve(request.param, published, tmp_path_factory)


@pytest.fixture(scope="module")
def strict(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    yield from _serve("require", published, tmp_path_factory)


def _serve(policy: str, published: Path, factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"GF_TRUSTED_DOCUMENTS": policy, "GF_TRUSTED_DOCUMENTS_PATH": str(published)}
    server = RunningServer(factory.mktemp(policy) / "data", settings)
    server.start()
    yield server
    server.stop()


def _post(server: RunningServer, headers: dict[str, str] = NEW_JSON, **body: object) -> httpx.Response:
    headers = {"GF-Api-Key": ADMIN_KEY, **headers}
    return httpx.post(f"{server.url}/graphql", json=body, headers=headers, timeout=60)


def _code(answer: httpx.Response) -> tuple[int, str]:
    [error] = answer.json()["errors"]
    assert "data" not in answer.json()
    return answer.status_code, error["extensions"]["code"]


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": f"sha256:{sha256(VERSION)}"},
        {"documentId": sha256(VERSION).upper()},
        {"extensions": persisted(VERSION)},
        {"query": "", "documentId": sha256(VERSION)},
        {"query": VERSION, "extensions": persisted(VERSION)},
        {"query": VERSION},
    ],
)
def test_executes_a_trusted_document(trusting: RunningServer, body: dict[str, object]) -> None:
    assert _post(trusting, **body).json()["data"] == {"server": {"version": "0.1.0"}}


@pytest.mark.parametrize("params", [{"documentId": f"sha256:{sha256(VERSION)}"}, {"extensions": persisted(VERSION)}])
def test_executes_a_trusted_document_by_get(trusting: RunningServer, params: dict[str, object]) -> None:
    text = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}

    answer = httpx.get(f"{trusting.url}/graphql", params=text)

    assert answer.json()["data"] == {"server": {"version": "0.1.0"}}
    assert answer.headers["cache-control"].startswith("public")


@pytest.mark.parametrize("body", [{"documentId": f"sha256:{sha256(FOREIGN)}"}, {"extensions": persisted(FOREIGN)}])
def test_says_which_document_it_does_not_know(trusting: RunningServer, body: dict[str, object]) -> None:
    new, old = _post(trusting, **body), _post(trusting, {}, **body)

    assert _code(new) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert _code(old) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert old.json()["errors"][0]["message"] == "PersistedQueryNotFound"


def test_refuses_a_hash_that_is_another_ones(trusting: RunningServer) -> None:
    assert _code(_post(trusting, query=FOREIGN, extensions=persisted(VERSION))) == (400, "INVALID_INPUT")


@pytest.mark.parametrize("body", [{"query": FOREIGN}, {"query": FOREIGN, "extensions": persisted(FOREIGN)}])
def test_refuses_other_documents_where_trusted_ones_are_required(
    strict: RunningServer, body: dict[str, object]
) -> None:
    assert _code(_post(strict, **body)) == (403, "DOCUMENT_NOT_TRUSTED")


def test_executes_other_documents_where_trusted_ones_are_accepted(shared_server: RunningServer) -> None:
    """Without any setting hashes are not known at all, so clients stop sending them."""
    body = _post(shared_server, extensions=persisted(VERSION))
    named = _post(shared_server, documentId=f"sha256:{sha256(VERSION)}")
    whole = _post(shared_server, query=VERSION, extensions=persisted(VERSION))

    assert [_code(body), _code(named)] == [(400, "PERSISTED_QUERY_NOT_SUPPORTED")] * 2
    assert whole.json()["data"] == {"server": {"version": "0.1.0"}}


def test_refuses_a_trusted_mutation_by_get(strict: RunningServer) -> None:
    params = {"documentId": sha256(CREATE), "variables": '{"name": "by-get"}'}

    answer = httpx.get(f"{strict.url}/graphql", params=params, headers={"GF-Api-Key": ADMIN_KEY})

    assert answer.status_code == 405


def test_does_a_mutation_once_by_name_and_by_text(strict: RunningServer) -> None:
    once = {**NEW_JSON, "Idempotency-Key": "once-by-hash"}

    first = _post(strict, once, documentId=sha256(CREATE), variables={"name": "once"})
    again = _post(strict, once, query=CREATE, variables={"name": "once"})

    assert first.json()["data"]["createFlow"] == {"flow": {"id": "flow:once"}, "userErrors": []}
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


async def test_knows_documents_over_sockets(strict: RunningServer) -> None:
    address = strict.url.replace("http", "ws") + "/graphql"
    payloads = [
        {"query": "", "documentId": sha256(VERSION)},
        {"query": FOREIGN},
        {"extensions": persisted(FOREIGN)},
        {"documentId": sha256(EVENTS), "variables": {"id": "job:none"}},
    ]
    answers = []
    async with websockets.connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        for number, payload in enumerate(payloads):
            await socket.send(json.dumps({"type": "subscribe", "id": str(number), "payload": payload}))
            answers.append(json.loads(await socket.recv()))
            if answers[-1]["type"] == "next":
                await socket.recv()

    assert answers[0]["payload"]["data"] == {"server": {"version": "0.1.0"}}
    assert [answer["type"] for answer in answers[1:3]] == ["error", "error"]
    codes = [answer["payload"][0]["extensions"]["code"] for answer in answers[1:3]]
    assert codes == ["DOCUMENT_NOT_TRUSTED", "PERSISTED_QUERY_NOT_FOUND"]
    assert "NOT_FOUND" in json.dumps(answers[3])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hash.json", json.dumps({sha256(VERSION): FOREIGN})),
        ("md5.json", json.dumps({"d41d8cd98f00b204e9800998ecf8427e": VERSION})),
        ("text.json", json.dumps({sha256(VERSION): 5})),
        ("list.json", "[]"),
        ("half.json", "{"),
        ("apollo.json", json.dumps({"format": "apollo-persisted-query-manifest"})),
        ("document.graphql", "query {"),
        ("bytes.graphql", "\udcff"),
        ("other.txt", VERSION),
    ],
)
def test_reads_no_manifest_that_is_wrong(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", errors="surrogateescape")

    with pytest.raises(InvalidInput):
        read_documents(path)


def test_says_at_start_what_is_wrong(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", {"GF_TRUSTED_DOCUMENTS": "require"})

    for path in ("", str(tmp_path / "none")):
        server.settings["GF_TRUSTED_DOCUMENTS_PATH"] = path
        with pytest.raises(AssertionError, match="did not start"):
            server.start()
