"""Tokens of the operator's own application, by shared keys, and those of an identity provider, by its public ones."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import jwt

from app.domain.identity import Identity
from app.tokens.claims import Trust, read_header, read_identity, untrusted
from app.tokens.documents import open_document_reader
from app.tokens.key_set import PROVIDER_ALGORITHMS
from app.tokens.provider import Provider

OWN_ALGORITHM: Final = "HS256"


class Verifier:
    """Implements `app.ports.identity.TokenVerifier`.

    The algorithm of a token says only whose keys are looked at; each key has one algorithm, which must be the same. So
    nobody can have a public key taken for a shared one.
    """

    def __init__(self, own_keys: Mapping[str, str], own: Trust, provider: Provider | None) -> None:
        self._own_keys = {key_id: _shared_key(secret) for key_id, secret in own_keys.items()}
        self._own = own
        self._provider = provider

    async def verify(self, token: str) -> Identity:
        header = read_header(token)
        key_id, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(key_id, str) or not isinstance(algorithm, str):
            raise untrusted()
        if algorithm == OWN_ALGORITHM:
            return self._verify_own(token, key_id)
        if self._provider is None or algorithm not in PROVIDER_ALGORITHMS:
            raise untrusted()
        return await self._provider.verify(token, key_id)

    async def check(self) -> None:
        if self._provider is not None:
            await self._provider.check()

    def _verify_own(self, token: str, key_id: str) -> Identity:
        key = self._own_keys.get(key_id)
        if key is None:
            raise untrusted()
        return read_identity(token, key, self._own)


@asynccontextmanager
async def open_verifier(own_keys: Mapping[str, str], own: Trust, provider: Trust | None) -> AsyncGenerator[Verifier]:
    async with open_document_reader() as documents:
        yield Verifier(own_keys, own, None if provider is None else Provider(provider, documents.read))


def _shared_key(secret: str) -> jwt.PyJWK:
    encoded = jwt.utils.base64url_encode(secret.encode()).decode()
    return jwt.PyJWK({"kty": "oct", "k": encoded}, OWN_ALGORITHM)
