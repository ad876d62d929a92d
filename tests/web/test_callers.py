"""Whom a request is counted for."""

from datetime import UTC, datetime

import pytest
from starlette.requests import HTTPConnection

from app.domain.rate import Caller
from app.domain.viewer import ANONYMOUS, Role, User, UserId, Viewer
from app.web.rates import caller_of


def make_connection(host: str, **headers: str) -> HTTPConnection:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "client": (host, 4000), "headers": raw})


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002::"),
        ("2001:db8:1:2:ffff::1", "20010db800010002::"),
        ("testclient", "testclient"),
    ],
)
def test_counts_an_address_or_a_network(host: str, address: str) -> None:
    assert caller_of(make_connection(host), ANONYMOUS) == Caller(None, None, address)


def test_takes_nobodys_word_for_an_address() -> None:
    connection = make_connection("192.0.2.7", x_forwarded_for="198.51.100.9", forwarded="for=198.51.100.9")

    assert caller_of(connection, ANONYMOUS).address == "192.0.2.7"


def test_counts_the_key_that_signed_in() -> None:
    user = User(UserId("user:ada"), "ada", Role.EDITOR, datetime(2026, 3, 1, tzinfo=UTC))

    caller = caller_of(make_connection("192.0.2.7"), Viewer(user, key_id="0123456789ab"))

    assert (caller.user_id, caller.key_id) == ("user:ada", "0123456789ab")
