"""Small JSON documents of a provider that the operator trusts: no redirects, little time, few bytes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import httpcore
import orjson

from app import __version__

TOTAL_S: Final = 5.0
MAX_BYTES: Final = 256 * 1024

_HEADERS = (("Accept", "application/json"), ("User-Agent", f"GF-Images/{__version__}"), ("Accept-Encoding", "identity"))
_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.UnsupportedProtocol)


class DocumentUnavailable(Exception):
    """There is no answer, or none that can be used."""


class DocumentReader:
    """Reads one document after the other, on connections of its own."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def read(self, url: str) -> Mapping[str, object]:
        """Return the JSON object under an address. Raises: DocumentUnavailable."""
        try:
            async with asyncio.timeout(TOTAL_S):
                body = await self._get(url)
            document = orjson.loads(body)
        except (*_BROKEN, OSError) as error:
            raise DocumentUnavailable("it does not answer") from error
        except ValueError as error:
            raise DocumentUnavailable("it answers with something else than JSON") from error
        if not isinstance(document, dict):
            raise DocumentUnavailable("it answers with something else than an object")
        return document

    async def _get(self, url: str) -> bytes:
        body = bytearray()
        async with self._pool.stream("GET", url, headers=_HEADERS) as response:
            if response.status != 200:
                raise DocumentUnavailable(f"it answers with status {response.status}")
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise DocumentUnavailable(f"it answers with more than {MAX_BYTES} bytes")
        return bytes(body)


@asynccontextmanager
async def open_document_reader() -> AsyncGenerator[DocumentReader]:
    # Whatever is asked comes once in minutes; a connection that is kept open would be closed under our hands.
    async with httpcore.AsyncConnectionPool(max_connections=2, max_keepalive_connections=0) as pool:
        yield DocumentReader(pool)
