"""Places at each host: only so many fetches at once ask the same one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class HostPlaces:
    """A semaphore for each host that is being asked or waited for; nothing is kept for the others."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._places: dict[str, asyncio.Semaphore] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def place(self, host: str) -> AsyncGenerator[None]:
        """Wait for a place and hold it."""
        places = self._places.setdefault(host, asyncio.Semaphore(self._per_host))
        self._users[host] = self._users.get(host, 0) + 1
        try:
            async with places:
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._places[host]
