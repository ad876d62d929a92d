"""The OpenAPI document of the older routes (https://spec.openapis.org/oas/v3.1.1.html)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import __version__
from app.rest.envelope import OldRoute
from app.rest.openapi.operations import FORM, JSON, OPERATIONS, Operation
from app.rest.openapi.schemas import COMPONENTS, Schema, object_of, ref
from app.web.addresses import base_url_of

_CONVERTOR = re.compile(r":[a-z]+\}")
_NO_REDIRECT = {
    "name": "auth_r",
    "in": "query",
    "schema": {"enum": ["0", "1"], "default": "1"},
    "description": "`0` answers who is signed out with an error rather than a redirect.",
}


def document_route(table: Sequence[OldRoute]) -> Route:
    """Return the route that answers with the document of these routes."""
    document = describe(table)

    async def openapi(request: Request) -> Response:
        base = base_url_of(request, request.app.state.settings)
        content = orjson.dumps({**document, "servers": [{"url": base}]})
        return Response(content, headers={"Content-Type": JSON, "X-Content-Type-Options": "nosniff"})

    return Route("/openapi.json", openapi)


def describe(table: Sequence[OldRoute]) -> dict[str, Any]:
    """Return the document. Raises: KeyError, for a route that nothing is said of."""
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        path = _CONVERTOR.sub("}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _describe(route, OPERATIONS[route.method, path])
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "GF Images: the older REST routes",
            "version": __version__,
            "description": "Kept for clients that are there. Failures are told by `status`, with 200, "
            "those of too many requests too, which say in `Retry-After` when to come back. "
            "New clients use GraphQL, at `/graphql`; each operation names its twin there.",
        },
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "GF-Api-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "Authorization"},
            },
        },
    }


def _describe(route: OldRoute, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": operation.summary,
        "description": f"In GraphQL: `{route.twin}`.",
        "deprecated": True,
        "parameters": [*operation.parameters, *([_NO_REDIRECT] if route.signed_in else [])],
        "security": [{"key": []}, {"bearer": []}, {"cookie": []}, *([] if route.signed_in else [{}])],
        "responses": _responses(route, operation),
    }
    if operation.body is not None:
        content = {JSON: {"schema": operation.body}}
        if operation.form is not None:
            content[FORM] = {"schema": operation.form}
        described["requestBody"] = {"required": operation.needs_body, "content": content}
    return described


def _responses(route: OldRoute, operation: Operation) -> dict[str, Any]:
    told: Mapping[int, Mapping[str, Schema]] = operation.answers or {200: {JSON: _enveloped(operation.data or {})}}
    answers = {str(status): _response(status, dict(media)) for status, media in told.items()}
    if route.signed_in:
        answers["302"] = {"description": "Signed out: the page to sign in at."}
    return answers


def _response(status: int, media: dict[str, Schema]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _MEANINGS[status]}
    if media:
        response["content"] = {name: {"schema": schema} if schema else {} for name, schema in media.items()}
    return response


def _enveloped(data: Schema) -> Schema:
    return {"oneOf": [object_of(data=data, status={"const": "OK"}), ref("Failure"), ref("SignedOut")]}


_MEANINGS = {
    200: "The answer, or an expected failure in the envelope.",
    206: "A part of the bytes.",
    304: "The client has it.",
    400: "The address is none.",
    403: "The address was altered, or is past its time.",
    404: "There is none that the caller may see.",
    416: "There is no such part.",
}
