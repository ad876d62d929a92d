"""Sharing by the older route, byte for byte."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.mail_server import MailServer, open_mail_server
from tests.rest.old_client import OldClient, failure_of
from tests.serving import RunningServer
from tests.sharing import OWN_SHARES, add_private_image

ROUTE = "/v1/images/share"
EVE = "eve@example.org"


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with open_mail_server() as opened:
        yield opened


@pytest.fixture(scope="module")
def sharer(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldClient]:
    settings = {"GF_SMTP_URL": mail_server.url(), "GF_MAIL_FROM": "gf@img.test", "GF_MAILS_PER_RECEIVER": "2"}
    server = RunningServer(tmp_path_factory.mktemp("rest-share") / "data", settings)
    server.start()
    yield OldClient(server)
    server.stop()


@pytest.fixture(scope="module")
def image_id(sharer: OldClient) -> str:
    return add_private_image(sharer.server)


def make_body(image_id: str, /, **values: object) -> dict[str, Any]:
    told = {"email_address": EVE, "email_subject": "Harbour", "email_body": "Look!"}
    return {key: value for key, value in {"image_id": image_id, **told, **values}.items() if value is not None}


def test_sends_one_mail(sharer: OldClient, mail_server: MailServer, image_id: str) -> None:
    long = "<i>x</i> " * 1_111
    answer = sharer.post(ROUTE, json.dumps(make_body(image_id, email_body=long, unknown=1)).encode())

    [mail] = mail_server.wait_for(1)
    text, html = (mail.message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert answer.content == b'{"data":{},"status":"OK"}'
    assert answer.headers["content-type"] == "application/json"
    assert (mail.receivers, mail.message["Subject"]) == ([EVE], "Harbour")
    assert long.strip() in text
    assert "<i>" not in html
    assert f"{sharer.server.url}/s/" in text


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"image_id": None}, "verify__missing_key_error"),
        ({"email_address": None}, "verify__missing_key_error"),
        ({"email_subject": None}, "verify__missing_key_error"),
        ({"email_body": None}, "verify__missing_key_error"),
        ({"email_address": ["a@example.org"]}, "verify__invalid_key_value_error"),
        ({"email_body": 5}, "verify__invalid_key_value_error"),
        ({"email_body": "x" * 10_001}, "verify__string_too_long_error"),
        ({"email_subject": "x" * 2_049}, "verify__string_too_long_error"),
        ({"email_subject": "x" * 201}, "verify__invalid_value_error"),
        ({"email_subject": "a\r\nBcc: b@example.org"}, "verify__invalid_value_error"),
        ({"email_address": "a@example.org,b@example.org"}, "verify__invalid_value_error"),
        ({"email_address": "a@example.org\r\nBcc: b@example.org"}, "verify__invalid_value_error"),
        ({"image_id": "0" * 32}, "mongodb_not_found_error"),
    ],
    ids=str,
)
def test_refuses_what_is_missing_or_wrong(
    sharer: OldClient, mail_server: MailServer, image_id: str, values: dict[str, object], word: str
) -> None:
    before = sharer.server.graphql(OWN_SHARES)["shares"]["totalCount"]

    answer = sharer.post(ROUTE, json.dumps(make_body(image_id, **values)).encode())

    assert failure_of(answer)[:2] == (word, f"handler {ROUTE} failed")
    assert sharer.server.graphql(OWN_SHARES)["shares"]["totalCount"] == before


def test_an_image_of_others_is_none(sharer: OldClient, image_id: str) -> None:
    stranger = OldClient(sharer.server, sharer.server.run_cli("keys", "create", "stranger").strip())

    foreign, missing = (
        failure_of(stranger.post(ROUTE, json.dumps(make_body(one)).encode())) for one in (image_id, "0" * 32)
    )

    assert foreign[0] == missing[0] == "mongodb_not_found_error"


def test_is_rate_limited(sharer: OldClient, image_id: str) -> None:
    answers = [
        sharer.post(ROUTE, json.dumps(make_body(image_id, email_address="adam@example.org")).encode()) for _ in range(3)
    ]

    assert [answer.json()["status"] for answer in answers] == ["OK", "OK", "ERROR"]
    assert failure_of(answers[2])[:2] == ("policy__op_denied", f"handler {ROUTE} failed")
    assert int(answers[2].headers["retry-after"]) > 80_000


def test_says_that_mail_is_not_set_up(shared_server: RunningServer) -> None:
    image_id = add_private_image(shared_server, seed=78)

    answer = OldClient(shared_server).post(ROUTE, json.dumps(make_body(image_id)).encode())

    assert answer.content == (
        b'{"data":{"handler_error_user_msg":"handler /v1/images/share failed",'
        b'"gf_error_type":"aws_ses_service_send_message_error",'
        b'"gf_error_user_msg":"This server sends no mail: GF_SMTP_URL is not set. Use `createShare` instead."},'
        b'"status":"ERROR"}'
    )
