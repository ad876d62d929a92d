"""Comparing what a store holds with what the records tell of it."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import DamagedObject, NotFound
from app.domain.replica import ExpectedObject, ReplicaState
from app.ports.fingerprint import fingerprint_of_object
from app.ports.objects import BlobStore


class FaultKind(StrEnum):
    MISSING = "MISSING"
    DAMAGED = "DAMAGED"

    @property
    def state(self) -> ReplicaState:
        return ReplicaState(self.value)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an object, in words that are safe to show."""

    kind: FaultKind
    detail: str


async def find_fault(store: BlobStore, expected: ExpectedObject) -> Fault | None:
    """Read an object whole and return what is wrong with it; None when nothing is.

    Raises:
        StorageUnavailable
    """
    try:
        byte_size, sha256 = await fingerprint_of_object(store, expected.key)
    except NotFound:
        return Fault(FaultKind.MISSING, "not there")
    except DamagedObject:
        return Fault(FaultKind.DAMAGED, "other bytes than were written")
    if expected.byte_size not in (None, byte_size):
        return Fault(FaultKind.DAMAGED, f"{byte_size} bytes instead of {expected.byte_size}")
    if expected.sha256 not in (None, sha256):
        return Fault(FaultKind.DAMAGED, "other bytes than were written")
    return None
