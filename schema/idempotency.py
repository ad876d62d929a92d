"""Mutations that are done once, however often they are sent: the `Idempotency-Key` of a request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response

from app.container.bundle import Services
from app.domain.errors import DomainError, retry_after_of
from app.domain.rate import OperationClass
from app.domain.viewer import Viewer
from app.services.idempotency import Answer
from app.web.errors import STATUS
from app.web.rates import caller_of
from schema.context import Context
from schema.documents import operation_type
from schema.trusted_documents import TrustedDocuments

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
PARTS = ("operationName", "variables", "extensions")


async def run_once(
    request: Request, run: Callable[[Request], Awaitable[Response]], documents: TrustedDocuments
) -> Response:
    """Run a request, or answer it as the first time when it is a mutation that its user has sent before.

    Who is signed out can change nothing, so nothing is kept for them.
    """
    key, viewer = request.headers.get(HEADER), _viewer_of(request)
    if key is None or viewer.user_id is None or request.method != "POST":
        return await run(request)
    asked = _mutation_in(await request.body(), documents)
    if asked is None:
        return await run(request)
    responses: list[Response] = []

    async def act() -> Answer:
        response = await run(request)
        responses.append(response)
        context: Context = request.state.context
        return Answer(_text_of(response), context.is_settled)

    services: Services = request.app.state.services
    try:
        text = await services.idempotency.run(viewer.user_id, key, asked, act)
        if text is None:
            return responses[0]
        await services.rates.take(caller_of(request, viewer), {OperationClass.WRITE: 1})
        return _response_of(text)
    except DomainError as error:
        return refuse(error)


def refuse(error: DomainError) -> Response:
    """Return the answer to an operation that is not looked at, with the status of its error."""
    retry_after_s = retry_after_of(error)
    extensions: dict[str, object] = {"code": error.code}
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    if retry_after_s is not None:
        extensions["retryAfter"] = retry_after_s
        headers["Retry-After"] = str(retry_after_s)
    body = orjson.dumps({"errors": [{"message": error.message, "extensions": extensions}]})
    return Response(body, STATUS[error.code], headers)


def _viewer_of(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    return viewer


def _mutation_in(body: bytes, documents: TrustedDocuments) -> bytes | None:
    """Return what a mutation asks, the same however it is written; None for what is no mutation."""
    try:
        decoded = orjson.loads(body)
        query = documents.text_of(decoded.get("query"), decoded.get("extensions"), decoded.get("documentId"))
        name = decoded.get("operationName")
    except (json.JSONDecodeError, TypeError, AttributeError, GraphQLError):
        return None
    if not isinstance(query, str) or not isinstance(name, str | None):
        return None
    if operation_type(query, name) is not OperationType.MUTATION:
        return None
    asked = {"query": query, **{part: decoded.get(part) for part in PARTS}}
    return orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)


def _text_of(response: Response) -> str:
    kept = {"status": response.status_code, "type": response.headers["content-type"]}
    return orjson.dumps({**kept, "body": bytes(response.body).decode()}).decode()


def _response_of(text: str) -> Response:
    kept = orjson.loads(text)
    headers = {"Content-Type": kept["type"], "Cache-Control": "no-store", **REPLAYED}
    return Response(kept["body"], kept["status"], headers)
