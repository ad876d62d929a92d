"""The endpoint: GraphQL over HTTP, WebSocket (graphql-transport-ws) and SSE."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

from app.domain.error_code import ErrorCode
from app.domain.errors import Busy, Unauthenticated
from app.domain.viewer import Viewer
from app.services.sign_in import SignInService
from app.settings import Settings
from app.web.addresses import base_url_of
from app.web.auth import Authenticator
from app.web.errors import STATUS
from app.web.rates import caller_of
from schema.build import Schema
from schema.context import Context
from schema.documents import operation_type
from schema.endings import EndingSocketHandler, EndingStream
from schema.idempotency import run_once

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"


class SocketHandler(EndingSocketHandler):
    """The library's handler, for which a message of the wrong shape is the client's fault (4400)."""

    async def handle_message(self, message: Any) -> None:
        try:
            if message["type"] == "subscribe":
                _check_shape(message["payload"])
            await super().handle_message(message)
        except (KeyError, TypeError, AttributeError):
            await self.handle_invalid_message("The message has not the shape of its type.")


class GraphQLView(GraphQL[Context, None]):
    """Strawberry's ASGI view with our context, encoding and refusals."""

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self,
        schema: Schema,
        settings: Settings,
        authenticator: Callable[[], Authenticator],
        playground: Callable[[Request], Response] | None,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if playground else None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=5),
            max_subscriptions_per_connection=50,
            allowed_origins=settings.allowed_origins,
        )
        self.settings = settings
        self.authenticator = authenticator
        self.playground = playground

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive=receive, send=send))
            return
        try:
            response = await run_once(Request(scope, receive), self.run)
        except HTTPException as error:
            response = JSONResponse({"errors": [{"message": error.reason}]}, status_code=error.status_code)
            if error.status_code == 405:
                response.headers["Allow"] = "POST" if scope["method"] == "GET" else "GET, POST"
        await response(scope, receive, send)

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 - the library's own signature
    ) -> Context:
        context = Context(
            services=request.app.state.services,
            settings=self.settings,
            base_url=base_url_of(request, self.settings),
            request_id=request.state.request_id,
            viewer=request.state.viewer,
            caller=caller_of(request, request.state.viewer),
        )
        request.state.context = context
        return context

    async def on_ws_connect(self, context: Context) -> Any:
        try:
            viewer = await self.authenticator().viewer_of_params(context.connection_params)
        except (Unauthenticated, Busy) as error:
            raise ConnectionRejectionError from error
        if viewer is not None:
            context.viewer = viewer
            context.caller = replace(context.caller, user_id=viewer.user_id, key_id=viewer.key_id)
        return await super().on_ws_connect(context)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """Read one operation, and stream nothing but subscriptions: clients list text/event-stream for queries, too."""
        data = await super().parse_http_body(request)
        if isinstance(data, list):
            raise HTTPException(400, "Batches are not taken: send one operation a request.")
        if not isinstance(data.operation_name, str | None):
            raise HTTPException(400, "The `operationName` must be a string or null.")
        kind = operation_type(data.query, data.operation_name)
        if kind is OperationType.MUTATION and request.method == "GET":
            raise HTTPException(405, "Mutations are sent by POST.")
        if kind is OperationType.SUBSCRIPTION:
            if data.protocol != "sse":
                raise HTTPException(
                    406, f"A subscription is answered over a WebSocket, or to `Accept: {EVENT_STREAM}`."
                )
            return data
        return replace(data, protocol="http")

    def should_render_graphql_ide(self, request: Any) -> bool:
        return (
            request.method == "GET"
            and "query" not in request.query_params
            and "text/html" in _header(request.headers, "accept")
        )

    async def render_graphql_ide(self, request: Request) -> Response:
        if self.playground is None:
            raise HTTPException(404, "There is no page here.")
        return self.playground(request)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Note the media type of the answer; JSON as it always was for those who do not ask for the new one."""
        response = await super().get_sub_response(request)
        response.media_type = RESPONSE_JSON if RESPONSE_JSON in request.headers.get("accept", "") else JSON
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """Answer as GraphQL over HTTP says: without `data` when it has none, which is no 200 for the new media type."""
        status = 200
        headers = {"Content-Type": f"{sub_response.media_type}; charset=utf-8", "Cache-Control": "no-store"}
        if isinstance(response_data, dict) and _is_refused(response_data):
            response_data.pop("data", None)
            refusals = _refusals(response_data)
            status = _refusal_status(refusals) if sub_response.media_type == RESPONSE_JSON else 200
            headers |= _retry_header(refusals)
        return Response(self.encode_json(response_data), status_code=status, headers=headers)

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        viewer: Viewer = request.state.viewer
        if not viewer.can_end:
            return await super().create_streaming_response(request, stream, sub_response, headers)
        sign_in: SignInService = request.app.state.services.sign_in
        return EndingStream(stream(), headers, partial(sign_in.wait_for_end, viewer))

    def decode_json(self, data: str | bytes) -> dict[str, Any]:
        """Return an object; anything else is answered as JSON that cannot be read."""
        decoded = orjson.loads(data)
        if not isinstance(decoded, dict):
            raise json.JSONDecodeError("not an object", "", 0)
        return decoded

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()


def _check_shape(operation: Mapping[str, object]) -> None:
    """Raises: TypeError when a part of an operation is of another type than GraphQL over HTTP gives it."""
    shapes = {"operationName": str, "variables": dict, "extensions": dict}
    if not isinstance(operation.get("query"), str) or not all(
        isinstance(operation.get(name), kind | None) for name, kind in shapes.items()
    ):
        raise TypeError


def _is_refused(response: GraphQLHTTPResponse) -> bool:
    """Tell whether an operation was refused before anything ran: no data, and no error has a path."""
    errors = response.get("errors")
    return (
        bool(errors)
        and response.get("data") is None
        and not any(isinstance(error, dict) and "path" in error for error in errors or ())
    )


def _refusals(response: GraphQLHTTPResponse) -> list[Mapping[str, object]]:
    """Return what is told of each error beside its message."""
    return [error.get("extensions", {}) for error in response["errors"] or () if isinstance(error, dict)]


def _refusal_status(refusals: list[Mapping[str, object]]) -> int:
    """Return 503 for what took too long, 429 for what came too often, 400 for what could not run."""
    codes = [refusal.get("code") for refusal in refusals]
    return next((STATUS[code] for code in (ErrorCode.TIMED_OUT, ErrorCode.RATE_LIMITED) if code in codes), 400)


def _retry_header(refusals: list[Mapping[str, object]]) -> dict[str, str]:
    """Return the header (RFC 9110, 10.2.3) that says when asking again makes sense, if that is known."""
    waits = [refusal["retryAfter"] for refusal in refusals if "retryAfter" in refusal]
    return {"Retry-After": str(waits[0])} if waits else {}


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
