"""What is kept of an object: a folder of numbered versions, of which the newest counts.

    thumbnails/3f/3fa1….jpeg/7                     the bytes
    thumbnails/3f/3fa1….jpeg/7-bafkrei…-5e0c…      a note of when they were written, and their SHA-256

A node refuses to give a path that is taken, and can replace nothing at once. So a write adds the note first, then the
bytes under the next number, which one of several writers gets, and removes the older versions in the end: whoever
reads meanwhile, or after a crash in between, finds the object whole, as it was or as it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.blobs.ipfs.identifiers import Note, decode, encode
from app.blobs.ipfs.node import Entry
from app.ports.objects import ObjectStat


@dataclass(frozen=True, slots=True)
class Version:
    """The bytes of an object, by their identifier in base32."""

    number: int
    byte_size: int
    cid: str
    note: Note

    def to_stat(self, key: str) -> ObjectStat:
        return ObjectStat(key, self.byte_size, self.cid, self.note.written_at, self.cid)


def find_version(entries: Sequence[Entry]) -> Version | None:
    """Return the newest version in an object's folder; None when it has none, but notes at most."""
    written = [entry for entry in entries if entry.name.isdecimal()]
    if not written:
        return None
    entry = max(written, key=number_of)
    cid = encode(decode(entry.cid))
    notes = list_notes([line for line in entries if line.name.startswith(f"{entry.name}-{cid}-")])
    if not notes:
        return None
    return Version(number_of(entry), entry.byte_size, cid, max(notes, key=lambda note: note.written_at))


def list_notes(entries: Sequence[Entry]) -> list[Note]:
    return list(_read_notes(entries))


def number_of(entry: Entry) -> int:
    """Return the number of the version that an entry belongs to."""
    number = entry.name.partition("-")[0]
    return int(number) if number.isdecimal() else 0


def _read_notes(entries: Sequence[Entry]) -> Iterator[Note]:
    for entry in entries:
        with suppress(ValueError):
            yield Note.from_cid(entry.cid)
