"""Objects over HTTP: uploads come in, originals and thumbnails go out."""

from contextlib import aclosing

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from app.domain.errors import DomainError, InvalidInput, NotFound
from app.domain.viewer import ANONYMOUS
from app.ports.objects import ObjectStat, ReadHeaders
from app.services.objects import MovedObject, ObjectService
from app.web.addresses import base_url_of, media_url
from app.web.errors import error_response
from app.web.headers import SAFETY_HEADERS, is_not_modified, object_headers, requested_range, unsatisfiable_headers

SMALL_BYTES = 256 * 1024
"""An object, or a range of one, up to this size is sent in one piece."""

REDIRECT_CACHE = "private, max-age=240"
"""Less than the signed addresses of stores are good for."""

LINGER_BYTES = 1024 * 1024
LINGER_S = 2.0


async def receive_upload(request: Request) -> Response:
    """PUT: take the bytes of an upload."""
    try:
        byte_size = await request.app.state.services.reception.receive(
            path_param(request, "token"),
            request.headers.get("content-type", ""),
            _content_length(request),
            request.stream(),
        )
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except DomainError as error:
        return LingeringClose(error_response(error, {"Connection": "close"}))
    return JSONResponse({"byteSize": byte_size})


async def send_object(request: Request, *, follows: bool = False) -> Response:
    """GET and HEAD: an original or a thumbnail, whole or in part, unless the client has it already.

    Args:
        follows: Whether the address shows whatever is shown now; else what is no longer shown leads to what is.
    """
    objects: ObjectService = request.app.state.services.objects
    viewer = getattr(request.state, "viewer", ANONYMOUS)
    key = path_param(request, "key")
    opened = await objects.open(viewer, key, request.query_params.get("signature"), follows=follows)
    if isinstance(opened, MovedObject):
        return send_on(request, opened)
    return await send_stat(request, opened.stat, is_public=opened.is_public, is_lasting=opened.is_lasting)


def send_on(request: Request, moved: MovedObject) -> Response:
    """Send a client to what is shown now."""
    settings = request.app.state.settings
    address = media_url(base_url_of(request, settings), settings, moved.path)
    return RedirectResponse(address, 302, {"Cache-Control": "no-store", **SAFETY_HEADERS})


async def send_stat(request: Request, stat: ObjectStat, *, is_public: bool, is_lasting: bool = True) -> Response:
    """Answer with an object that its client may see."""
    headers = object_headers(stat, is_public=is_public, is_lasting=is_lasting)
    if not is_public and not is_not_modified(request.headers, stat):
        address = await _sign_read(request, stat, headers)
        if address is not None:
            caching = REDIRECT_CACHE if is_lasting else "no-store"
            return RedirectResponse(address, 307, {"Cache-Control": caching, **SAFETY_HEADERS})
    return await send_bytes(request, stat, headers)


async def send_bytes(request: Request, stat: ObjectStat, headers: dict[str, str]) -> Response:
    """Answer with the bytes of an object, whole or in part, unless the client has them already."""
    if is_not_modified(request.headers, stat):
        return Response(status_code=304, headers=headers)
    wanted = requested_range(request.headers, stat)
    if wanted is None:
        return await _send(request, stat, (0, stat.byte_size), 200, headers)
    start, end = wanted
    if start >= end:
        return Response(status_code=416, headers=unsatisfiable_headers(stat))
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{stat.byte_size}"
    return await _send(request, stat, wanted, 206, headers)


async def _send_named(request: Request) -> Response:
    return await send_object(request)


routes = [
    Route("/uploads/{token}", receive_upload, methods=["PUT"]),
    Route("/media/{key:path}", _send_named, methods=["GET"]),
]


async def _sign_read(request: Request, stat: ObjectStat, headers: dict[str, str]) -> str | None:
    """Return where the store itself sends an object that not everybody may see: no cache in between would keep it."""
    if request.method == "HEAD":
        return None
    objects: ObjectService = request.app.state.services.objects
    names = ("Content-Type", "Content-Disposition", "Cache-Control")
    return await objects.sign_read(stat, ReadHeaders(*(headers[name] for name in names)))


async def _send(
    request: Request, stat: ObjectStat, wanted: tuple[int, int], status: int, headers: dict[str, str]
) -> Response:
    objects: ObjectService = request.app.state.services.objects
    start, end = wanted
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    if end - start > SMALL_BYTES:
        return StreamingResponse(objects.read(stat, start, end), status, headers)
    async with aclosing(objects.read(stat, start, end)) as chunks:
        return Response(b"".join([chunk async for chunk in chunks]), status, headers)


class LingeringClose(Response):
    """An answer in the midst of a request's body, after which the connection is closed.

    A connection that is closed while bytes wait unread is reset, and on most systems a reset destroys the answer
    before the client has read it. So the answer is sent whole, and what still comes is thrown away, for a while.
    """

    def __init__(self, answer: Response) -> None:
        super().__init__(status_code=answer.status_code)
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_open(message: Message) -> None:
            await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

        await self.answer(scope, receive, send_open)
        if not any(name == b"expect" for name, _ in scope["headers"]):
            with anyio.move_on_after(LINGER_S):
                await _discard(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    """Read what is left of a request's body, up to a limit."""
    received = 0
    more = True
    while more and received <= LINGER_BYTES:
        message = await receive()
        received += len(message.get("body", b""))
        more = message.get("more_body", False)


def path_param(request: Request, name: str) -> str:
    """Return the rest of the path. Raises: NotFound for a line feed at its end, which the router passes over."""
    value: str = request.path_params[name]
    if not request.scope["path"].endswith(value):
        raise NotFound("There is nothing at this address.")
    return value


def _content_length(request: Request) -> int | None:
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput(f"The Content-Length {text[:80]!r} is no number of bytes.")
    return int(text)
