"""The scalars that GraphQL lacks, each with its specification."""

import re
from datetime import UTC, datetime
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
HexColor = NewType("HexColor", str)
URL = NewType("URL", str)

MAX_BIG_INT = 2**63 - 1
"""What a signed 64 bit column holds."""

_DIGITS = re.compile(r"-?[0-9]{1,19}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def parse_big_int(value: object) -> int:
    """Return a 64 bit integer that came as a number or as a string of digits. Raises: GraphQLError."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_BIG_INT:
        raise GraphQLError("A BigInt is a 64 bit integer, as a number or as a string of digits.")
    return value


def parse_date_time(value: object) -> datetime:
    """Return an aware UTC time that came as RFC 3339 text. Raises: GraphQLError."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
        if parsed is not None and parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError("A DateTime is RFC 3339 text with an offset, such as 2026-01-31T12:00:00Z.")


def format_date_time(value: datetime) -> str:
    """Return an aware time as RFC 3339 text in UTC, with `Z`."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return f"{value.isoformat()[:-6]}Z"


def parse_color(value: object) -> str:
    if isinstance(value, str) and _COLOR.fullmatch(value):
        return value.lower()
    raise GraphQLError("A HexColor is # and six hex digits.")


def parse_url(value: object) -> str:
    if isinstance(value, str) and len(value) <= 2_048 and value.startswith(("http://", "https://")):
        return value
    raise GraphQLError("A URL is absolute, http or https, and has at most 2048 characters.")


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer of 64 bits, written as a number and read as a number or a string of digits.",
        serialize=int,
        parse_value=parse_big_int,
    ),
    HexColor: strawberry.scalar(
        name="HexColor",
        description="A colour in sRGB: # and six lower-case hex digits, red, green, blue.",
        specified_by_url="https://www.w3.org/TR/css-color-4/#hex-notation",
        serialize=str,
        parse_value=parse_color,
    ),
    URL: strawberry.scalar(
        name="URL",
        description="An absolute http or https address.",
        specified_by_url="https://url.spec.whatwg.org/",
        serialize=str,
        parse_value=parse_url,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment as RFC 3339 text, always in UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=format_date_time,
        parse_value=parse_date_time,
    ),
}
