"""How the keys of an identity provider are fetched, kept and let go."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from app.domain.errors import Busy, Unauthenticated
from app.domain.viewer import Role
from app.tokens.claims import Trust
from app.tokens.documents import open_document_reader
from app.tokens.provider import ASK_AGAIN_S, KEEP_S, REFRESH_S, Provider
from tests.oidc_provider import AUDIENCE, OidcProvider, run_provider

DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Clock:
    now: float = 1_000.0
    provider: Provider = field(init=False)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def oidc() -> Iterator[OidcProvider]:
    with run_provider() as running:
        running.add_key("one")
        yield running


@pytest.fixture
async def clock(oidc: OidcProvider) -> AsyncIterator[Clock]:
    """A clock that stands still, and the provider that goes by it."""
    async with open_document_reader() as documents:
        clock = Clock()
        clock.provider = Provider(Trust(oidc.issuer, AUDIENCE, "realm_access.roles"), documents.read, clock)
        yield clock


async def test_reads_who_somebody_is(oidc: OidcProvider, clock: Clock) -> None:
    token = oidc.sign("one", name=" Ada\nLovelace ", realm_access={"roles": ["offline", "viewer", "Editor"]})

    identity = await clock.provider.verify(token, "one")

    assert (identity.issuer, identity.subject) == (oidc.issuer, "ada")
    assert (identity.name, identity.role) == ("AdaLovelace", Role.EDITOR)


async def test_asks_once_for_many_tokens(oidc: OidcProvider, clock: Clock) -> None:
    token = oidc.sign("one")

    await asyncio.gather(*(clock.provider.verify(token, "one") for _ in range(20)))

    assert oidc.asked == [DISCOVERY, "/keys"]


async def test_learns_a_new_key_when_it_is_first_named(oidc: OidcProvider, clock: Clock) -> None:
    await clock.provider.verify(oidc.sign("one"), "one")
    oidc.add_key("two", elliptic=True)
    token = oidc.sign("two", "ES256")
    clock.now += ASK_AGAIN_S

    assert (await clock.provider.verify(token, "two")).subject == "ada"


async def test_asks_no_more_often_for_keys_that_nobody_has(oidc: OidcProvider, clock: Clock) -> None:
    await clock.provider.verify(oidc.sign("one"), "one")

    for number in range(30):
        clock.now += ASK_AGAIN_S / 10
        with pytest.raises(Unauthenticated):
            await clock.provider.verify(oidc.sign("one"), f"made-up-{number}")

    assert oidc.asked.count("/keys") == 1 + 3


async def test_forgets_a_key_that_is_withdrawn(oidc: OidcProvider, clock: Clock) -> None:
    token = oidc.sign("one")
    await clock.provider.verify(token, "one")
    oidc.withdraw("one")
    clock.now += REFRESH_S
    assert (await clock.provider.verify(token, "one")).subject == "ada"
    clock.now += 1

    with pytest.raises(Unauthenticated):
        await clock.provider.verify(token, "one")


async def test_outlives_a_provider_that_is_silent_for_a_while(oidc: OidcProvider, clock: Clock) -> None:
    token = oidc.sign("one")
    await clock.provider.verify(token, "one")
    oidc.answers["/keys"] = (503, b"")

    clock.now += KEEP_S
    assert (await clock.provider.verify(token, "one")).subject == "ada"
    clock.now += 1
    with pytest.raises(Busy):
        await clock.provider.verify(token, "one")
    del oidc.answers["/keys"]
    clock.now += ASK_AGAIN_S

    assert (await clock.provider.verify(token, "one")).subject == "ada"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (DISCOVERY, (404, b"")),
        (DISCOVERY, (302, b"")),
        (DISCOVERY, (200, b"[]")),
        (DISCOVERY, (200, b"<html>")),
        (DISCOVERY, (200, b'{"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"}')),
        (DISCOVERY, (200, b'{"issuer": "ISSUER"}')),
        (DISCOVERY, (200, b'{"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"}')),
        (DISCOVERY, (200, b'{"issuer": "ISSUER", "jwks_uri": 5}')),
        ("/keys", (500, b"")),
        ("/keys", (200, b"x" * 300_000)),
    ],
)
async def test_says_that_the_provider_cannot_be_asked(
    oidc: OidcProvider, clock: Clock, path: str, answer: tuple[int, bytes]
) -> None:
    oidc.answers[path] = (answer[0], answer[1].replace(b"ISSUER", oidc.issuer.encode()))

    with pytest.raises(Busy):
        await clock.provider.verify(oidc.sign("one"), "one")
    with pytest.raises(Busy):
        await clock.provider.check()


@pytest.mark.parametrize(
    "fields",
    [
        {"use": "enc"},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": 5},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": ["RSA"]},
        {"crv": {}},
        {"n": "AQAB"},
        {"n": 5},
        {"e": "!"},
        {"kid": 5},
    ],
    ids=str,
)
async def test_passes_over_keys_that_cannot_sign(oidc: OidcProvider, clock: Clock, fields: dict[str, object]) -> None:
    oidc.add_key("odd")
    oidc.published[-1] |= fields
    oidc.published[:0] = [5, None, []]  # type: ignore[list-item]

    with pytest.raises(Unauthenticated):
        await clock.provider.verify(oidc.sign("odd"), "odd")

    assert (await clock.provider.verify(oidc.sign("one"), "one")).subject == "ada"


async def test_holds_a_key_to_the_one_algorithm_that_it_names(oidc: OidcProvider, clock: Clock) -> None:
    oidc.add_key("pss", alg="PS256")

    assert (await clock.provider.verify(oidc.sign("pss", "PS256"), "pss")).subject == "ada"
    with pytest.raises(Unauthenticated):
        await clock.provider.verify(oidc.sign("pss", "RS256"), "pss")
