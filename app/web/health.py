"""Whether the server runs, and whether it can do its work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.container.bundle import Services
from app.domain.errors import DomainError

CHECK_TIMEOUT_S = 3.0
NEEDED = ("database", "storage")

log = logging.getLogger(__name__)


async def livez(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> Response:
    """Answer 200 when the database and the store answer and can be written, 503 with their names otherwise.

    Without Redis everything goes on, only slower: that is told, and is no reason to be left out.
    A process that is about to stop is not ready.
    """
    services: Services = request.app.state.services
    checks = {"database": services.records.check, "storage": services.blobs.check}
    if services.bus.redis is not None:
        checks["redis"] = services.bus.check
    results = dict(zip(checks, await asyncio.gather(*(_passes(check) for check in checks.values())), strict=True))
    is_ready = all(results[name] for name in NEEDED) and not services.stopping.is_set()
    return JSONResponse(
        {name: "ok" if passed else "failed" for name, passed in results.items()},
        status_code=200 if is_ready else 503,
        headers={"Cache-Control": "no-store"},
    )


async def _passes(check: Callable[[], Awaitable[None]]) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except (DomainError, TimeoutError, OSError) as error:
        log.warning("health check failed", extra={"reason": type(error).__name__})
        return False
    return True


routes = [Route("/livez", livez), Route("/readyz", readyz)]
