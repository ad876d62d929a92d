"""The schema: the roots are lists of nouns."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import GraphQLError, OperationType
from strawberry.extensions import DisableIntrospection, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from app.ports.meter import Meter
from schema.broadcast import Broadcasts, Results
from schema.context import Context
from schema.documents import asked_of_a_log, operation_type, watched_field
from schema.errors import CodedErrors, log_bugs
from schema.execution import PlannedExecution
from schema.limits import Limits
from schema.limits_extension import limits_extension
from schema.mutations.edits import EditMutations
from schema.mutations.flows import FlowMutations
from schema.mutations.images import ImageMutations
from schema.mutations.jobs import JobMutations
from schema.mutations.keys import KeyMutations
from schema.mutations.label_rules import LabelRuleMutations
from schema.mutations.labels import LabelMutations
from schema.mutations.shares import ShareMutations
from schema.mutations.tags import TagMutations
from schema.mutations.uploads import UploadMutations
from schema.mutations.webhooks import WebhookMutations
from schema.planned_schema import PlannedSchema
from schema.queries.audit import AuditQueries
from schema.queries.flows import FlowQueries
from schema.queries.images import ImageQueries
from schema.queries.jobs import JobQueries
from schema.queries.nodes import NodeQueries
from schema.queries.shares import ShareQueries
from schema.queries.viewer import ViewerQueries
from schema.queries.webhooks import WebhookQueries
from schema.scalars import SCALARS
from schema.subscriptions.flows import FlowSubscriptions
from schema.subscriptions.jobs import JobSubscriptions


@strawberry.type(description="Everything that can be asked.")
class Query(
    NodeQueries, ImageQueries, FlowQueries, JobQueries, WebhookQueries, ShareQueries, AuditQueries, ViewerQueries
):
    pass


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    EditMutations,
    UploadMutations,
    JobMutations,
    FlowMutations,
    ImageMutations,
    TagMutations,
    KeyMutations,
    WebhookMutations,
    ShareMutations,
    LabelMutations,
    LabelRuleMutations,
):
    pass


@strawberry.type(description="Everything that can be watched.")
class Subscription(JobSubscriptions, FlowSubscriptions):
    pass


class Schema(PlannedSchema):
    """The planned schema, but that live events are shared, and that of errors it logs bugs alone, and no query."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._broadcasts = Broadcasts()

    async def stream(self, query: str | None, *arguments: Any, **options: Any) -> Any:
        results = await super().stream(query, *arguments, **options)
        name, context = options.get("operation_name"), options.get("context_value")
        if not isinstance(context, Context) or operation_type(query, name) is not OperationType.SUBSCRIPTION:
            return results
        asked = asked_of_a_log(query or "", name, options.get("variable_values") or {})
        shared = self._broadcasts.share((*asked, context.viewer, context.base_url), results)
        return _counted(shared, context.services.meter, watched_field(query or "", name))

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        context = execution_context.context if execution_context else None
        log_bugs(errors, getattr(context, "request_id", ""))


async def _counted(results: Results, meter: Meter, field: str) -> Results:
    with meter.watching(field):
        async with aclosing(results):
            async for result in results:
                yield result


def build_schema(*, introspection: bool = True, limits: Limits | None = None) -> Schema:
    """Return the schema; without introspection it suggests no names either."""
    limits = limits or Limits()
    extensions: list[type[SchemaExtension] | Callable[[], SchemaExtension]] = [
        limits_extension(limits),
        CodedErrors,
    ]
    if not introspection:
        extensions.append(DisableIntrospection)
    return Schema(
        limits=limits,
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=extensions,
        execution_context_class=PlannedExecution,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not introspection),
    )


def print_sdl() -> str:
    """Return the schema in the schema definition language, as it is committed."""
    return build_schema().as_str() + "\n"
