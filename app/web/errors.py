"""How a failure is answered over plain HTTP: `{"error": {"code", "message"}}` with the status of its code."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError, retry_after_of
from app.web.headers import SAFETY_HEADERS

STATUS: Mapping[ErrorCode, HTTPStatus] = {
    ErrorCode.INVALID_INPUT: HTTPStatus.BAD_REQUEST,
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.CONFLICT: HTTPStatus.CONFLICT,
    ErrorCode.NOT_UPLOADED: HTTPStatus.CONFLICT,
    ErrorCode.ALREADY_UPLOADED: HTTPStatus.CONFLICT,
    ErrorCode.ALREADY_COMPLETED: HTTPStatus.CONFLICT,
    ErrorCode.JOB_FINISHED: HTTPStatus.CONFLICT,
    ErrorCode.INVALID_SIGNATURE: HTTPStatus.FORBIDDEN,
    ErrorCode.EXPIRED: HTTPStatus.FORBIDDEN,
    ErrorCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.SIZE_MISMATCH: HTTPStatus.BAD_REQUEST,
    ErrorCode.HASH_MISMATCH: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TYPE_MISMATCH: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.NOT_AN_IMAGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.UNSUPPORTED_FORMAT: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.CORRUPT: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TOO_MANY_PIXELS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TOO_MANY_FRAMES: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TOO_MANY_SCANS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TOO_MANY_PARTS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.DECODE_TIMEOUT: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.DECODER_DIED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.PLUGIN_FAILED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.VETOED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.DATABASE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.STORAGE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.DAMAGED_OBJECT: HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorCode.SOURCE_UNREADABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.FETCH_REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.FETCH_FAILED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.FETCH_STATUS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.FETCH_INCOMPLETE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.LEASE_LOST: HTTPStatus.CONFLICT,
    ErrorCode.TOO_MANY_ATTEMPTS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.CANCELLED: HTTPStatus.CONFLICT,
    ErrorCode.UNDELIVERABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.MAIL_NOT_SET_UP: HTTPStatus.NOT_IMPLEMENTED,
    ErrorCode.MAIL_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.QUOTA_EXCEEDED: HTTPStatus.FORBIDDEN,
    ErrorCode.INSUFFICIENT_STORAGE: HTTPStatus.INSUFFICIENT_STORAGE,
    ErrorCode.KEY_REUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.REQUEST_IN_PROGRESS: HTTPStatus.CONFLICT,
    ErrorCode.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.LIMIT_EXCEEDED: HTTPStatus.BAD_REQUEST,
    ErrorCode.TIMED_OUT: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.LAGGED: HTTPStatus.REQUEST_TIMEOUT,
    ErrorCode.PERSISTED_QUERY_NOT_FOUND: HTTPStatus.BAD_REQUEST,
    ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED: HTTPStatus.BAD_REQUEST,
    ErrorCode.DOCUMENT_NOT_TRUSTED: HTTPStatus.FORBIDDEN,
    ErrorCode.IMAGE_NOT_READY: HTTPStatus.CONFLICT,
    ErrorCode.MODEL_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.MODEL_FAILED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.MODEL_TIMEOUT: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_CODES_OF_REFUSALS = {404: ErrorCode.NOT_FOUND, 413: ErrorCode.TOO_LARGE, 503: ErrorCode.BUSY}


def error_response(error: DomainError, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to an expected failure, which no cache may keep."""
    return _answer(STATUS[error.code], error.code, error.message, {**_headers_of(error), **(headers or {})})


async def answer_failure(_request: Request, error: Exception) -> Response:
    """Answer a failure of any kind; without a word about it when it is a bug, which the framework logs."""
    if isinstance(error, DomainError):
        return error_response(error)
    if isinstance(error, HTTPException):
        return _refusal(error)
    return _answer(500, ErrorCode.INTERNAL, "Something went wrong on the server.", {})


EXCEPTION_HANDLERS = dict.fromkeys((DomainError, HTTPException, Exception), answer_failure)
"""For the whole application: `Starlette(exception_handlers=EXCEPTION_HANDLERS)`."""


def _refusal(error: HTTPException) -> Response:
    """Answer what the framework refuses by itself: an unknown path, a wrong method."""
    fallback = ErrorCode.INTERNAL if error.status_code >= 500 else ErrorCode.INVALID_INPUT
    code = _CODES_OF_REFUSALS.get(error.status_code, fallback)
    headers = dict(error.headers or {})
    if "Allow" in headers:  # the framework keeps methods in a set
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    return _answer(error.status_code, code, f"{error.detail.removesuffix('.')}.", headers)


def _answer(status: int, code: ErrorCode, message: str, headers: Mapping[str, str]) -> Response:
    content = {"error": {"code": code.value, "message": message}}
    return JSONResponse(content, status, {"Cache-Control": "no-store", **SAFETY_HEADERS, **headers})


def _headers_of(error: DomainError) -> dict[str, str]:
    retry_after_s = retry_after_of(error)
    if retry_after_s is not None:
        return {"Retry-After": str(retry_after_s)}
    if error.code is ErrorCode.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    return {}
