"""Every operation for everybody, as `tests/api/matrix.py` says; the list of operations is the schema's own."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from string import Template
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import GraphQLSchema

from app.container.bundle import Services
from app.container.opening import open_services
from app.domain.image import ImageId
from app.domain.job import JobItem
from app.domain.keys import NODE_PREFIX
from app.domain.viewer import ANONYMOUS, Viewer
from app.main import create_app
from app.records.sqlite.connection import Database
from app.settings import Settings
from app.web.auth import Authenticator
from schema.build import build_schema
from schema.context import Context
from tests.api.matrix import ROWS, WHO, Row
from tests.records.record_factories import make_flow, make_image, make_job, make_upload, make_user

ADD_A_ROW = """Each operation says who gets what of it. Add to ROWS in tests/api/matrix.py a line such as
  "{missing}": _mine('{field}(input: {{id: "$image"}})'),
(`_mine` for what its owner alone may do, `_editors` for what everybody with that role may, else a `Row`), or take out
the rows of what is no more."""
MISSING = {
    "image": "1f" * 16,
    "flow": "no-such-flow",
    "job": f"job:{'2f' * 16}",
    "share": f"share:{'3f' * 16}",
    "key": f"{NODE_PREFIX}{'4f' * 6}",
    "webhook": f"webhook:{'5f' * 16}",
    "upload": "6f" * 16,
}
SET_UP = """mutation ($image: ID!) {
  createShare(input: {imageId: $image}) { share { id } userErrors { message } }
  createApiKey(input: {name: "another"}) { apiKey { id } userErrors { message } }
  createWebhook(input: {url: "http://192.0.2.1/", events: [IMAGE_READY]}) { webhook { id } userErrors { message } }
}"""


@dataclass
class Realm:
    """An application in this process, and three who have keys."""

    services: Services
    settings: Settings
    client: httpx.AsyncClient
    schema: Any = field(default_factory=build_schema)
    viewers: dict[str, Viewer] = field(default_factory=lambda: {"signed_out": ANONYMOUS})

    async def execute(self, query: str, who: str, **variables: object) -> Any:
        return await self.schema.execute(query, variables, self.context(who))

    def context(self, who: str) -> Context:
        return Context(self.services, self.settings, "http://test", "request", self.viewers[who])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def realm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Realm]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("matrix") / "data",
        rate_limits=False,
        fetch_allow_cidrs="192.0.2.0/24",
        smtp_url="smtp://127.0.0.1:9",
        mail_from="gf@img.test",
        mails_per_receiver=0,
        _env_file=None,
    )
    async with _open(settings) as realm:
        for name in ("editor", "other"):
            realm.viewers[name] = await _sign_up(realm, name)
        yield realm


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Realm]:
    app = create_app(settings)
    async with open_services(settings, run_jobs=False) as services:
        app.state.services = services
        app.state.authenticator = Authenticator(services.sign_in, services.signing_keys)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            yield Realm(services, settings, client)


async def _sign_up(realm: Realm, name: str) -> Viewer:
    user = make_user(name)
    await realm.services.records.users.add(user)
    return Viewer(user)


async def _things(realm: Realm) -> dict[str, str]:
    """Make a new owner and what is theirs; return the ids."""
    records = realm.services.records
    number = secrets.token_hex(4)
    name, owner = f"kept-{number}", {"owner_id": f"user:owner-{number}"}
    realm.viewers["owner"] = await _sign_up(realm, f"owner-{number}")
    await records.flows.add(make_flow(name, is_public=False, editor_ids=("user:editor",), **owner))
    image, job, upload = make_image(**owner), make_job(flows=(name,), **owner), make_upload(flows=(name,), **owner)
    await records.images.add(image, [name])
    await records.jobs.add(job, [JobItem(job.id, 0, ImageId(image.id))])
    await records.uploads.add(upload)
    made = await realm.execute(SET_UP, "owner", image=image.id)
    assert made.errors is None
    assert [payload["userErrors"] for payload in made.data.values()] == [[], [], []]
    ids = {kind: payload[kind]["id"] for payload in made.data.values() for kind in payload if kind != "userErrors"}
    own = {"flow": name, "image": image.id, "job": job.id, "upload": upload.image_id}
    return {**own, "share": ids["share"], "key": ids["apiKey"], "webhook": ids["webhook"]}


def _document(name: str, row: Row, who: str, things: dict[str, str]) -> str:
    call = Template(row.call).substitute({**things, "who": who})
    return f"{name.partition('.')[0].lower()} {{ {call} }}"


async def _outcome(realm: Realm, query: str, who: str) -> tuple[str, Any]:
    """Return what came of an operation in one word, and whole."""
    if not query.startswith("subscription"):
        result = await realm.execute(query, who)
    else:
        async with aclosing(await realm.schema.stream(query, context_value=realm.context(who))) as results:
            try:
                async with asyncio.timeout(0.5):
                    result = await anext(results)
            except TimeoutError:
                return "nothing", None
    return _word(result.data, result.errors), (result.data, [error.message for error in result.errors or ()])


def _word(data: Any, errors: Any) -> str:
    if errors:
        return str(errors[0].extensions.get("code", errors[0].message))
    [value] = data.values()
    if value is None:
        return "null"
    if isinstance(value, list):
        return "ok" if any(value) else "empty"
    if value.get("userErrors"):
        return str(value["userErrors"][0]["code"])
    return "empty" if value.get("totalCount") == 0 else "ok"


def _operations(schema: GraphQLSchema) -> set[str]:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {f"{root.name}.{name}" for root in roots if root for name in root.fields}


def test_has_a_row_for_each_operation() -> None:
    operations, rows = _operations(build_schema()._schema), {name.split()[0] for name in ROWS}

    wrong = sorted(operations ^ rows)
    assert wrong == [], ADD_A_ROW.format(missing=wrong[0], field=wrong[0].partition(".")[2])


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ROWS)
async def test_gives_everybody_what_is_theirs(realm: Realm, name: str) -> None:
    row, things = ROWS[name], await _things(realm)

    # Who may least comes first, for what the owner does may change what is there.
    outcomes = {
        who: (await _outcome(realm, _document(name, row, who, things), who))[0]
        for who in ("signed_out", "other", "editor", "owner")
    }

    assert outcomes == {who: getattr(row, who) for who in WHO}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ROWS)
async def test_looks_at_nothing_for_a_forged_key(realm: Realm, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    things = await _things(realm)
    document = _document(name, ROWS[name], "owner", things)
    calls = _count_calls(monkeypatch)

    answer = await realm.client.post("/graphql", json={"query": document}, headers={"GF-Api-Key": "gf_forged_key"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    assert calls <= Counter(read=1)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.hides])
@pytest.mark.parametrize("who", ["other", "signed_out"])
async def test_answers_alike_to_what_is_foreign_and_what_is_missing(
    realm: Realm, name: str, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    things = await _things(realm)
    calls = _count_calls(monkeypatch)
    answers, reads = [], []
    for ids in (things, MISSING):
        calls.clear()
        outcome = await _outcome(realm, _document(name, ROWS[name], who, ids), who)
        text = json.dumps(outcome)
        for kind, thing in sorted(ids.items(), key=lambda pair: -len(pair[1])):
            text = text.replace(thing, kind).replace(thing.rpartition(":")[2], kind)
        answers.append(text)
        reads.append(dict(calls))

    assert answers[0] == answers[1]
    assert reads[0] == reads[1]


def _count_calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return a count of what reaches the database from now on: that is the time that an answer takes."""
    calls: Counter[str] = Counter()
    for method in ("read", "transaction"):
        stock = getattr(Database, method)

        def counted(self: Database, *arguments: Any, method: str = method, stock: Any = stock, **options: Any) -> Any:
            calls[method] += 1
            return stock(self, *arguments, **options)

        monkeypatch.setattr(Database, method, counted)
    return calls
