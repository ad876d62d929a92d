"""Leaf types whose values are known by their Python type, and how such a value is answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from schema.scalars import format_date_time

MAX_INT = 2**31 - 1


class Unplanned(Exception):
    """The value is none that a plan knows; the stock executor says what becomes of it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf type.

    Args:
        kind: The Python type of its values; a subclass is not known.
        convert: Returns how a value is answered; None for one that is answered as it is. Raises: Unplanned, ValueError.
    """

    kind: type
    convert: Callable[[Any], Any] | None = None


@lru_cache(maxsize=512)
def leaf_type(kind: GraphQLLeafType) -> Leaf | None:
    """Return what is known of a type; None when it is none whose values are known."""
    if isinstance(kind, CustomGraphQLEnumType):
        members: Iterable[Enum] = kind.wrapped_cls
        return Leaf(kind.wrapped_cls, {member: kind.coerce_output_value(member) for member in members}.get)
    # A scalar of ours is known by the function that writes it.
    return _KNOWN.get(kind) or _KNOWN.get(kind.coerce_output_value)


def _check_int(value: int) -> int:
    if -MAX_INT - 1 <= value <= MAX_INT:
        return value
    raise Unplanned


def _check_float(value: float) -> float:
    if math.isfinite(value):
        return value
    raise Unplanned


_KNOWN: dict[object, Leaf] = {
    GraphQLString: Leaf(str),
    GraphQLID: Leaf(str),
    GraphQLBoolean: Leaf(bool),
    GraphQLInt: Leaf(int, _check_int),
    GraphQLFloat: Leaf(float, _check_float),
    str: Leaf(str),
    int: Leaf(int),
    format_date_time: Leaf(datetime, format_date_time),
}
