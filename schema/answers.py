"""The head of an answer: status, media type, and what caches may do with it."""

from __future__ import annotations

from collections.abc import Mapping

from strawberry.http import GraphQLHTTPResponse

from app.domain.error_code import ErrorCode
from app.web.errors import STATUS
from schema.caching import KEPT_FROM_CACHES

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"

_TELLING = (ErrorCode.TIMED_OUT, ErrorCode.RATE_LIMITED, ErrorCode.DOCUMENT_NOT_TRUSTED)
"""Codes whose status says more than that the request is at fault."""


def media_type_of(headers: Mapping[str, str]) -> str:
    """Return JSON as it always was for those who do not ask for the new one."""
    return RESPONSE_JSON if RESPONSE_JSON in headers.get("accept", "") else JSON


def head_of(
    data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], media_type: str | None, allowed: str
) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer, and take out of it what does not belong there.

    Args:
        allowed: What caches may do with an answer that went well.
    """
    status, headers = 200, {"Content-Type": f"{media_type}; charset=utf-8"}
    if isinstance(data, dict) and _is_refused(data):
        data.pop("data", None)
        refusals = _refusals(data)
        status = _refusal_status(refusals) if media_type == RESPONSE_JSON else 200
        headers |= _retry_header(refusals)
    return status, {**headers, "Cache-Control": _cache_control(data, allowed)}


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
    """Return 503 for what took too long, 429 for what came too often, 403 for a foreign document, else 400."""
    codes = [refusal.get("code") for refusal in refusals]
    return next((STATUS[code] for code in _TELLING if code in codes), 400)


def _retry_header(refusals: list[Mapping[str, object]]) -> dict[str, str]:
    """Return the header (RFC 9110, 10.2.3) that says when asking again makes sense, if that is known."""
    waits = [refusal["retryAfter"] for refusal in refusals if "retryAfter" in refusal]
    return {"Retry-After": str(waits[0])} if waits else {}


def _cache_control(data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], allowed: str) -> str:
    """Return what caches may do with an answer; one that they may keep tells nothing of its caller's rate."""
    if isinstance(data, list) or data.get("errors") or allowed == KEPT_FROM_CACHES:
        return KEPT_FROM_CACHES
    (data.get("extensions") or {}).pop("rateLimit", None)
    return allowed
