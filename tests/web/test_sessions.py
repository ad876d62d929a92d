"""The cookie of a page: who gets it, whom it is good for, and when it ends."""

import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.serving import ADMIN_KEY, RunningServer

VIEWER = "{ viewer { role scopes } }"
ADMIN = {"role": "ADMIN", "scopes": ["ADMIN"]}


def sign_in(server: str, secret: str = ADMIN_KEY, **headers: str) -> httpx.Response:
    return httpx.post(f"{server}/session", headers={"Authorization": f"Bearer {secret}", **headers})


def viewer_by(server: str, cookie: str | None, **headers: str) -> object:
    sent = {"Cookie": f"gf_session={cookie}", **headers}
    answer = httpx.post(f"{server}/graphql", json={"query": VIEWER}, headers=sent)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["viewer"]


def test_changes_a_key_for_a_cookie_that_no_script_and_no_other_site_sends(server: str) -> None:
    answer = sign_in(server)
    cookie = answer.headers["Set-Cookie"]

    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (204, b"", "no-store")
    assert ADMIN_KEY not in cookie
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert 12 * 3_600 - 60 < int(cookie.partition("Max-Age=")[2].split(";")[0]) <= 12 * 3_600
    assert viewer_by(server, answer.cookies["gf_session"]) == ADMIN


@pytest.mark.parametrize("secret", ["gf_000000000000_none", "eyJ.eyJ.x"])
def test_gives_no_cookie_for_what_is_no_key(server: str, secret: str) -> None:
    answer = sign_in(server, secret)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    assert "Set-Cookie" not in answer.headers


def test_prolongs_no_session_by_itself(server: str) -> None:
    cookie = sign_in(server).cookies["gf_session"]

    answer = httpx.post(f"{server}/session", headers={"Cookie": f"gf_session={cookie}"})

    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
def test_lets_no_foreign_page_sign_anybody_in_or_out(server: str, method: str, origin: str) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Origin": origin}

    answer = httpx.request(method, f"{server}/session", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert "Set-Cookie" not in answer.headers


def test_knows_nobody_by_a_cookie_that_a_foreign_page_sends_along(server: str) -> None:
    cookie = sign_in(server).cookies["gf_session"]

    assert viewer_by(server, cookie, Origin=server) == ADMIN
    assert viewer_by(server, cookie, Origin="http://127.0.0.1:1") is None


def test_knows_nobody_by_an_altered_cookie(server: str) -> None:
    cookie = sign_in(server).cookies["gf_session"]

    # Of the last character two bits say nothing.
    altered = [
        cookie[:-2] + ("A" if cookie[-2] != "A" else "B") + cookie[-1],
        cookie[1:],
        cookie.split(".")[0],
        "x",
        ".",
    ]

    assert [viewer_by(server, text) for text in altered] == [None] * len(altered)


def test_a_session_may_no_more_than_its_key(shared_server: RunningServer) -> None:
    key = shared_server.run_cli("keys", "create", f"user-{secrets.token_hex(4)}", "--scope", "upload").strip()

    cookie = sign_in(shared_server.url, key).cookies["gf_session"]

    assert viewer_by(shared_server.url, cookie) == {"role": "EDITOR", "scopes": ["UPLOAD"]}


def test_a_session_ends_with_its_key(shared_server: RunningServer) -> None:
    key = shared_server.run_cli("keys", "create", f"user-{secrets.token_hex(4)}").strip()
    cookie = sign_in(shared_server.url, key).cookies["gf_session"]
    before = viewer_by(shared_server.url, cookie)

    shared_server.run_cli("keys", "revoke", key.split("_")[1])

    assert (before, viewer_by(shared_server.url, cookie)) == ({"role": "EDITOR", "scopes": ["ADMIN"]}, None)


def test_a_session_is_no_longer_than_its_key(shared_server: RunningServer) -> None:
    key = shared_server.run_cli("keys", "create", f"user-{secrets.token_hex(4)}").strip()
    created = shared_server.graphql(
        """mutation ($end: DateTime!) { createApiKey(input: {name: "short", expiresAt: $end}) { secret } }""",
        key=key,
        end=(datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
    )["createApiKey"]

    cookie = sign_in(shared_server.url, created["secret"]).headers["Set-Cookie"]

    assert 240 < int(cookie.partition("Max-Age=")[2].split(";")[0]) <= 300


def test_signs_out_and_stays_so_on_the_machine_itself(server: str) -> None:
    with httpx.Client(base_url=server) as browser:
        browser.get("/")
        before = browser.post("/graphql", json={"query": VIEWER}).json()["data"]["viewer"]

        left = browser.delete("/session")
        page = browser.get("/")

        after = browser.post("/graphql", json={"query": VIEWER}).json()["data"]["viewer"]
    assert (before, left.status_code, after) == (ADMIN, 204, None)
    assert "Set-Cookie" not in page.headers


def test_a_page_on_the_machine_itself_keeps_whoever_signed_in(shared_server: RunningServer) -> None:
    key = shared_server.run_cli("keys", "create", f"user-{secrets.token_hex(4)}").strip()
    cookie = sign_in(shared_server.url, key).cookies["gf_session"]

    page = httpx.get(f"{shared_server.url}/", headers={"Cookie": f"gf_session={cookie}"})

    assert "Set-Cookie" not in page.headers
