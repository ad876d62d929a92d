"""The envelope: what every answer of the REST routes is wrapped in, failures too."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.container.bundle import Services
from app.domain.audit import Door, things_in
from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError, retry_after_of
from app.domain.rate import OperationClass
from app.domain.viewer import Viewer
from app.rest.arguments import Body, BodyTooLarge, Query, read_body, read_bytes
from app.rest.errors import Refusal, error_type_of
from app.rest.signing_in import viewer_of
from app.rest.wire import answers, requests
from app.settings import Settings
from app.web.addresses import base_url_of, media_url
from app.web.objects import LingeringClose
from app.web.rates import caller_of

SIGN_IN_PAGE = "/"
GRAPHQL = "/graphql"
DOCUMENTATION = "/openapi"
DEPRECATED_SINCE = 1_795_564_800
"""Unix seconds: 2026-11-25."""

_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A request: what it says, who asks, and the services that answer."""

    request: Request
    viewer: Viewer

    @property
    def services(self) -> Services:
        services: Services = self.request.app.state.services
        return services

    @property
    def query(self) -> Query:
        return Query(self.request)

    async def body(self, *, may_be_empty: bool = False, long: Collection[str] = ()) -> Body:
        """Return the body; `long` names texts that are lists by themselves. Raises: Refusal."""
        body = await read_body(self.request, may_be_empty=may_be_empty, long=long)
        self.request.state.body = body.values
        return body

    async def raw_body(self, max_bytes: int) -> bytes:
        """Return the body as it came. Raises: BodyTooLarge."""
        return await read_bytes(self.request, max_bytes)

    def absolute(self, path: str) -> str:
        return path if "://" in path else f"{base_url_of(self.request, self._settings)}{path}"

    def media(self, path: str) -> str:
        return media_url(base_url_of(self.request, self._settings), self._settings, path)

    @property
    def _settings(self) -> Settings:
        settings: Settings = self.request.app.state.settings
        return settings


Handler = Callable[[Call], Awaitable[Mapping[str, object] | Response]]


@dataclass(frozen=True, slots=True)
class OldRoute:
    """One of the older routes.

    Attributes:
        twin: What does the same in GraphQL.
        name: The pattern that failures tell, when it is not the path.
        signed_in: Whether it is for those alone who are signed in.
        counted_as: Which rate a request takes a point of; None for those of objects, which are not counted.
    """

    method: str
    path: str
    handler: Handler
    twin: str
    name: str = ""
    signed_in: bool = False
    counted_as: OperationClass | None = OperationClass.READ

    @property
    def changes(self) -> bool:
        """Whether it is there to change something, and so leaves an entry in the audit log."""
        return self.counted_as not in (None, OperationClass.READ)

    @property
    def action(self) -> str:
        """What the audit log calls it: the mutation that does the same, or else its path."""
        kind, _, name = self.twin.partition(".")
        return name if kind == "Mutation" else self.path


def mount(route: OldRoute) -> Route:
    """Return a route whose handler's answer is put into the envelope, and leads to its twin.

    The headers are those of RFC 9745 and RFC 8288.
    """
    leads = {
        "Deprecation": f"@{DEPRECATED_SINCE}",
        "Link": f'<{GRAPHQL}>; rel="successor-version"; title="{route.twin}", <{DOCUMENTATION}>; rel="deprecation"',
    }

    async def endpoint(request: Request) -> Response:
        answer = await _answer(request, route)
        answer.headers.update(leads)
        return answer

    return Route(route.path, endpoint, methods=[route.method])


async def _answer(request: Request, route: OldRoute) -> Response:
    pattern = route.name or route.path
    try:
        return await _handle(request, route)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except BodyTooLarge as refusal:
        answer = _refuse(pattern, refusal.error_type, refusal.message)
        answer.headers["Connection"] = "close"
        return LingeringClose(answer)
    except Refusal as refusal:
        return _refuse(pattern, refusal.error_type, refusal.message)
    except DomainError as error:
        return _fail(pattern, error)
    except Exception:
        log.exception("route met a bug", extra={"request_id": request.state.request_id})
        return _envelope(answers.bug(request.url.path), answers.ERROR)


async def _handle(request: Request, route: OldRoute) -> Response:
    viewer = await viewer_of(request)
    if route.counted_as is not None:
        await request.app.state.services.rates.take(caller_of(request, viewer), {route.counted_as: 1})
    if route.signed_in and viewer.user is None:
        return _send_to_sign_in(request)
    answer = await _run(Call(request, viewer), route)
    return answer if isinstance(answer, Response) else _envelope(answer, answers.OK)


async def _run(call: Call, route: OldRoute) -> Mapping[str, object] | Response:
    """Let the route answer, and keep in the audit log what changes something."""
    if call.viewer.user is None or not route.changes:
        return await route.handler(call)
    request, audit = call.request, call.services.audit
    caller, asked = caller_of(request, call.viewer), list(request.query_params.values())
    async with audit.record(Door.REST, route.action, caller, request.state.request_id, things_in(asked)) as account:
        try:
            answer = await route.handler(call)
        except Refusal:
            account.refuse(ErrorCode.INVALID_INPUT)
            raise
        finally:
            account.name(things_in(getattr(request.state, "body", None)))
        account.name(things_in(None if isinstance(answer, Response) else answer))
        return answer


def _send_to_sign_in(request: Request) -> Response:
    if requests.wants_no_redirect(Query(request)):
        return _envelope(answers.unauthorized(), answers.ERROR)
    return RedirectResponse(SIGN_IN_PAGE, 302, {"Cache-Control": "no-store"})


def _fail(pattern: str, error: DomainError) -> Response:
    answer = _refuse(pattern, error_type_of(error), error.message)
    retry_after_s = retry_after_of(error)
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def _refuse(pattern: str, error_type: str, message: str) -> Response:
    return _envelope(answers.failure(pattern, error_type, message), answers.ERROR)


def _envelope(data: Mapping[str, object], status: str) -> Response:
    return Response(orjson.dumps(answers.envelope(data, status)), headers=_HEADERS)
