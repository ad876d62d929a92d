"""How failures reach the caller: as data in mutations, as coded errors elsewhere, and bugs masked."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension, MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError

from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError, retry_after_of
from app.domain.rate import OperationClass
from schema.audit import Audited
from schema.context import Context
from schema.rates import OPERATION_CLASS

NOTHING_CHANGED = "Why nothing was done; empty when all went well."
MAX_MESSAGE_LENGTH = 1_000

log = logging.getLogger(__name__)

strawberry.enum(ErrorCode, description="The stable names of expected failures.")


@strawberry.type(description="One reason why a mutation changed nothing.")
class UserError:
    code: ErrorCode = strawberry.field(description="What kind of failure it is; clients branch on it.")
    message: str = strawberry.field(description="What was wrong, safe to show to people.")
    field: list[str] = strawberry.field(description="The path into the input, outermost first; empty for none.")
    retry_after: int | None = strawberry.field(
        default=None, description="After how many seconds asking again makes sense; null when it makes none."
    )


class ErrorsAsData(FieldExtension):
    """Turns an expected failure of a mutation into a payload with `userErrors` and nothing else."""

    def __init__(self, payload: Callable[..., object]) -> None:
        self.payload = payload

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: object, info: strawberry.Info, **kwargs: object
    ) -> Any:
        context: Context = info.context
        was_settled, context.is_settled = context.is_settled, True
        try:
            return await next_(source, info, **kwargs)
        except DomainError as error:
            retry_after = retry_after_of(error)
            context.is_settled = was_settled or retry_after is None
            user_error = UserError(
                code=error.code, message=error.message, field=list(error.field), retry_after=retry_after
            )
            return self.payload(user_errors=[user_error])


class CodedErrors(MaskErrors):
    """Gives expected failures their code, lets GraphQL's own errors pass, and masks the rest."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        original = error.original_error
        if isinstance(original, DomainError):
            return _with_extensions(error, original.message, {"code": original.code, "field": list(original.field)})
        if original is None or isinstance(original, GraphQLError):
            return _shortened(error)
        if isinstance(original, CannotGetOperationTypeError):
            return _with_extensions(error, original.as_http_error_reason(), {})
        context: Context = self.execution_context.context
        return _with_extensions(
            error,
            "The server failed on this request.",
            {"code": ErrorCode.INTERNAL, "requestId": context.request_id},
        )


def log_bugs(errors: list[GraphQLError], request_id: str) -> None:
    """Log each failure that is nobody's fault but ours, with its traceback and without the query."""
    expected = DomainError | GraphQLError | CannotGetOperationTypeError
    for error in errors:
        if error.original_error is not None and not isinstance(error.original_error, expected):
            log.error("resolver met a bug", exc_info=error.original_error, extra={"request_id": request_id})


def mutation(
    payload: Callable[..., object], description: str, counted_as: OperationClass = OperationClass.WRITE
) -> Any:
    """Declare a mutation that leaves an entry in the audit log, and whose expected failures are data in its payload."""
    return strawberry.mutation(
        description=description,
        extensions=[Audited(), ErrorsAsData(payload)],
        metadata={OPERATION_CLASS: counted_as},
    )


def _shortened(error: GraphQLError) -> GraphQLError:
    """Return an error that repeats little of what was sent: names and texts may have a hundred thousand characters."""
    if len(error.message) <= MAX_MESSAGE_LENGTH:
        return error
    return _with_extensions(error, f"{error.message[:MAX_MESSAGE_LENGTH]}…", error.extensions or {})


def _with_extensions(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=extensions)
