"""Whether a valid operation may run: what it costs, and whether its caller has not used up their rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLError, GraphQLSchema

from app.domain.error_code import ErrorCode
from app.domain.rate import Rate
from schema.limits import LimitExceeded, Limits, cost_of, sizes_of
from schema.rates import INVALID, Points, points_of, rate_extension, take_rate


@dataclass(frozen=True, slots=True)
class Admission:
    """What an operation was weighed at, where its caller stands, and why it may not run."""

    cost: int | None
    rate: Rate | None = None
    refusal: GraphQLError | None = None

    @property
    def extensions(self) -> dict[str, object]:
        """Return what answers tell of it."""
        results: dict[str, object] = {} if self.cost is None else {"cost": self.cost}
        return results if self.rate is None else {**results, "rateLimit": rate_extension(self.rate)}


_ADMITTED: ContextVar[Admission | None] = ContextVar("admitted", default=None)


@contextmanager
def admitted(admission: Admission) -> Iterator[None]:
    """Let an operation run for which the caller has been charged already."""
    token = _ADMITTED.set(admission)
    try:
        yield
    finally:
        _ADMITTED.reset(token)


@dataclass(frozen=True, slots=True)
class Weight:
    """What a valid operation costs, and what it takes of its caller's rates."""

    cost: int
    points: Points


def weigh(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, object]
) -> Weight:
    """Return the weight of a valid operation, which hangs on the sizes of pages among its variables."""
    cost = cost_of(schema, document, operation_name, sizes_of(variables))
    return Weight(cost, points_of(schema, document, operation_name, cost))


async def admit(limits: Limits, weight: Weight, context: object) -> Admission:
    """Charge the caller for a valid operation, if that was not done."""
    known = _ADMITTED.get()
    if known is not None:
        return known
    if weight.cost > limits.cost:
        return await _charge(context, INVALID, weight.cost, LimitExceeded("cost", limits.cost, weight.cost))
    return await _charge(context, weight.points, weight.cost)


async def admit_nothing(context: object) -> Admission:
    """Charge the caller for a document that is refused."""
    return await _charge(context, INVALID)


async def _charge(
    context: object, points: Points, cost: int | None = None, refusal: GraphQLError | None = None
) -> Admission:
    rate = await take_rate(context, points)
    if isinstance(rate, GraphQLError):
        return Admission(cost, refusal=rate)
    return Admission(cost, rate, refusal)


@contextmanager
def telling_of_time(limits: Limits) -> Iterator[None]:
    """Tell the limit when what is done has taken too long."""
    try:
        yield
    except TimeoutError as error:
        raise GraphQLError(
            f"The request took more than {limits.timeout_s:g} s.",
            extensions={"code": ErrorCode.TIMED_OUT, "limit": "seconds", "allowed": limits.timeout_s},
        ) from error
