"""The guard at work: no spelling, answer or redirect brings the fetcher to an address that it may not ask."""

import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.domain.errors import FetchFailed, FetchRefused
from app.remote.addresses import AddressGuard, Network
from app.remote.connector import make_tls
from app.remote.fetcher import FetchLimits, RemoteFetcher, open_fetcher
from tests import origins
from tests.origins import Origin, open_origin

BODY = b"a picture"
CERTIFICATE = Path(__file__).parent / "pictures.test.pem"
ALLOWED = (ip_network("127.0.0.1/32"),)


class Answers:
    """A resolver that says what it is told, one answer after another, and remembers what it was asked."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append(host)
        answer = self.answers.pop(0)
        if not answer:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answer


@pytest.fixture
def canary() -> Iterator[Origin]:
    """An origin on loopback that nobody should come to."""
    with open_origin({"/": origins.whole(BODY)}) as opened:
        yield opened


@pytest.fixture
async def strict() -> AsyncIterator[RemoteFetcher]:
    """The fetcher as it is by default, with the machine's own resolver."""
    async with open_fetcher(()) as fetcher:
        yield fetcher


def make_fetcher(resolve: Answers, allowed: tuple[Network, ...] = ALLOWED, tls: ssl.SSLContext | None = None):
    return RemoteFetcher(AddressGuard(allowed), resolve, tls or make_tls(), FetchLimits(connect_s=1, first_byte_s=1))


async def fetch(fetcher: RemoteFetcher, url: str) -> bytes:
    async with aclosing(fetcher.fetch(url, 1000)) as chunks:
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "127.8.9.10",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7f.0.0.1",
            "0177.0.0.1",
        ),
        *("017700000001", "0177.0x0.1", "00000177.1", "0", "0.0.0.0", "0x0", "localhost", "LOCALHOST", "localhost."),
        *("①②⑦.⓪.⓪.①", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "127.0.0.1."),
        *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
        *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2a00:1450:4001:80b:0:5efe:7f00:1]", "[ff02::1]", "[fe80::1]"),
        *(
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "168.63.129.16",
            "10.0.0.1",
            "192.168.1",
        ),
    ],
)
async def test_refuses_every_spelling_of_what_may_not_be_asked(
    canary: Origin, strict: RemoteFetcher, host: str
) -> None:
    for url in (f"http://{host}/", f"https://{host}/", f"http://{host}:{canary.port}/"):
        with pytest.raises((FetchRefused, FetchFailed)) as raised:
            await fetch(strict, url)
        assert type(raised.value) is FetchRefused or host in NAMES_THAT_NEED_NOT_RESOLVE

    assert canary.requests == []


NAMES_THAT_NEED_NOT_RESOLVE = {"localhost.", "127.0.0.1."}
"""With a dot at the end some resolvers know them and some do not."""


@pytest.mark.parametrize(
    "answer",
    [
        ("127.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "::1"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("127.0.0.1", "64:ff9b::7f00:1"),
        ("127.0.0.1", "what is this"),
    ],
)
async def test_refuses_a_name_for_one_bad_answer_among_good_ones(canary: Origin, answer: tuple[str, ...]) -> None:
    with pytest.raises(FetchRefused):
        await fetch(make_fetcher(Answers(answer)), canary.url("/", "pictures.test"))

    assert canary.requests == []


async def test_refuses_other_ports_of_public_addresses_before_it_connects() -> None:
    with pytest.raises(FetchRefused):
        await fetch(make_fetcher(Answers(("8.8.8.8",))), "http://pictures.test:8080/")


async def test_resolves_once_and_connects_to_what_was_checked(canary: Origin) -> None:
    rebinding = Answers(("127.0.0.1",), ("10.0.0.1",))

    body = await fetch(make_fetcher(rebinding), canary.url("/", "pictures.test"))

    assert (body, rebinding.asked) == (BODY, ["pictures.test"])
    assert f"\r\nHost: pictures.test:{canary.port}\r\n" in canary.requests[0]


async def test_checks_the_name_again_when_it_redirects_to_itself(canary: Origin) -> None:
    canary.pages["/again"] = origins.redirect("/")
    rebinding = Answers(("127.0.0.1",), ("10.0.0.1",))

    with pytest.raises(FetchRefused):
        await fetch(make_fetcher(rebinding), canary.url("/again", "pictures.test"))

    assert (len(canary.requests), rebinding.asked) == (1, ["pictures.test"] * 2)


@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://127.0.0.2/",
            "http://2130706434/",
            "http://0x7f.2/",
            "http://localhost:1/x@y/",
            "//[::1]/",
            "//[::]/",
        ),
        *(
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "http://u:p@127.0.0.1/",
        ),
        *("http:\\\\127.0.0.1\\", "//10.0.0.1", "https://[::ffff:7f00:1]/", "http://8.8.8.8:22/"),
    ],
)
async def test_refuses_redirects_to_what_may_not_be_asked(location: str) -> None:
    with open_origin({"/away": origins.redirect(location)}) as origin:
        async with open_fetcher(ALLOWED) as fetcher:
            with pytest.raises((FetchRefused, FetchFailed)) as raised:
                await fetch(fetcher, origin.url("/away"))

    assert type(raised.value) is FetchRefused or "localhost" in location
    assert len(origin.requests) == 1


async def test_goes_on_with_the_next_checked_address(canary: Origin) -> None:
    answer = Answers(("127.0.0.2", "127.0.0.1"))

    body = await fetch(make_fetcher(answer, (ip_network("127.0.0.0/8"),)), canary.url("/", "pictures.test"))

    assert body == BODY


async def test_says_of_an_unknown_name_what_it_says_of_a_closed_port() -> None:
    with pytest.raises(FetchFailed, match=r"^unknown\.test does not answer\.$"):
        await fetch(make_fetcher(Answers(())), "http://unknown.test/")


async def test_checks_the_certificate_against_the_name_and_sends_it() -> None:
    names: list[str | None] = []
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(CERTIFICATE)
    ours.sni_callback = lambda _socket, name, _context: names.append(name)
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    with open_origin({"/": origins.whole(BODY)}, tls=ours) as origin:
        right, wrong = (origin.url("/", host, "https") for host in ("pictures.test", "other.test"))

        body = await fetch(make_fetcher(Answers(("127.0.0.1",)), tls=trusting), right)
        for url, tls in ((wrong, trusting), (right, make_tls())):
            with pytest.raises(FetchFailed):
                await fetch(make_fetcher(Answers(("127.0.0.1",)), tls=tls), url)

    assert body == BODY
    assert names == ["pictures.test", "other.test", "pictures.test"]
    assert len(origin.requests) == 1
