"""The schema: the roots are lists of nouns."""

from __future__ import annotations

from collections.abc import Callable

import strawberry
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, ParserCache, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.errors import CodedErrors, log_bugs
from schema.execution import PlannedExecution
from schema.limits import Limits, limits_extension
from schema.mutations.flows import FlowMutations
from schema.mutations.images import ImageMutations
from schema.mutations.jobs import JobMutations
from schema.mutations.keys import KeyMutations
from schema.mutations.uploads import UploadMutations
from schema.mutations.webhooks import WebhookMutations
from schema.queries.flows import FlowQueries
from schema.queries.images import ImageQueries
from schema.queries.jobs import JobQueries
from schema.queries.nodes import NodeQueries
from schema.queries.viewer import ViewerQueries
from schema.queries.webhooks import WebhookQueries
from schema.scalars import SCALARS
from schema.subscriptions.flows import FlowSubscriptions
from schema.subscriptions.jobs import JobSubscriptions


@strawberry.type(description="Everything that can be asked.")
class Query(NodeQueries, ImageQueries, FlowQueries, JobQueries, WebhookQueries, ViewerQueries):
    pass


@strawberry.type(description="Everything that can be changed.")
class Mutation(UploadMutations, JobMutations, FlowMutations, ImageMutations, KeyMutations, WebhookMutations):
    pass


@strawberry.type(description="Everything that can be watched.")
class Subscription(JobSubscriptions, FlowSubscriptions):
    pass


class Schema(strawberry.Schema):
    """Strawberry's schema, but for what it logs of errors: bugs alone, and never a caller's query."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        context = execution_context.context if execution_context else None
        log_bugs(errors, getattr(context, "request_id", ""))


def build_schema(*, introspection: bool = True, limits: Limits | None = None) -> Schema:
    """Return the schema; without introspection it suggests no names either."""
    extensions: list[type[SchemaExtension] | Callable[[], SchemaExtension]] = [
        ParserCache,
        limits_extension(limits or Limits()),
        CodedErrors,
    ]
    if not introspection:
        extensions.append(DisableIntrospection)
    return Schema(
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
