"""How operations are executed: as the library does it, but plain values are read row after row by a plan."""

from collections.abc import Awaitable
from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.broadcast import Told
from schema.leaf_plan import Plan, Planner
from schema.types.flow_event import FlowEvent
from schema.types.job import JobEvent

MAX_REMEMBERED = 500
"""Selections of fields that are remembered at once: more than any one answer has."""


class PlannedExecution(StrawberryGraphQLCoreExecutionContext):
    """Reads what a plan knows, and lets the library execute the rest.

    It forgets what graphql-core 3.3 remembers of each event of a subscription, as long as it lasts: some KB each. That
    is a cache by identity of lists that are made anew for each event, so nothing is found in it later.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._plans: dict[int, Plan] = {}
        if self.middleware_manager and not self.middleware_manager.middlewares:
            self.middleware_manager = None

    def collect_subfields(self, *arguments: Any) -> Any:
        remembered = self._relevant_sub_fields
        if len(remembered) > MAX_REMEMBERED:
            remembered.clear()
            self._plans.clear()
        return super().collect_subfields(*arguments)

    def build_response(self, data: dict[str, Any] | None) -> Any:
        """Note the place of an event in its log, by which listeners of the same log find each other."""
        event = self.root_value
        if data is not None and isinstance(event, JobEvent | FlowEvent):
            data = Told(data, event.cursor, event.at)
        return super().build_response(data)

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        if path is None or self.middleware_manager:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        plan = Planner(self, self._plans).plan(parent_type, grouped_field_set)
        answers, rest = dict.fromkeys(grouped_field_set), set(plan.rest)
        for name, step in plan.steps:
            try:
                [answers[name]] = step(self, [source_value], lambda: [path])  # type: ignore[misc] # nothing to wait for
            except Exception:  # noqa: BLE001 - the library reads the field again, and says what is wrong with it
                rest.add(name)
        if not rest:
            return answers
        # In the order of the selection, for a field that fails may end the execution of those behind it.
        selected = {name: details for name, details in grouped_field_set.items() if name in rest}
        left = super().execute_fields(parent_type, source_value, path, selected, position_context)
        return answers | left if isinstance(left, dict) else _fill_later(answers, left)


async def _fill_later(answers: dict[str, Any], left: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return answers | await left
