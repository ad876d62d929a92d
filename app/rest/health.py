"""Whether the server runs, as old clients ask."""

from starlette.responses import JSONResponse, Response

from app.rest.envelope import Call


async def healthz(call: Call) -> Response:  # noqa: ARG001 - a handler's signature
    return Response()


async def tester(call: Call) -> Response:  # noqa: ARG001 - a handler's signature
    return JSONResponse({"test": "ok"})
