"""What a plan reads is what the stock executor answers: data, order, errors and their places."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from pathlib import Path
from typing import Generic, TypeVar

import strawberry
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.container.opening import open_services
from app.domain.image import Derived, Placeholder
from app.domain.metadata import Metadata
from app.settings import Settings
from schema.build import build_schema
from schema.context import Context
from schema.execution import PlannedExecution
from schema.limits import Limits
from schema.planned_schema import PlannedSchema
from schema.scalars import SCALARS, URL, BigInt, HexColor
from tests.api.documents import VARIABLES, documents
from tests.records.record_factories import make_flow, make_image

T = TypeVar("T")
MANY = settings(max_examples=60, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Kind(StrEnum):
    BIG = "BIG"
    SMALL = "small"


class Number(Enum):
    ONE = 1
    TWO = 2


class Text(str):
    __slots__ = ()


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Pair(Generic[T]):
    left: T
    right: T | None


@strawberry.type
class Thing(Named):
    text: str | None
    whole: int
    maybe_whole: int | None
    real: float
    truth: bool
    key: strawberry.ID
    big: BigInt
    url: URL | None
    color: HexColor
    at: datetime
    kind: strawberry.enum(Kind)
    number: strawberry.enum(Number) | None
    words: list[str]
    maybe_words: list[str | None] | None
    kinds: list[Kind]
    json: strawberry.scalars.JSON
    pair: Pair[str]
    things: list["Thing"]
    maybe_things: list["Thing | None"] | None
    thing: "Thing | None"
    named: Named | None

    @strawberry.field
    def where(self, info: strawberry.Info) -> list[str]:
        return [str(step) for step in info.path.as_list()]

    @strawberry.field
    def times(self, factor: int = 2, kind: Kind | None = None) -> str:
        return f"{self.whole} {factor} {kind!r}"

    @strawberry.field
    def broken(self) -> int:
        raise ValueError(self.name)

    @strawberry.field
    def maybe_broken(self) -> "Thing | None":
        if self.truth is True:
            raise ValueError(self.name)
        return self

    @strawberry.field
    async def later(self) -> "Thing":
        return self

    @strawberry.field
    async def maybe_later(self) -> int | None:
        if self.truth is True:
            raise ValueError(self.name)
        return 7


@strawberry.type
class Query:
    @strawberry.field
    def things(self, info: strawberry.Info) -> list[Thing]:
        return info.context

    @strawberry.field
    async def some(self, info: strawberry.Info, count: int = 2) -> list[Thing] | None:
        return info.context[:count] if count < 3 else None

    @strawberry.field
    def first(self, info: strawberry.Info) -> Thing | None:
        return info.context[0] if info.context else None


ARGUMENTS = {
    "Thing.times": ("", "(factor: 3)", "(factor: 5, kind: SMALL)", "(kind: null)", "(factor: $n)"),
    "Query.some": ("", "(count: 1)", "(count: $n)"),
}
ALL_OF_AN_IMAGE = """{ images { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
  __typename id title state format mimeType width height byteSize sha256 createdAt clientType tags originUrl url
  owner { name } thumbnails { url width height format byteSize } thumbnail(size: SMALL) { url width }
  variant(width: 100) { url height } responsive(widths: [320, 640]) { src srcSet { format mimeType value } sizes }
  placeholder { thumbHash blurHash dataUri dominantColor } palette
  metadata { cameraMake fNumber iso place { latitude } }
  clientMetadata flows { edges { node { name isPublic imageCount } } } } } } }"""
DERIVED = Derived(
    thumbnail_bytes=(1_000, 4_000, 9_000),
    placeholder=Placeholder(thumb_hash="3OcR", blur_hash="LEHV", data_uri="data:,", dominant_color="#0a141e"),
    palette=("#0a141e", "#ffffff"),
    difference_hash="0" * 16,
    metadata=Metadata(camera_make="Leica", f_number=5.6, iso=400),
)


def _schema(execution: type) -> strawberry.Schema:
    return PlannedSchema(
        limits=Limits(cost=10**9),
        query=Query,
        execution_context_class=execution,
        config=StrawberryConfig(scalar_map=SCALARS),
    )


PLANNED, STOCK = _schema(PlannedExecution), _schema(StrawberryGraphQLCoreExecutionContext)

odd = st.sampled_from(
    (
        None,
        "",
        "text",
        Text("own"),
        "\ud800",
        0,
        True,
        1.5,
        float("nan"),
        2**31,
        2**70,
        NOON,
        NOON.replace(tzinfo=None),
        Kind.BIG,
        "small",
        Number.ONE,
        1,
        b"bytes",
        {"a": [1]},
        ["x", None],
        ("x", "y"),
        ValueError("no"),
        {"x"},
    )
)
"""Values of every type, most of them wrong wherever they come."""
names = st.text(max_size=3)
times = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]))


def _things(depth: int) -> st.SearchStrategy[Thing]:
    below = _things(depth - 1) if depth else st.nothing()
    some = st.lists(below, max_size=2) if depth else st.just([])
    return st.builds(
        Thing,
        name=names,
        text=st.none() | names,
        whole=st.integers(-(2**31), 2**31 - 1),
        maybe_whole=st.none() | st.integers(0, 9),
        real=st.floats(allow_nan=False, allow_infinity=False),
        truth=st.booleans(),
        key=names,
        big=st.integers(0, 2**60),
        url=st.none() | names,
        color=names,
        at=times,
        kind=st.sampled_from(Kind),
        number=st.none() | st.sampled_from(Number),
        words=st.lists(names, max_size=2) | st.tuples(names),
        maybe_words=st.none() | st.lists(st.none() | names, max_size=2),
        kinds=st.lists(st.sampled_from(Kind), max_size=2),
        json=st.none() | st.dictionaries(names, st.integers(0, 9), max_size=1),
        pair=st.builds(Pair, left=names, right=st.none() | names),
        things=some,
        maybe_things=st.none() | (st.lists(st.none() | below, max_size=2) if depth else st.just([])),
        thing=st.none() | below,
        named=st.none() | below,
    )


@st.composite
def spoiled_things(draw: st.DrawFn) -> list[Thing]:
    """Draw things of which a few attributes have values of another type."""
    things = draw(st.lists(_things(2), max_size=3))
    for thing in things:
        for name in draw(st.lists(st.sampled_from(sorted(Thing.__annotations__)), max_size=2)):
            setattr(thing, name, draw(odd))
    return things


def _answers(document: str, things: list[Thing]) -> list[list[tuple[str, list[object]]]]:
    """Return what the planned and the stock executor answer, again and again, so that the document is known."""

    async def ask(schema: PlannedSchema) -> list[tuple[str, list[object]]]:
        results = [
            await schema.execute(document, variables, context_value=things) for variables in (*VARIABLES, *VARIABLES)
        ]
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)  # fields beside one that failed are settled in the background
        # repr shows types, order and NaN, which are not all to be seen in a comparison.
        return [(repr(result.data), [error.formatted for error in result.errors or ()]) for result in results]

    return [asyncio.run(ask(schema)) for schema in (PLANNED, STOCK)]


@MANY
@given(documents(PLANNED._schema, ARGUMENTS))
def test_documents_are_valid(document: str) -> None:
    """Those that are not would be refused alike, and show nothing."""
    assert validate(PLANNED._schema, parse(document)) == []


@MANY
@given(documents(PLANNED._schema, ARGUMENTS), st.lists(_things(2), max_size=3))
def test_answers_like_the_stock_executor(document: str, things: list[Thing]) -> None:
    planned, stock = _answers(document, things)

    assert planned == stock


@MANY
@given(documents(PLANNED._schema, ARGUMENTS), spoiled_things())
def test_fails_like_the_stock_executor(document: str, things: list[Thing]) -> None:
    planned, stock = _answers(document, things)

    assert planned == stock


async def test_answers_the_whole_of_an_image_like_the_stock_executor(tmp_path: Path) -> None:
    """The real schema, and what the records make of real rows."""
    settings = Settings(data_dir=tmp_path / "data", workers=1, _env_file=None)
    planned, stock = build_schema(), build_schema()
    stock.execution_context_class = StrawberryGraphQLCoreExecutionContext
    async with open_services(settings, run_jobs=False) as services:
        await services.records.flows.add(make_flow())
        for derived in (None, DERIVED):
            await services.records.images.add(make_image(derived=derived, tags=("sea",)), ["harbours"])

        answers = [
            await schema.execute(ALL_OF_AN_IMAGE, context_value=Context(services, settings, "http://a", "a"))
            for schema in (planned, planned, stock)
        ]

    assert answers[0].errors is None
    assert repr(answers[0].data) == repr(answers[1].data) == repr(answers[2].data)
    assert len(answers[0].data["images"]["edges"]) == 2
