"""A schema that reads by a plan what it has validated before, and lets the library execute the rest."""

from __future__ import annotations

import asyncio
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError

from schema.admission import Admission, admit, admitted, telling_of_time
from schema.execution import PlannedExecution
from schema.known_queries import KnownQueries, KnownQuery, read_query
from schema.limits import Limits


class PlannedSchema(strawberry.Schema):
    """Strawberry's schema, with plans for queries.

    Args:
        limits: What a query that is read by its plan may cost, and how long it may take; the other limits were
            seen to when it was validated.
    """

    def __init__(self, *, limits: Limits, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self._known = KnownQueries()

    async def execute(  # type: ignore[override] # what follows is by name, and for the library alone
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        **options: Any,
    ) -> ExecutionResult:
        known = self._known.find(query, operation_name) if root_value is None else None
        if known is None or not issubclass(self.execution_context_class, PlannedExecution):
            return await super().execute(query, variable_values, context_value, root_value, operation_name, **options)
        variables = variable_values or {}
        weight = known.weight(self._schema, operation_name, variables)
        admission = await admit(self._limits, weight, context_value)
        result = await self._read(known, variables, context_value, admission)
        if result is not None:
            return result
        with admitted(admission):
            return await super().execute(query, variable_values, context_value, root_value, operation_name, **options)

    async def _read(
        self, known: KnownQuery, variables: dict[str, Any], context: object, admission: Admission
    ) -> ExecutionResult | None:
        """Return the answer to a query; None when it is for the library to give it."""
        if admission.refusal is not None:
            return PreExecutionError(data=None, errors=[admission.refusal], extensions=admission.extensions)
        try:
            with telling_of_time(self._limits):
                async with asyncio.timeout(self._limits.timeout_s):
                    data = await read_query(self._schema, self.execution_context_class, known, variables, context)
        except GraphQLError as error:
            return PreExecutionError(data=None, errors=[error], extensions=admission.extensions)
        return None if data is None else ExecutionResult(data=data, errors=None, extensions=admission.extensions)

    async def _prepare_operation_async(
        self, context: ExecutionContext, extensions_runner: SchemaExtensionsRunner
    ) -> PreExecutionError | None:
        """Learn what is valid."""
        refusal = await super()._prepare_operation_async(context, extensions_runner)
        if refusal is None and context.graphql_document is not None:
            self._known.learn(context.query or "", context._provided_operation_name, context.graphql_document)
        return refusal
