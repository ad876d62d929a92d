"""Content identifiers (CIDs) as bytes and text, and notes: identifiers that hold their content themselves.

The format is that of https://github.com/multiformats/cid; nodes write version 1 in base32 or in base58btc.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_IDENTITY = bytes([0x01, 0x55, 0x00])
"""Version 1, raw bytes, and the hash function that returns what it is given."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is kept beside an object: when it was written, in whole seconds, and its SHA-256, hex.

    It is written as an identifier with the identity hash, of less than 128 bytes: a listing tells all of it, and no
    block has to be kept or read.
    """

    written_at: datetime
    sha256: str

    def to_cid(self) -> str:
        text = f"{int(self.written_at.timestamp())} {self.sha256}".encode()
        return encode(_IDENTITY + bytes([len(text)]) + text)

    @classmethod
    def from_cid(cls, text: str) -> "Note":
        """Raises: ValueError: It is no note."""
        data = decode(text)
        if data[:3] != _IDENTITY:
            raise ValueError(f"{text} holds no content.")
        seconds, sha256 = data[4:].decode("ascii").split(" ")
        return cls(datetime.fromtimestamp(int(seconds), UTC), sha256)


def encode(data: bytes) -> str:
    """Return an identifier in base32, as it is written in the addresses of gateways."""
    return "b" + base64.b32encode(data).decode("ascii").rstrip("=").lower()


def decode(text: str) -> bytes:
    """Raises: ValueError: It is no identifier of version 1 in base32 or base58btc."""
    base, digits = text[:1], text[1:]
    if base == "b":
        return base64.b32decode(digits.upper() + "=" * (-len(digits) % 8))
    if base == "z":
        return _decode_base58(digits)
    raise ValueError(f"{text[:80]!r} is no identifier of version 1.")


def _decode_base58(digits: str) -> bytes:
    number = 0
    for digit in digits:
        number = number * 58 + _BASE58.index(digit)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
