"""Shares by mail, end to end: a real server and a real mail server, also after a kill -9."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.mail_server import HANG, PASSWORD, USER, MailServer, open_mail_server
from tests.serving import ADMIN_KEY, RunningServer
from tests.sharing import OWN_SHARES, REVOKE_SHARE, add_private_image, read_share

SHARE = """mutation ($input: ShareInput!) { share(input: $input) {
  shareId share { url email mailState } userErrors { code field message retryAfter } } }"""
SECRET = PASSWORD.replace("@", "%40").replace("/", "%2F")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with open_mail_server(tls="starttls") as opened:
        yield opened


def configure(folder: Path, mail_server: MailServer, **settings: str) -> RunningServer:
    url = mail_server.url(user=f"{USER}:{SECRET}@")
    return RunningServer(folder, {"GF_SMTP_URL": url, "GF_MAIL_FROM": "Pictures <gf@img.test>", **settings})


def start(folder: Path, mail_server: MailServer, **settings: str) -> RunningServer:
    server = configure(folder, mail_server, **settings)
    server.start()
    return server


@pytest.fixture
def server(tmp_path: Path, mail_server: MailServer) -> Iterator[RunningServer]:
    running = start(tmp_path / "data", mail_server, GF_MAILS_PER_SENDER="3", GF_MAILS_PER_RECEIVER="2")
    yield running
    if running.process is not None:
        running.stop()


def share(server: RunningServer, image_id: str, email: str, *, key: str | None = ADMIN_KEY, **more: Any) -> Any:
    return server.graphql(SHARE, key=key, input={"imageId": image_id, "email": email, **more})["share"]


def codes(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def wait_for_state(server: RunningServer, share_id: str, state: str, timeout_s: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    while (found := read_share(server, share_id))["mailState"] != state:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_sends_one_mail_whose_link_shows_the_picture(server: RunningServer, mail_server: MailServer) -> None:
    image_id = add_private_image(server)

    payload = share(server, image_id, "Eve@EXAMPLE.org", subject="Harbour", message="Look!\n<b>Boats</b>")
    [mail] = mail_server.wait_for(1)
    sent = wait_for_state(server, payload["shareId"], "SENT")

    assert (payload["userErrors"], payload["share"]["email"]) == ([], "Eve@example.org")
    assert (mail.sender, mail.receivers, mail.is_encrypted, mail.user) == (
        "gf@img.test",
        ["Eve@example.org"],
        True,
        USER,
    )
    text = mail.message.get_body(("plain",)).get_content()
    html = mail.message.get_body(("html",)).get_content()
    [link] = [line for line in text.splitlines() if line.startswith(server.url)]
    assert link == payload["share"]["url"] == sent["url"]
    assert mail.message["Subject"] == "Harbour"
    assert "<b>" not in html
    for secret in (image_id, "passport", "Camera", "52.5"):
        assert secret not in text + html
    assert "Harbour" in httpx.get(link).text
    assert (sent["views"], len(mail_server.mails)) == (0, 1)


def test_refuses_bad_mails_and_sends_nothing(server: RunningServer, mail_server: MailServer) -> None:
    image_id = add_private_image(server)
    looker = server.run_cli("keys", "create", "looker", "--role", "viewer").strip()
    stranger = server.run_cli("keys", "create", "stranger").strip()
    email = "eve@example.org"

    answers = [
        codes(share(server, image_id, "a@example.org, b@example.org")),
        codes(share(server, image_id, "eve@example.org\r\nBcc: b@example.org")),
        codes(share(server, image_id, email, subject="Hi\r\nBcc: b@example.org")),
        codes(share(server, image_id, email, message="x" * 10_001)),
        codes(share(server, "0" * 32, email)),
        codes(share(server, image_id, email, key=stranger)),
        codes(share(server, image_id, email, key=looker)),
        codes(share(server, image_id, email, key=None)),
    ]

    assert answers == [
        [("INVALID_INPUT", ["email"])],
        [("INVALID_INPUT", ["email"])],
        [("INVALID_INPUT", ["subject"])],
        [("INVALID_INPUT", ["message"])],
        [("NOT_FOUND", ["imageId"])],
        [("NOT_FOUND", ["imageId"])],
        [("FORBIDDEN", [])],
        [("UNAUTHENTICATED", [])],
    ]
    assert server.graphql(OWN_SHARES)["shares"]["totalCount"] == 0
    assert mail_server.mails == []


def test_holds_senders_and_receivers_to_a_number_of_mails_a_day(server: RunningServer) -> None:
    image_id = add_private_image(server)

    to_eve = [share(server, image_id, email) for email in ("eve@example.org", "EVE@example.org", "eve@example.org")]
    others = [share(server, image_id, email) for email in ("adam@example.org", "abel@example.org")]

    assert [codes(payload) for payload in to_eve] == [[], [], [("RATE_LIMITED", [])]]
    assert [codes(payload) for payload in others] == [[], [("RATE_LIMITED", [])]]
    assert 86_000 < others[1]["userErrors"][0]["retryAfter"] <= 86_400
    assert server.graphql(OWN_SHARES)["shares"]["totalCount"] == 3


def test_a_mail_outlives_the_server(tmp_path: Path, mail_server: MailServer) -> None:
    mail_server.rcpt = "451 later"
    server = start(tmp_path / "data", mail_server)
    image_id = add_private_image(server)
    share_id = share(server, image_id, "eve@example.org")["shareId"]
    deadline = time.monotonic() + 30
    while read_share(server, share_id)["mailError"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    server.kill()

    mail_server.rcpt = "250 OK"
    server.start()
    mail_server.wait_for(1)

    wait_for_state(server, share_id, "SENT")
    server.stop()
    assert len(mail_server.mails) == 1


def test_a_mail_that_was_handed_over_when_the_server_was_killed_is_not_sent_again(
    tmp_path: Path, mail_server: MailServer
) -> None:
    mail_server.data = HANG
    server = start(tmp_path / "data", mail_server)
    image_id = add_private_image(server)
    share_id = share(server, image_id, "eve@example.org")["shareId"]
    mail_server.wait_for(1)
    handed_over = read_share(server, share_id)["mailState"]
    server.kill()

    mail_server.data = "250 OK"
    server.start()
    known = wait_for_state(server, share_id, "UNCERTAIN", timeout_s=60)
    server.stop()

    assert handed_over == "HANDED_OVER"
    assert "not sent again" in known["mailError"]
    assert len(mail_server.mails) == 1


def test_a_share_that_is_revoked_before_sends_no_mail(server: RunningServer, mail_server: MailServer) -> None:
    mail_server.rcpt = "451 later"
    image_id = add_private_image(server)
    share_id = share(server, image_id, "eve@example.org")["shareId"]

    revoked = server.graphql(REVOKE_SHARE, id=share_id)["revokeShare"]["share"]

    assert revoked["mailState"] == "CANCELLED"
    assert mail_server.mails == []


def test_says_that_mail_is_not_set_up(shared_server: RunningServer) -> None:
    image_id = add_private_image(shared_server, seed=77)

    payload = share(shared_server, image_id, "eve@example.org")

    assert (codes(payload), payload["shareId"], payload["share"]) == ([("MAIL_NOT_SET_UP", [])], None, None)
    assert shared_server.graphql(OWN_SHARES, image=image_id)["shares"]["totalCount"] == 0


def test_the_doctor_asks_the_mail_server(tmp_path: Path, mail_server: MailServer) -> None:
    told = configure(tmp_path / "data", mail_server).run_cli("doctor")

    assert "mail server: lets us in" in told
    assert PASSWORD not in told
    assert (mail_server.passwords, mail_server.mails) == ([PASSWORD.encode()], [])
