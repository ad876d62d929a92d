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

log = logging.getLogger(__name__)


async def livez(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> Response:
    """Answer 200 when the database and a store answer and can be written, 503 with their names otherwise.

    Each of several stores is told by its name: while one of them answers, pictures are read, so no replica that is
    away, nor the primary, is a reason to be left out. Neither is Redis: without it all goes on, only slower.
    A process that is about to stop is not ready.
    """
    services: Services = request.app.state.services
    checks = {"database": services.records.check}
    stores = {f"storage.{name}": store.check for name, store in services.stores.items()}
    checks |= stores if len(stores) > 1 else {"storage": services.blobs.check}
    if services.bus.redis is not None:
        checks["redis"] = services.bus.check
    results = dict(zip(checks, await asyncio.gather(*(_passes(check) for check in checks.values())), strict=True))
    can_read = any(passed for name, passed in results.items() if name.startswith("storage"))
    is_ready = results["database"] and can_read and not services.stopping.is_set()
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
