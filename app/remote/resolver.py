"""Names to addresses, by the resolver of the machine, in threads of its own."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

Resolver = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Returns every address of a host, each once. Raises: OSError."""

MAX_LOOKUPS = 8
"""At once: a lookup that nobody answers holds its thread for longer than we wait for it."""


@asynccontextmanager
async def open_resolver() -> AsyncGenerator[Resolver]:
    """Hold the machine's resolver; what it is still asked for when the block is left is given up."""
    threads = ThreadPoolExecutor(MAX_LOOKUPS, thread_name_prefix="resolver")

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return await asyncio.get_running_loop().run_in_executor(threads, _look_up, host, port)

    try:
        yield resolve
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> tuple[str, ...]:
    # As bytes, since as text a name would be encoded once more, and refused by another error.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
