"""Blocking file work, done in threads."""

import asyncio
import errno
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, TypeVarTuple, Unpack

import anyio
import anyio.to_thread

from app.domain.errors import InsufficientStorage, StorageUnavailable

_FULL = (errno.ENOSPC, errno.EDQUOT)

_AWAY = frozenset(
    {errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN}
    | {errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EREMOTEIO, errno.ESHUTDOWN}
)
"""A disk that fails, is gone, cannot be written or is closed to us: nothing that the caller did, and it may pass."""

log = logging.getLogger(__name__)

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


async def in_thread(function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
    """Run file work in a thread. Who is cancelled leaves only when it is over, so that cleaning up never races with it.

    Both kinds of cancellation are held off: asyncio's own, and that of an anyio scope, which comes back at every await.

    Raises:
        InsufficientStorage: The disk, or the quota on it, is full.
        StorageUnavailable: The disk does not work.
    """
    work = asyncio.ensure_future(anyio.to_thread.run_sync(function, *arguments))
    with anyio.CancelScope(shield=True):
        await _outlast(work)
    return at_once(work.result)


def at_once(function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
    """Run file work here and now: only where it waits for nothing. Raises: as `in_thread`."""
    try:
        return function(*arguments)
    except OSError as error:
        if error.errno in _FULL:
            raise InsufficientStorage("There is no room left to store this; try again later.") from error
        if error.errno in _AWAY:
            log.warning("disk does not work", extra={"reason": errno.errorcode[error.errno or 0]})
            raise unavailable() from error
        raise


def unavailable() -> StorageUnavailable:
    return StorageUnavailable("The store of objects does not answer; try again later.")


async def _outlast(work: asyncio.Future[Result]) -> None:
    try:
        await asyncio.wait((work,))
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((work,))
        if not work.cancelled():
            work.exception()  # asked for, or asyncio logs it as never retrieved
        raise
