"""An identity provider (https://openid.net/specs/openid-connect-discovery-1_0.html), asked for its keys alone."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import jwt

from app.domain.errors import Busy
from app.domain.identity import Identity
from app.tokens.claims import Trust, read_identity, untrusted
from app.tokens.documents import DocumentUnavailable
from app.tokens.key_set import read_key_set

ASK_AGAIN_S: Final = 10.0
"""The provider is asked at most this often, however many unknown keys are named, and whether it answers or not."""

REFRESH_S: Final = 600.0
"""A key that the provider has withdrawn is trusted no longer than this."""

KEEP_S: Final = 3600.0
"""How long keys outlive a provider that is silent."""

Fetch = Callable[[str], Awaitable[Mapping[str, object]]]

log = logging.getLogger(__name__)


class Provider:
    """Keeps the keys of one provider.

    Args:
        fetch: Returns the JSON object under an address. Raises: DocumentUnavailable.
        clock: In seconds.
    """

    def __init__(self, trust: Trust, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._trust = trust
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._asked_at = self._answered_at = float("-inf")
        self._asking = asyncio.Lock()

    async def verify(self, token: str, key_id: str) -> Identity:
        """Raises: Unauthenticated, Busy."""
        key = await self._find_key(key_id)
        if key is None:
            raise untrusted()
        return read_identity(token, key, self._trust)

    async def check(self) -> None:
        """Raises: Busy."""
        await self._refresh()
        self._check_age()

    async def _find_key(self, key_id: str) -> jwt.PyJWK | None:
        is_old = self._clock() - self._answered_at > REFRESH_S
        if key_id not in self._keys or (is_old and not self._asking.locked()):
            await self._refresh()
        self._check_age()
        return self._keys.get(key_id)

    def _check_age(self) -> None:
        if self._clock() - self._answered_at > KEEP_S:
            raise Busy("The identity provider cannot be asked for its keys.")

    async def _refresh(self) -> None:
        """Ask for the keys, unless that was done a moment ago; who comes meanwhile waits for the same answer."""
        async with self._asking:
            if self._clock() - self._asked_at < ASK_AGAIN_S:
                return
            self._asked_at = self._clock()
            try:
                self._keys = read_key_set(await self._fetch(await self._find_address()))
            except DocumentUnavailable as error:
                log.warning("no keys from the identity provider: %s", error)
                return
            self._answered_at = self._clock()

    async def _find_address(self) -> str:
        """Return where the keys are. Raises: DocumentUnavailable."""
        issuer = self._trust.issuer
        document = await self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        address = document.get("jwks_uri")
        if document.get("issuer") != issuer:
            raise DocumentUnavailable("it calls itself by another name")
        if not isinstance(address, str) or not address.startswith(("https://", f"{issuer.partition('://')[0]}://")):
            raise DocumentUnavailable("it names no address of its keys")
        return address
