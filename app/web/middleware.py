"""What every request passes: an id, the viewer, a limit of its body."""

import secrets
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.container.bundle import Services
from app.domain.audit import Door
from app.domain.errors import Busy, Unauthenticated
from app.domain.viewer import ANONYMOUS
from app.web.auth import Authenticator
from app.web.errors import error_response
from app.web.rates import address_of

_DOORS = {"/graphql": Door.GRAPHQL, "/session": Door.SESSION}


class RequestId:
    """Gives each request an id, which the answer and the log carry."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        await self.app(scope, receive, send_with_id)


class Authentication:
    """Finds the viewer, and answers 401 when a key or token was sent that is none.

    Args:
        lenient: How paths begin whose routes answer by themselves those who are not signed in.
    """

    def __init__(self, app: ASGIApp, authenticator: Callable[[], Authenticator], lenient: tuple[str, ...] = ()) -> None:
        self.app = app
        self.authenticator = authenticator
        self.lenient = lenient

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        try:
            state["viewer"] = await self.authenticator().viewer_of(HTTPConnection(scope))
        except (Unauthenticated, Busy) as error:
            if isinstance(error, Unauthenticated):
                await _keep_refusal(scope)
            is_lenient = isinstance(error, Unauthenticated) and scope["path"].startswith(self.lenient)
            if scope["type"] == "http" and not is_lenient:
                await error_response(error)(scope, receive, send)
                return
            # A socket may still sign in by its first message; until then it is nobody's.
            state["viewer"] = ANONYMOUS
        await self.app(scope, receive, send)


async def _keep_refusal(scope: Scope) -> None:
    services: Services = scope["app"].state.services
    door = _DOORS.get(scope["path"], Door.REST)
    address = address_of(HTTPConnection(scope))
    await services.refused_sign_ins.keep(door, address, scope["state"].get("request_id", ""))


class BodyLimit:
    """Refuses bodies over a limit, announced or not, before they are held in memory."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = HTTPConnection(scope).headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > self.max_bytes:
            raise self._too_large()
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise self._too_large()
            return message

        await self.app(scope, receive_counted, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body has more than {self.max_bytes} bytes.")
