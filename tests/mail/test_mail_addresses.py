"""What counts as one address of e-mail."""

import pytest

from app.domain.errors import InvalidInput
from app.mail.addresses import clean_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("eve@example.org", "eve@example.org"),
        ("Eve.O'Hara+box@EXAMPLE.org", "Eve.O'Hara+box@example.org"),
        ("eve@bücher.example.org", "eve@xn--bcher-kva.example.org"),
        ("eve@mail.test", "eve@mail.test"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_takes_one_address(text: str, address: str) -> None:
    assert clean_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "eve",
        "@example.org",
        "eve@",
        "eve@localhost",
        "eve@host",
        "a@example.org,b@example.org",
        "a@example.org, b@example.org",
        "a@example.org;b@example.org",
        "a@example.org b@example.org",
        "a@example.org\nb@example.org",
        "a@b@example.org",
        "Eve <eve@example.org>",
        "<eve@example.org>",
        "eve@example.org\r\nBcc: b@example.org",
        "eve@example.org\n",
        "eve\r\n@example.org",
        "eve@example.org\0",
        "eve\u2028@example.org",
        " eve@example.org",
        '"eve eve"@example.org',
        "eve(comment)@example.org",
        "eve@[127.0.0.1]",
        "eve@127.0.0.1",
        "ève@example.org",
        "eve..eve@example.org",
        ".eve@example.org",
        "eve@-example.org",
        "eve@exa_mple.org",
        "a" * 65 + "@example.org",
        "eve@" + "a." * 130 + "org",
        "eve@example.org" * 10_000,
        "\ud800@example.org",
    ],
    ids=lambda text: repr(text[:40]),
)
def test_refuses_everything_else(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        clean_address(text)

    assert refusal.value.field == ("email",)
    assert len(refusal.value.message) < 500
