"""What an operation is weighed at, and that weighing takes no longer than the document is."""

import sys
from types import FrameType

import pytest
from graphql import DocumentNode, get_introspection_query, parse, validate

from schema import measure
from schema.build import build_schema
from schema.limits import LimitExceeded, Limits, cost_of, limits_rule
from tests.api.bombs import BOMBS, doubling_fragments

SCHEMA = build_schema()._schema
LEAVES = "id title state format width height byteSize sha256 createdAt tags"


def cost(query: str, name: str | None = None, **variables: object) -> int:
    sizes = [(key, rows) for key, value in variables.items() if (rows := measure.rows_of(value)) is not None]
    return cost_of(SCHEMA, parse(query), name, tuple(sizes))


def refusal(document: DocumentNode, **limits: int) -> dict[str, object] | None:
    """Return what the rule says of a document."""
    errors = validate(SCHEMA, document, [limits_rule(Limits(**limits))])
    return next((error.extensions for error in errors if isinstance(error, LimitExceeded)), None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 1),
        ("{ server { version formats limits { maxPixels } } }", 5),
        (f"{{ images(first: 50) {{ edges {{ node {{ {LEAVES} }} }} }} }}", 2 + 50 * 11),
        (f"{{ images {{ totalCount edges {{ cursor node {{ {LEAVES} }} }} }} }}", 3 + 20 * 12),
        ("{ images(last: 7) { pageInfo { hasNextPage } edges { cursor } } }", 4 + 7),
        ("{ images(first: 9) { edges { node { flows(first: 5) { edges { node { id } } } } } } }", 2 + 9 * (3 + 5 * 2)),
        ("{ images(first: 10) { edges { node { thumbnails { url width } } } } }", 2 + 10 * (2 + 3 * 2)),
        ('{ job(id: "x") { items { position } } }', 2 + 20),
        ('{ nodes(ids: ["a", "b"]) { id } }', 1 + 2),
        ("{ images(first: 4) { ...f } } fragment f on ImageConnection { edges { ... { node { id } } } }", 2 + 4 * 2),
        ("{ images(first: 5000) { edges { cursor } } }", 2 + 100),
        ("{ images(first: -5) { edges { cursor } } }", 2 + 1),
        (f"{{ images(first: {'9' * 1000}) {{ edges {{ cursor }} }} }}", 2 + 100),
        ("mutation { uploadInit(input: {}) { upload { url } } }", 3),
    ],
)  # fmt: skip
def test_counts_the_values_that_an_answer_can_have(query: str, expected: int) -> None:
    assert cost(query) == expected


@pytest.mark.parametrize(
    ("variables", "rows"),
    [({}, 30), ({"n": 7}, 7), ({"n": None}, 30), ({"n": 10**30}, 100), ({"n": "seven"}, 30), ({"n": True}, 30)],
)
def test_counts_pages_by_the_values_of_variables(variables: dict[str, object], rows: int) -> None:
    query = "query ($n: Int = 30) { images(first: $n) { edges { cursor } } }"

    assert cost(query, **variables) == 2 + rows


def test_counts_a_variable_that_is_not_given_as_the_page_that_is_served() -> None:
    assert cost("query ($n: Int) { images(first: $n) { edges { cursor } } }") == 2 + 20
    assert cost("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a", "b", "c"]) == 1 + 3


def test_weighs_the_operation_that_is_run() -> None:
    query = "query Small { __typename } query Large { images(first: 100) { edges { cursor } } }"

    assert (cost(query, "Small"), cost(query, "Large")) == (1, 102)


@pytest.mark.parametrize("bomb", BOMBS)
def test_visits_each_selection_once(bomb: str) -> None:
    document = parse(BOMBS[bomb][1])
    selections = BOMBS[bomb][1].count("{") + document.loc.source.body.count("...") + 60
    calls = 0

    def count(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename == measure.__file__

    sys.setprofile(count)
    try:
        refusal(document)
    finally:
        sys.setprofile(None)
    assert calls <= 10 * selections


def test_counts_far_beyond_what_could_be_walked() -> None:
    assert cost(doubling_fragments(45)) == 2**45


def test_leaves_cycles_and_strangers_to_validation() -> None:
    cycle = parse("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a ...none __typename nothing { x } }")

    assert refusal(cycle) is None
    assert "Cannot spread fragment 'a' within itself via 'b'." in [error.message for error in validate(SCHEMA, cycle)]


def test_lets_introspection_through() -> None:
    query = get_introspection_query(specified_by_url=True, input_value_deprecation=True)

    assert refusal(parse(query)) is None
    assert cost(query) < 500


@pytest.mark.parametrize(
    ("limit", "query", "allowed"),
    [
        ("depth", "{ images { edges { node { id } } } }", 4),
        ("aliases", "{ a: __typename b: __typename }", 2),
        ("directives", "query @skip(if: true) { ... @skip(if: true) { x: __typename @skip(if: true) } }", 3),
        ("fragments", "{ ...a } fragment a on Query { __typename }", 1),
        ("mutations", "mutation { ...a } fragment a on Mutation { a: cancelJob b: cancelJob }", 2),
    ],
)
def test_allows_what_a_limit_says_and_no_more(limit: str, query: str, allowed: int) -> None:
    document = parse(query)

    assert refusal(document, **{limit: allowed}) is None
    assert refusal(document, **{limit: allowed - 1}) == {
        "code": "LIMIT_EXCEEDED",
        "limit": limit,
        "allowed": allowed - 1,
        "actual": allowed,
    }
