"""Counting how uploads end, stage by stage."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError
from app.ports.meter import Meter


class Metered(Protocol):
    """A service that has a meter."""

    @property
    def meter(self) -> Meter: ...


Service = TypeVar("Service", bound=Metered)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Method = Callable[Concatenate[Service, Arguments], Awaitable[Result]]
Counted = Callable[Concatenate[Service, Arguments], Coroutine[Any, Any, Result]]


def counts_upload(
    stage: str,
) -> Callable[[Method[Service, Arguments, Result]], Counted[Service, Arguments, Result]]:
    """Count each call of a service's method by how it ends."""

    def decorate(method: Method[Service, Arguments, Result]) -> Counted[Service, Arguments, Result]:
        @wraps(method)
        async def counted(self: Service, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            try:
                result = await method(self, *args, **kwargs)
            except Exception as error:
                self.meter.count_upload(stage, error.code if isinstance(error, DomainError) else ErrorCode.INTERNAL)
                raise
            self.meter.count_upload(stage, None)
            return result

        return counted

    return decorate
