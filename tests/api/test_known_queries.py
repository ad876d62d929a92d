"""A query that was valid before is read by its plan: for who asks, with what they ask for, and charged once."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from graphql.execution import executor

from app.container.bundle import Services
from app.container.opening import open_services
from app.domain.viewer import ANONYMOUS, Role, User, Viewer
from app.settings import Settings
from schema.build import Schema, build_schema
from schema.context import Context
from schema.limits import Limits
from tests.records.record_factories import NOW, make_flow, make_image
from tests.serving import RunningServer

NESTED = (
    "{ images { totalCount edges { cursor node { id owner { name } labels { name } variant(width: 9) { url } } } } }"
)
ONE = "query ($id: ID!, $more: Boolean!) { image(id: $id) { title width @include(if: $more) } }"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", workers=1, rate_limits=False, _env_file=None)


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings, run_jobs=False) as opened:
        yield opened


@pytest.fixture
def executions() -> Iterator[list[str]]:
    """The operations that the library executes."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is executor.Executor.execute_operation.__code__:
            seen.append(frame.f_code.co_name)

    sys.setprofile(note)
    yield seen
    sys.setprofile(None)


async def ask(
    schema: Schema,
    services: Services,
    settings: Settings,
    query: str,
    viewer: Viewer | None = None,
    **variables: object,
) -> Any:
    context = Context(services, settings, "http://a", "a", *([viewer] if viewer else []))
    return await schema.execute(query, variable_values=variables, context_value=context)


async def test_the_library_executes_a_query_only_the_first_time(
    services: Services, settings: Settings, executions: list[str]
) -> None:
    schema = build_schema()
    await services.records.flows.add(make_flow())
    await services.records.images.add(make_image(), ["harbours"])

    first = await ask(schema, services, settings, NESTED)
    second = await ask(schema, services, settings, NESTED)

    assert len(executions) == 1
    assert first.errors is second.errors is None
    assert first.data == second.data
    assert second.data["images"]["totalCount"] == 1


async def test_nodes_are_read_each_as_its_type(services: Services, settings: Settings, executions: list[str]) -> None:
    schema = build_schema()
    await services.records.flows.add(make_flow())
    one, other = [await services.records.images.add(make_image(title=title), ["harbours"]) for title in ("one", "two")]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
      __typename id ... on Image { title flows { edges { node { name } } } } ... on Flow { imageCount } } }"""
    ids = [one.id, "flow:harbours", "0" * 32, other.id]

    first = await ask(schema, services, settings, query, ids=ids)
    second = await ask(schema, services, settings, query, ids=ids)
    single = await ask(schema, services, settings, query, ids=ids[:1])

    flows = {"edges": [{"node": {"name": "harbours"}}]}
    images = [{"__typename": "Image", "id": it.id, "title": it.title, "flows": flows} for it in (one, other)]
    flow = {"__typename": "Flow", "id": "flow:harbours", "imageCount": 2}
    assert second.data == first.data == {"nodes": [images[0], flow, None, images[1]]}
    assert single.data == {"nodes": images[:1]}
    assert len(executions) == 1


async def test_answers_what_the_variables_ask_for(
    services: Services, settings: Settings, executions: list[str]
) -> None:
    schema = build_schema()
    await services.records.flows.add(make_flow())
    images = [await services.records.images.add(make_image(title=title), ["harbours"]) for title in ("one", "two")]
    asked = [(image, more) for image in images for more in (True, False)]
    await ask(schema, services, settings, ONE, id=images[0].id, more=True)
    executions.clear()

    answers = [(await ask(schema, services, settings, ONE, id=image.id, more=more)).data for image, more in asked]

    shown = [{"title": image.title, **({"width": image.width} if more else {})} for image, more in asked]
    assert answers == [{"image": fields} for fields in shown]
    assert executions == []


async def test_each_viewer_sees_what_is_theirs(services: Services, settings: Settings) -> None:
    schema = build_schema()
    image = await services.records.images.add(make_image(), [])
    owner = Viewer(User(image.owner_id, "Owner", Role.EDITOR, NOW))
    query = f'{{ image(id: "{image.id}") {{ id }} }}'

    answers = [(await ask(schema, services, settings, query, viewer)).data for viewer in (owner, ANONYMOUS, owner)]

    assert answers == [{"image": {"id": image.id}}, {"image": None}, {"image": {"id": image.id}}]


async def test_a_known_query_is_weighed_by_its_variables(services: Services, settings: Settings) -> None:
    schema = build_schema(limits=Limits(cost=50))
    query = "query ($n: Int!) { images(first: $n) { edges { node { id } } } }"

    first, second, large = [await ask(schema, services, settings, query, n=n) for n in (5, 5, 90)]

    assert first.extensions == second.extensions == {"cost": 12}
    assert large.data is None
    assert large.errors[0].extensions == {"code": "LIMIT_EXCEEDED", "limit": "cost", "allowed": 50, "actual": 182}


def test_a_known_query_that_fails_is_charged_once(tmp_path: Path) -> None:
    """It is tried by its plan, and executed by the library then, which says what is wrong."""
    server = RunningServer(tmp_path / "data", {})
    server.start()
    try:
        answers = [server.post("{ jobs { totalCount } }", key=None).json() for _ in range(3)]
    finally:
        server.stop()

    assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["UNAUTHENTICATED"] * 3
    rates = [answer["extensions"]["rateLimit"] for answer in answers]
    spent = [rate["limit"] - rate["remaining"] for rate in rates]
    assert spent == [1, 2, 3] or len({rate["resetAt"] for rate in rates}) > 1
