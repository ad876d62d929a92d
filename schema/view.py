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
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation
from strawberry.types.execution import PreExecutionError

from app.domain.audit import Door
from app.domain.errors import Busy, Unauthenticated
from app.domain.viewer import Viewer
from app.services.sign_in import SignInService
from app.settings import Settings
from app.web.addresses import base_url_of
from app.web.auth import Authenticator
from app.web.frames import WriteText, write_text_of
from app.web.rates import caller_of
from schema.answers import JSON, RESPONSE_JSON, head_of, media_type_of
from schema.broadcast import DIRECTLY
from schema.build import Schema
from schema.caching import KEPT_FROM_CACHES, cache_control_of, validate
from schema.context import Context
from schema.documents import operation_type
from schema.endings import EndingSocketHandler, EndingStream, telling_of_the_gone
from schema.idempotency import run_once
from schema.plain_requests import MAX_NAME_LENGTH, is_name, read_plainly
from schema.trusted_documents import TrustedDocuments, hash_of

EVENT_STREAM = "text/event-stream"


class SocketHandler(EndingSocketHandler):
    """The library's handler, for which a message of the wrong shape is the client's fault (4400)."""

    view: GraphQLView

    async def handle_message(self, message: Any) -> None:
        try:
            if message["type"] == "subscribe":
                _check_shape(message["payload"])
            await super().handle_message(message)
        except (KeyError, TypeError, AttributeError):
            await self.handle_invalid_message("The message has not the shape of its type.")

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run an operation, whose events are written without waking its task where the server can do that."""
        write = write_text_of(self.websocket.ws.scope)  # type: ignore[attr-defined] # the adapter of ASGI has it
        if write is not None:
            DIRECTLY.set(partial(_write_next, operation, write, orjson.dumps({"id": operation.id})[:-1]))
        await super().run_operation(operation)

    async def _handle_pre_execution_error(self, operation: Operation[Context, None], result: PreExecutionError) -> None:
        """Tell of any fault in a document by an `error`, which ends that operation and not the socket."""
        await operation.send_initial_errors(result.errors or [])

    async def handle_subscribe(self, message: Any) -> None:
        """Start an operation, which may be named by the hash of its document."""
        operation = message["payload"]
        if self.connection_acknowledged and message["id"] not in self.operations:
            try:
                operation["query"] = self.view.documents.text_of(
                    operation.get("query"), operation.get("extensions"), operation.get("documentId")
                )
            except GraphQLError as error:
                refusal = {"id": message["id"], "type": "error", "payload": [error.formatted]}
                await self.send_message(refusal)  # type: ignore[arg-type] # as the library sends its own
                return
        await super().handle_subscribe(message)


class GraphQLView(GraphQL[Context, None]):
    """Strawberry's ASGI view with our context, encoding and refusals."""

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self,
        schema: Schema,
        settings: Settings,
        authenticator: Callable[[], Authenticator],
        playground: Callable[[Request], Response] | None,
        documents: TrustedDocuments,
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
        self.documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive=receive, send=telling_of_the_gone(send)))
            return
        request = Request(scope, receive)
        try:
            response = validate(request, await run_once(request, self.run_request, self.documents))
        except GraphQLError as error:
            response = self.create_response({"errors": [error.formatted]}, await self.get_sub_response(request))
        except HTTPException as error:
            response = JSONResponse({"errors": [{"message": error.reason}]}, status_code=error.status_code)
            if error.status_code == 405:
                response.headers["Allow"] = "POST" if scope["method"] == "GET" else "GET, POST"
        await response(scope, receive, send)

    async def run_request(self, request: Request) -> Response:
        """Return the answer to a request; a plain one does without the library's view."""
        plain = await read_plainly(request, self.documents)
        if plain is None:
            return await self.run(request)
        result = await self.schema.execute(
            plain.query,
            variable_values=plain.variables,
            context_value=self._context_of(request),
            operation_name=plain.operation_name,
            operation_extensions=plain.extensions,
        )
        answer = process_result(result)
        status, headers = head_of(answer, media_type_of(request.headers), KEPT_FROM_CACHES)
        return Response(orjson.dumps(answer), status_code=status, headers=headers)

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 - the library's own signature
    ) -> Context:
        return self._context_of(request)

    def _context_of(self, request: Request | WebSocket) -> Context:
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
            if isinstance(error, Unauthenticated):
                refused = context.services.refused_sign_ins
                await refused.keep(Door.GRAPHQL, context.caller.address, context.request_id)
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
        if not is_name(data.operation_name):
            raise HTTPException(400, f"The `operationName` must be null or a text of {MAX_NAME_LENGTH} at most.")
        if data.query and request.method == "GET" and not self._may_be_asked_by_get(request):
            raise HTTPException(406, f"A query by GET is answered to `Accept: {JSON}`, or to a `documentId`.")
        document_id = None if data.query else await self._document_id(request)
        data = replace(data, query=self.documents.text_of(data.query, data.extensions, document_id))
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

    async def _document_id(self, request: AsyncHTTPRequestAdapter) -> object:
        if request.method == "GET":
            return request.query_params.get("documentId")
        return self.decode_json(await request.get_body()).get("documentId")

    def _may_be_asked_by_get(self, request: AsyncHTTPRequestAdapter) -> bool:
        """Tell whether a query's text may come by GET: in production not by a foreign page's link, image or form."""
        accepted = _header(request.headers, "accept")
        return self.settings.is_development or any(name in accepted for name in (JSON, RESPONSE_JSON, EVENT_STREAM))

    def should_render_graphql_ide(self, request: Any) -> bool:
        return (
            request.method == "GET"
            and not {"query", "documentId", "extensions"} & set(request.query_params)
            and "text/html" in _header(request.headers, "accept")
        )

    async def render_graphql_ide(self, request: Request) -> Response:
        if self.playground is None:
            raise HTTPException(404, "There is no page here.")
        return self.playground(request)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Note the media type of the answer, and what caches may do with it."""
        response = await super().get_sub_response(request)
        response.media_type = media_type_of(request.headers)
        if isinstance(request, Request):
            response.headers["Cache-Control"] = cache_control_of(request, self.settings)
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """Answer as GraphQL over HTTP says: without `data` when it has none, which is no 200 for the new media type."""
        status, headers = head_of(response_data, sub_response.media_type, sub_response.headers["Cache-Control"])
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


def _write_next(operation: Operation[Context, None], write: WriteText, head: bytes, payload: bytes) -> bool:
    """Write a `next` message of graphql-transport-ws, of which only the id is the operation's own."""
    return not operation.completed and write(b'%b,"type":"next","payload":%b}' % (head, payload))


def _check_shape(operation: Mapping[str, object]) -> None:
    """Raises: TypeError when a part of an operation is of another type than GraphQL over HTTP gives it."""
    shapes = {"variables": dict, "extensions": dict}
    if not is_name(operation.get("operationName")) or not all(
        isinstance(operation.get(name), kind | None) for name, kind in shapes.items()
    ):
        raise TypeError
    extensions, query = operation.get("extensions"), operation.get("query")
    is_named = hash_of(extensions, operation.get("documentId")) is not None  # type: ignore[arg-type]
    if not isinstance(query, str | None) or not (query or is_named):
        raise TypeError


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
