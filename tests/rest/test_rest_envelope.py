"""The envelope of the REST routes, byte for byte, and who gets past it."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.domain.viewer import ANONYMOUS
from app.rest.envelope import Call, OldRoute, mount
from app.rest.routes import TABLE
from tests.rest.old_client import OldClient, data_of, failure_of
from tests.serving import ADMIN_KEY, RunningServer

SIGNED_IN_ROUTES = [(route.method, route.path) for route in TABLE if route.signed_in]


def test_wraps_a_success(signed_out: OldClient) -> None:
    answer = signed_out.get("/v1/images/get", img_id="0" * 32)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == b'{"data":{"image_exists_bool":false,"image_export_map":null},"status":"OK"}'


def test_wraps_a_failure(signed_out: OldClient) -> None:
    answer = signed_out.get("/v1/images/get")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == (
        b'{"data":{"handler_error_user_msg":"handler /v1/images/get failed",'
        b'"gf_error_type":"verify__input_data_missing_in_req_error",'
        b'"gf_error_user_msg":"failed to get img_id arg from request query string"},"status":"ERROR"}'
    )


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ROUTES)
@pytest.mark.parametrize("key", [None, "gf_000000000000_nobody"])
def test_tells_the_uploader_that_it_is_signed_out(
    shared_server: RunningServer, method: str, path: str, key: str | None
) -> None:
    headers = {"GF-Api-Key": key} if key else {}

    answer = httpx.request(method, f"{shared_server.url}{path}?auth_r=0", headers=headers)

    assert answer.status_code == 200
    assert answer.content == b'{"data":{"handler_error_user_msg":"unauthorized access"},"status":"ERROR"}'


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ROUTES)
def test_sends_a_page_to_sign_in(shared_server: RunningServer, method: str, path: str) -> None:
    answer = httpx.request(method, f"{shared_server.url}{path}?auth_r=1")

    assert (answer.status_code, answer.headers["location"], answer.content) == (302, "/", b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"GF-Api-Key": ADMIN_KEY},
        {"Authorization": f"Bearer {ADMIN_KEY}"},
        {"Cookie": f"Authorization=Bearer {ADMIN_KEY}"},
        {"Cookie": f'gf_sess=old; Authorization="Bearer {ADMIN_KEY}"', "gf_sess": "old"},
    ],
)
def test_signs_in_by_any_of_three(shared_server: RunningServer, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{shared_server.url}/v1/images/upload_init?imgf=png", headers=headers)

    assert data_of(answer)["upload_info_map"]["user_id_str"] == "user:admin"


def test_takes_no_cookie_along_with_what_a_foreign_page_sends(shared_server: RunningServer) -> None:
    headers = {"Cookie": f"Authorization=Bearer {ADMIN_KEY}", "Origin": "https://evil.example"}

    answer = httpx.post(f"{shared_server.url}/v1/images/upload_complete?imgid={'0' * 32}&auth_r=0", headers=headers)

    assert answer.json()["data"] == {"handler_error_user_msg": "unauthorized access"}


def test_refuses_who_may_only_look(shared_server: RunningServer) -> None:
    looker = shared_server.run_cli("keys", "create", "old-looker", "--role", "viewer").strip()

    failure = failure_of(OldClient(shared_server, looker).get("/v1/images/upload_init", imgf="png"))

    assert failure[:2] == ("policy__op_denied", "handler /v1/images/upload_init failed")


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.method} {route.path}")
def test_refuses_other_methods(shared_server: RunningServer, route: OldRoute) -> None:
    path = route.path.replace("{key:path}", "x").replace("{image_id}", "x")

    answer = httpx.request("DELETE", f"{shared_server.url}{path}")

    assert answer.status_code == 405
    assert route.method in answer.headers["allow"].split(", ")


async def test_tells_of_a_bug_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    async def break_down(call: Call) -> Response:
        raise ZeroDivisionError(f"secret of {call.request.url.path}")

    route = OldRoute("GET", "/images/v/{image_id}", break_down, "Query.image", name="/images/v/", counted_as=None)
    app = Starlette(routes=[mount(route)])

    async def ask_as_nobody(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"viewer": ANONYMOUS, "request_id": "x"}}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(ask_as_nobody), base_url="http://img.test") as client:
        answer = await client.get("/images/v/5?x=1")

    assert answer.status_code == 200
    assert answer.content == (
        b'{"data":{"handler_error_user_msg":"handler /images/v/5 failed unexpectedly"},"status":"ERROR"}'
    )
    assert "ZeroDivisionError: secret of /images/v/5" in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"5", b"null", b"[1]", b'{"a": "\xff"}', b"[" * 200_000, b'{"a": NaN}'])
def test_refuses_what_is_no_json_object(signed_out: OldClient, body: bytes) -> None:
    assert failure_of(signed_out.post("/images/d/bulk", body)) == (
        "json_decode_error",
        "handler /images/d/bulk failed",
        "failed to parse json byte list",
    )


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{}", "verify__missing_key_error"),
        (b'{"paths_lst": "x"}', "verify__invalid_key_value_error"),
        (b'{"paths_lst": null}', "verify__invalid_key_value_error"),
        (b'{"paths_lst": [1]}', "verify__invalid_key_value_error"),
        (b'{"paths_lst": [' + b'"x",' * 100 + b'"x"]}', "verify__invalid_value_error"),
        (b'{"paths_lst": ["' + b"x" * 2_049 + b'"]}', "verify__string_too_long_error"),
        (b'{"paths_lst": [], "more": ' + b"[" * 40 + b"]" * 40 + b"}", "verify__invalid_value_error"),
        (b'{"paths_lst": []' + b" " * 1024 * 1024 + b"}", "verify__invalid_value_error"),
    ],
)
def test_refuses_what_is_missing_wrong_or_too_much(signed_out: OldClient, body: bytes, word: str) -> None:
    assert failure_of(signed_out.post("/images/d/bulk", body))[:2] == (word, "handler /images/d/bulk failed")


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_reads_json_whatever_it_is_called(shared_server: RunningServer, content_type: str) -> None:
    answer = httpx.post(
        f"{shared_server.url}/images/d/bulk",
        content=b'{"paths_lst": ["x"], "unknown": 1}',
        headers={"Content-Type": content_type},
    )

    assert answer.content == b'{"data":{"urls_lst":[null]},"status":"OK"}'


@pytest.mark.parametrize("image_id", ["../../etc/passwd", "..%2e%2e%2f", "\0", "0" * 2_048])
def test_knows_no_image_by_an_id_that_is_none(signed_out: OldClient, image_id: str) -> None:
    found = data_of(signed_out.get("/v1/images/get", img_id=image_id))

    assert found == {"image_exists_bool": False, "image_export_map": None}


def test_refuses_an_argument_that_is_too_long(signed_out: OldClient) -> None:
    assert failure_of(signed_out.get("/v1/images/get", img_id="0" * 5_000))[0] == "verify__string_too_long_error"


@pytest.mark.parametrize("path", ["/v1/images/healthz", "/v1/images/v1/healthz"])
def test_is_healthy_in_no_words(signed_out: OldClient, path: str) -> None:
    answer = signed_out.get(path)

    assert (answer.status_code, answer.content) == (200, b"")


def test_answers_the_tester_without_an_envelope(signed_out: OldClient) -> None:
    answer = signed_out.get("/v1/images/tester")

    assert (answer.headers["content-type"], answer.content) == ("application/json", b'{"test":"ok"}')


def test_lets_pages_call_that_the_settings_allow(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", {"GF_ALLOWED_ORIGINS": "https://app.example"})
    server.start()
    asks = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type, x-amz-acl, gf_sess",
    }

    preflight = httpx.options(f"{server.url}/uploads/x", headers={"Origin": "https://app.example", **asks})
    foreign = httpx.options(f"{server.url}/uploads/x", headers={"Origin": "https://evil.example", **asks})
    stream = httpx.get(f"{server.url}/images/jobs/status", headers={"Origin": "https://app.example"})
    server.stop()

    assert (preflight.status_code, foreign.status_code) == (200, 400)
    assert stream.headers["access-control-allow-origin"] == "https://app.example"
