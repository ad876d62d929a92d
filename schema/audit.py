"""The audit of mutations: each that is declared by `schema.errors.mutation` leaves its entry, whatever it does."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension

from app.domain.audit import Door, things_in
from app.domain.error_code import ErrorCode
from app.domain.rate import Caller
from schema.context import Context
from schema.types.node import Node

FLOW_NAMES = ("flow", "flows")
"""Fields of inputs that name flows."""

MAX_DEPTH = 3


class Audited(FieldExtension):
    """Keeps who calls a mutation, on what, and what comes of it.

    Who is signed out can change nothing, so nothing is kept of them.
    """

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: object, info: strawberry.Info, **kwargs: object
    ) -> Any:
        context: Context = info.context
        if context.viewer.user_id is None:
            return await next_(source, info, **kwargs)
        actor = Caller(context.viewer.user_id, context.viewer.key_id, context.caller.address)
        things = _things_of(kwargs.get("input"))
        audit = context.services.audit
        async with audit.record(Door.GRAPHQL, info.field_name, actor, context.request_id, things) as account:
            payload = await next_(source, info, **kwargs)
            errors = payload.user_errors
            if errors:
                account.refuse(ErrorCode(errors[0].code))
            account.name(_things_of(payload))
            return payload


def _things_of(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the ids in an input or a payload; of a thing with an id that alone."""
    if isinstance(value, Node):
        yield value.id
    elif isinstance(value, list):
        for item in value:
            yield from _things_of(item, depth)
    elif dataclasses.is_dataclass(value) and depth < MAX_DEPTH:
        for field in dataclasses.fields(value):
            part = getattr(value, field.name)
            yield from _flows_in(part) if _names_flows(value, field.name) else _things_of(part, depth + 1)
    else:
        yield from things_in(value)


def _names_flows(value: object, name: str) -> bool:
    return name in FLOW_NAMES or (name == "name" and type(value).__name__.endswith("FlowInput"))


def _flows_in(names: object) -> Iterator[str]:
    given = names if isinstance(names, list) else [names]
    return things_in([f"flow:{name}" if isinstance(name, str) else "" for name in given])
