"""Settings of the mail server: what they mean, and which are refused."""

from email.headerregistry import Address

import pytest
from pydantic import ValidationError

from app.mail.settings import MailServer
from app.settings import Settings


def make_settings(smtp_url: str = "smtp://mail.example", mail_from: str = "gf@img.test") -> Settings:
    return Settings(_env_file=None, smtp_url=smtp_url, mail_from=mail_from)


def test_mail_is_not_set_up_without() -> None:
    assert Settings(_env_file=None).mail_server is None
    assert make_settings("", "").mail_server is None


@pytest.mark.parametrize(
    ("url", "host", "port", "is_implicit", "user", "password"),
    [
        ("smtp://mail.example", "mail.example", 587, False, "", ""),
        ("smtp://127.0.0.1:1025/", "127.0.0.1", 1025, False, "", ""),
        ("smtps://a%40b:p%3Aq%2F@mail.example", "mail.example", 465, True, "a@b", "p:q/"),
        ("smtp://u:p@[::1]:25", "::1", 25, False, "u", "p"),
    ],
)
def test_reads_addresses_of_servers(
    url: str, host: str, port: int, is_implicit: bool, user: str, password: str
) -> None:
    sender = Address("GF Images", "gf", "img.test")

    assert make_settings(url).mail_server == MailServer(host, port, is_implicit, user, password, sender)


def test_the_sender_may_have_a_name() -> None:
    server = make_settings(mail_from="Our pictures <gf@img.test>").mail_server

    assert server is not None
    assert server.sender == Address("Our pictures", "gf", "img.test")


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://:25", "smtp://h:0", "smtp://h:x", "smtp://h/x?y"]
)
def test_refuses_what_is_no_server(url: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        make_settings(f"{url}")

    assert [error["loc"] for error in refusal.value.errors()] == [("smtp_url",)]


@pytest.mark.parametrize(
    "sender", ["gf", "a@img.test, b@img.test", "GF <a@img.test> x", "a@img.test\r\nBcc: b@img.test"]
)
def test_refuses_what_is_no_sender(sender: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        make_settings(mail_from=sender)

    assert [error["loc"] for error in refusal.value.errors()] == [("mail_from",)]


@pytest.mark.parametrize("given", [{"smtp_url": "smtp://mail.example"}, {"mail_from": "gf@img.test"}])
def test_wants_both_or_none(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="must be set together"):
        Settings(_env_file=None, **given)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("localhost", True), ("127.0.0.2", True), ("::1", True), ("10.0.0.1", False), ("m", False)],
)
def test_knows_who_is_on_the_same_machine(host: str, is_loopback: bool) -> None:
    server = MailServer(host, 25, is_implicit=False, user="", password="", sender=Address("", "gf", "img.test"))

    assert server.is_loopback is is_loopback
