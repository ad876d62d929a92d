"""A node of IPFS, spoken to by its RPC API (https://docs.ipfs.tech/reference/kubo/rpc/)."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO

import aiohttp

from app.blobs.ipfs.identifiers import decode, encode
from app.blobs.threads import unavailable
from app.domain.errors import DomainError, InsufficientStorage

CALL_S = 8.0
"""What a call may take: less than a request has."""

ADD_S = 30.0
ADD_BYTES_PER_S = 1024 * 1024
"""What adding may take: so long, and longer for many bytes."""

CONNECT_S = 2.0
IDLE_S = 3.0
"""Connections are closed before the node, which may do so after 5 s, closes them in the midst of a call."""

CONNECTIONS = 32

# Every refusal has the status 500; its words are the only thing that tells why.
_MISSING = "does not exist"
_TAKEN = "already has entry by that name"
_UNPINNED = "not pinned"
_FULL = ("no space left", "enospc")

log = logging.getLogger(__name__)


class Missing(Exception):
    """There is nothing at a path. It never leaves this file."""


class Taken(Exception):
    """There is something at a path. It never leaves this file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a folder: a file's size in bytes and identifier, as the node writes it."""

    name: str
    byte_size: int
    cid: str


@dataclass(frozen=True, slots=True)
class Node:
    """Calls raise StorageUnavailable and InsufficientStorage. Paths are those of the Mutable File System (MFS)."""

    session: aiohttp.ClientSession
    api_url: str

    @asynccontextmanager
    async def added(self, body: BinaryIO, byte_size: int) -> AsyncGenerator[str]:
        """Hold the identifier of bytes, pinned meanwhile, so that no collection takes them before they have a path."""
        timeout_s = ADD_S + byte_size / ADD_BYTES_PER_S
        form = aiohttp.FormData()
        form.add_field("file", body, filename="object", content_type="application/octet-stream")
        options = {"cid-version": "1", "raw-leaves": "true", "pin": "true", "cid-base": "base32"}
        async with _answered(timeout_s):
            answer = await self._call("add", (), options, timeout_s, form)
            cid = encode(decode(answer["Hash"]))
        try:
            yield cid
        finally:
            await asyncio.shield(self._unpin(cid))

    async def read(self, cid: str, start: int, length: int) -> bytes:
        """Return some bytes of a file; fewer when it has no more."""
        options = {"arg": cid, "offset": str(start), "length": str(length)}
        async with _answered(CALL_S), self._post("cat", (), options, CALL_S) as response:
            await _check(response)
            return await response.read()

    async def link(self, cid: str, path: str) -> bool:
        """Give an identifier a path, and make the folders on the way; tell whether the path was free."""
        try:
            await self._ask("files/cp", f"/ipfs/{cid}", path, parents="true")
        except Taken:
            return False
        return True

    async def list(self, path: str) -> list[Entry]:
        """Return what is in a folder; nothing when there is none."""
        try:
            answer = await self._ask("files/ls", path, long="true")
        except Missing:
            return []
        return [Entry(line["Name"], line["Size"], line["Hash"]) for line in answer["Entries"] or ()]

    async def remove(self, path: str) -> None:
        """Remove a file or a folder with all in it; nothing when there is none."""
        with suppress(Missing):
            await self._ask("files/rm", path, recursive="true")

    async def is_node(self) -> bool:
        """Tell whether it is a node that answers."""
        async with _answered(CALL_S), self._post("version", (), {}, CALL_S) as response:
            return response.status == HTTPStatus.OK and '"Version"' in await response.text(errors="replace")

    async def _unpin(self, cid: str) -> None:
        """What cannot be unpinned now is, once the same bytes are written again; two who add them unpin once."""
        with suppress(DomainError):
            await self._ask("pin/rm", cid)

    async def _ask(self, command: str, *arguments: str, **options: str) -> Any:
        async with _answered(CALL_S):
            return await self._call(command, arguments, options, CALL_S)

    async def _call(
        self,
        command: str,
        arguments: tuple[str, ...],
        options: dict[str, str],
        timeout_s: float,
        form: aiohttp.FormData | None = None,
    ) -> Any:
        async with self._post(command, arguments, options, timeout_s, form) as response:
            await _check(response)
            text = await response.text()
            return json.loads(text) if text else None

    def _post(
        self,
        command: str,
        arguments: tuple[str, ...],
        options: dict[str, str],
        timeout_s: float,
        form: aiohttp.FormData | None = None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        query = [*(("arg", argument) for argument in arguments), *options.items(), ("timeout", f"{timeout_s:.0f}s")]
        return self.session.post(f"{self.api_url}/api/v0/{command}", params=query, data=form)


@asynccontextmanager
async def open_node(api_url: str) -> AsyncGenerator[Node]:
    """Hold a node, whose connections are closed afterwards; it may be away."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Node(session, api_url)


async def find_fault(api_url: str) -> str | None:
    """Return one line about a setting that is wrong; None when there is none, or the node does not answer now."""
    async with open_node(api_url) as node:
        with suppress(DomainError):
            if not await node.is_node():
                return "GF_IPFS_API_URL: what answers there is no RPC API of an IPFS node."
    return None


@asynccontextmanager
async def _answered(timeout_s: float) -> AsyncGenerator[None]:
    """Hold calls to their time, and translate their failures. Raises: StorageUnavailable."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError) as error:
        log.warning("store does not answer", extra={"store": "ipfs", "reason": type(error).__name__})
        raise unavailable() from error


async def _check(response: aiohttp.ClientResponse) -> None:
    """Raises: Missing, Taken, InsufficientStorage, StorageUnavailable."""
    if response.status == HTTPStatus.OK:
        return
    text = (await response.text(errors="replace"))[:500]
    if _MISSING in text:
        raise Missing
    if _TAKEN in text:
        raise Taken
    if any(word in text.lower() for word in _FULL):
        raise InsufficientStorage("There is no room left to store this; try again later.")
    if _UNPINNED not in text:
        log.warning("store refuses", extra={"store": "ipfs", "status": response.status, "reason": text})
    raise unavailable()
