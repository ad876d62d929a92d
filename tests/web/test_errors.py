"""How failures are answered over plain HTTP."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from app.domain.error_code import ErrorCode
from app.domain.errors import (
    AlreadyCompleted,
    Busy,
    DomainError,
    InsufficientStorage,
    NotFound,
    Unauthenticated,
)
from app.web.errors import EXCEPTION_HANDLERS, STATUS


async def answer_to(error: Exception) -> httpx.Response:
    async def fail(request):
        raise error

    app = Starlette(routes=[Route("/fails", fail)], exception_handlers=EXCEPTION_HANDLERS)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/fails")


def all_errors(of: type[DomainError] = DomainError) -> set[type[DomainError]]:
    return {kind for child in of.__subclasses__() for kind in {child, *all_errors(child)}}


def test_every_code_has_a_status():
    assert set(STATUS) == set(ErrorCode)
    assert {error.code for error in all_errors() if hasattr(error, "code")} <= set(STATUS)


def test_only_what_is_the_fault_of_the_server_has_a_status_of_500_and_more():
    at_fault = {code for code, status in STATUS.items() if status >= 500}

    assert at_fault == {
        ErrorCode.INTERNAL,
        ErrorCode.BUSY,
        ErrorCode.INSUFFICIENT_STORAGE,
        ErrorCode.DATABASE_UNAVAILABLE,
        ErrorCode.STORAGE_UNAVAILABLE,
        ErrorCode.DAMAGED_OBJECT,
        ErrorCode.MAIL_NOT_SET_UP,
        ErrorCode.MAIL_UNAVAILABLE,
        ErrorCode.MODEL_UNAVAILABLE,
        ErrorCode.TIMED_OUT,
    }


async def test_an_expected_failure_is_told_with_its_code_and_message():
    answer = await answer_to(NotFound("There is no image 'x'."))

    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": "NOT_FOUND", "message": "There is no image 'x'."}}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Retry-After" not in answer.headers


async def test_a_kind_of_conflict_is_one():
    assert (await answer_to(AlreadyCompleted("Done.", job_id="job:1"))).status_code == 409


@pytest.mark.parametrize(("error", "status", "retry_after"), [(Busy, 503, "1"), (InsufficientStorage, 507, "60")])
async def test_tells_when_to_come_back(error, status, retry_after):
    answer = await answer_to(error("Later."))

    assert (answer.status_code, answer.headers["Retry-After"]) == (status, retry_after)


async def test_tells_how_to_sign_in():
    assert (await answer_to(Unauthenticated("Sign in first."))).headers["WWW-Authenticate"] == "Bearer"


async def test_a_bug_is_masked():
    answer = await answer_to(RuntimeError("secret detail"))

    assert answer.status_code == 500
    assert answer.json() == {"error": {"code": "INTERNAL", "message": "Something went wrong on the server."}}


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "NOT_FOUND"), (405, "INVALID_INPUT"), (413, "TOO_LARGE"), (503, "BUSY"), (501, "INTERNAL")],
)
async def test_what_the_framework_refuses_looks_the_same(status, code):
    answer = await answer_to(HTTPException(status, headers={"Allow": "PUT"}))

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["Allow"] == "PUT"
