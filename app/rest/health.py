"""Whether the server runs, as old clients ask."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


async def healthz(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
    return Response()


async def tester(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
    return JSONResponse({"test": "ok"})
