"""Chunks as they come, gathered into batches worth writing."""

from collections.abc import AsyncGenerator, AsyncIterator

from app.domain.errors import TooLarge

BATCH_BYTES = 1024 * 1024
"""An upload comes in pieces of some 64 KiB; this many bytes are worth a thread's turn."""


async def gather_batches(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncGenerator[bytes]:
    """Gather chunks into batches worth writing. Raises: TooLarge as soon as more than `max_bytes` came."""
    waiting, total = bytearray(), 0
    async for chunk in chunks:
        total += len(chunk)
        if total > max_bytes:
            raise TooLarge(f"More than the allowed {max_bytes} bytes came.")
        waiting += chunk
        if len(waiting) >= BATCH_BYTES:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)
