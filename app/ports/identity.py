"""The port of tokens: what others say of who somebody is."""

from typing import Protocol

from app.domain.identity import Identity


class TokenVerifier(Protocol):
    """Knows whom to trust, and with which keys."""

    async def verify(self, token: str) -> Identity:
        """Return what a JSON Web Token tells, once all of it is checked.

        Raises:
            Unauthenticated: It is none, or none that is trusted, or is out of its time.
            Busy: The identity provider cannot be asked for its keys just now.
        """
        ...

    async def check(self) -> None:
        """Return when everybody who is trusted can be asked. Raises: Busy."""
        ...
