"""A document that was asked before is neither parsed, validated nor weighed again."""

import sys
from collections import Counter
from types import FrameType

import pytest
from graphql.language import parser
from graphql.validation import validate

from schema import measure
from schema.build import build_schema

WORK = {
    (parser.__file__, "parse"): "parsed",
    (sys.modules[validate.__module__].__file__, "validate"): "validated",
    (measure.__file__, "measure"): "weighed",
}


async def _work_of(schema: object, query: str, **variables: object) -> Counter[str]:
    """Return how often each kind of work was done for one request."""
    done: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and (kind := WORK.get((frame.f_code.co_filename, frame.f_code.co_name))):
            done[kind] += 1

    sys.setprofile(count)
    try:
        result = await schema.execute(query, variable_values=variables)
    finally:
        sys.setprofile(None)
    assert result.errors is None
    return done


@pytest.mark.parametrize("introspection", [True, False])
async def test_a_document_is_worked_on_once(introspection: bool) -> None:
    schema = build_schema(introspection=introspection)
    query = f"{{ __typename name{introspection}: __typename }}"

    first = await _work_of(schema, query)
    second = await _work_of(schema, query)

    # Weighed by the rule without variables, and for the request with them.
    assert first == {"parsed": 1, "validated": 1, "weighed": 2}
    assert second == {}


async def test_a_page_is_weighed_once_for_each_size() -> None:
    schema = build_schema()
    query = "query ($n: Int!, $skip: Boolean!) { __typename images(first: $n) @skip(if: $skip) { totalCount } }"

    await _work_of(schema, query, n=10, skip=True)
    same = await _work_of(schema, query, n=10, skip=True)
    other = await _work_of(schema, query, n=11, skip=True)

    assert (same, other) == ({}, {"weighed": 1})
