"""The port to other people's servers."""

from collections.abc import AsyncGenerator
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
