"""How operations are executed: as the library does it, but that a long subscription holds no more than a short one."""

from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

MAX_REMEMBERED = 500
"""Selections of fields that are remembered at once: more than any one answer has."""


class BoundedExecution(StrawberryGraphQLCoreExecutionContext):
    """Forgets what graphql-core 3.3 remembers of each event of a subscription, as long as it lasts: some KB each.

    It is a cache by identity of lists that are made anew for each event, so nothing is found in it later.
    """

    def collect_subfields(self, *arguments: Any) -> Any:
        remembered = self._relevant_sub_fields
        if len(remembered) > MAX_REMEMBERED:
            remembered.clear()
        return super().collect_subfields(*arguments)
