"""What changes in the schema from release to release: nothing breaks unless declared, and deprecations have a date."""

import re
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLSchema, build_schema, is_enum_type, is_input_object_type, is_interface_type, is_object_type
from graphql.utilities import find_breaking_changes

from schema.build import print_sdl

RELEASED = Path(__file__).parent / "released.graphql"
"""The schema of the last release. A release copies schema/schema.graphql over it, and empties `DECLARED`."""

DECLARED: frozenset[str] = frozenset()
"""Breaking changes that the next release has on purpose, as the failing test words them; README must tell of each."""

DATED = re.compile(r".+\. (Deprecated since 20\d\d-\d\d-\d\d|To be removed after 20\d\d-\d\d-\d\d)\.")
"""A reason says what to use instead, and then a date: `Use variant. Deprecated since 2026-11-28.`"""


def breaking_changes(old: str, new: str) -> set[str]:
    return {change.description for change in find_breaking_changes(build_schema(old), build_schema(new))}


def deprecations(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Yield what is deprecated, and why."""
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        parts: dict[str, object] = {}
        if is_object_type(kind) or is_interface_type(kind):
            parts = {**kind.fields}
            parts |= {f"{field}({arg})": it for field, one in kind.fields.items() for arg, it in one.args.items()}
        elif is_input_object_type(kind):
            parts = {**kind.fields}
        elif is_enum_type(kind):
            parts = {**kind.values}
        for part, it in parts.items():
            if (reason := getattr(it, "deprecation_reason", None)) is not None:
                yield f"{name}.{part}", reason


def test_breaks_no_client_of_the_last_release() -> None:
    broken = breaking_changes(RELEASED.read_text(encoding="utf-8"), print_sdl())

    assert broken - DECLARED == set(), (
        "keep the old name and deprecate it, or add the line to DECLARED and tell in README"
    )
    assert DECLARED - broken == set(), "a declared change is none any more"


def test_finds_what_would_break() -> None:
    old = "type Query { image(id: ID!): String } enum E { A B }"

    assert breaking_changes(old, "type Query { image(id: ID!, size: Int!): Int } enum E { A }") == {
        "Field Query.image changed type from String to Int.",
        "A required argument Query.image(size:) was added.",
        "Enum value E.B was removed.",
    }


def test_dates_each_deprecation() -> None:
    undated = [place for place, reason in deprecations(build_schema(print_sdl())) if not DATED.fullmatch(reason)]

    assert undated == []


def test_finds_undated_deprecations_wherever_they_are() -> None:
    dated = "Use b. Deprecated since 2026-11-28."
    sdl = f"""
      type Query {{ a(x: Int @deprecated): Int @deprecated(reason: "{dated}") b: Int }}
      input In {{ c: Int @deprecated(reason: "Use d.") d: Int }}
      enum E {{ F @deprecated(reason: "old") G }}
    """

    found = dict(deprecations(build_schema(sdl)))

    assert found.keys() == {"Query.a", "Query.a(x)", "In.c", "E.F"}
    assert [place for place, reason in found.items() if DATED.fullmatch(reason)] == ["Query.a"]
