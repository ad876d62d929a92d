"""The port to other people's servers."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol


class Fetcher(Protocol):
    """Fetches what strangers name. What may be asked is judged before anything is sent."""

    def fetch(self, url: str, max_bytes: int) -> AsyncGenerator[bytes]:
        """Yield the bytes under an address as they come; they are whole when the generator ends by itself.

        Raises:
            FetchRefused: The address, or one that it redirects to, is never asked.
            FetchFailed: Nothing answered in time.
            FetchStatus: Something else than the bytes was answered; OriginUnavailable when that may pass.
            FetchIncomplete: The bytes came too slowly, or ended early.
            TooLarge: There are more than `max_bytes`.
        """
        ...


class Poster(Protocol):
    """Tells strangers' servers of events, behind the same guard as the fetcher."""

    def check(self, url: str) -> str:
        """Return the host of an address that may be posted to, as far as can be told without asking for its name.

        Raises:
            FetchRefused: It is no address, or names one of the network that is never asked.
        """
        ...

    async def post(self, url: str, body: bytes, headers: Sequence[tuple[str, str]]) -> int:
        """Return the status of the answer, of any kind: redirects are not followed.

        Raises:
            FetchRefused: The address is never asked.
            FetchFailed: Nothing answered in time.
        """
        ...
