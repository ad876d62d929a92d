"""API keys: a public prefix to find them by, a secret of which only the hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidInput
from app.domain.viewer import Scope, UserId

PREFIX = "gf"
NODE_PREFIX = "key:"
MAX_KEY_NAME_LENGTH = 64


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. `id` is its public part, 12 hex digits."""

    id: str
    user_id: UserId
    name: str
    sha256: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    scopes: tuple[Scope, ...] = (Scope.ADMIN,)

    def is_valid(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class NewKey:
    """What its owner chooses of a key: the name, what it may be used for, and its end."""

    name: str
    scopes: tuple[Scope, ...]
    expires_at: datetime | None = None

    def check(self, at: datetime) -> None:
        """Raises: InvalidInput, when the name is empty or too long, no scope is given, or the end has come."""
        if not 0 < len(self.name) <= MAX_KEY_NAME_LENGTH or not self.name.isprintable():
            raise InvalidInput(
                f"The key name must have 1 to {MAX_KEY_NAME_LENGTH} printable characters.", field=("name",)
            )
        if not self.scopes:
            raise InvalidInput("Give at least one scope.", field=("scopes",))
        if self.expires_at is not None and self.expires_at <= at:
            raise InvalidInput("The key would have expired already.", field=("expiresAt",))


def new_secret() -> str:
    """Return a new key as its owner sends it: `gf_<id>_<43 characters>`, the last part 32 random bytes."""
    return f"{PREFIX}_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def node_id_of(key: ApiKey) -> str:
    """Return the key's id among all things: `key:` and its public part."""
    return f"{NODE_PREFIX}{key.id}"


def key_id_of(secret: str) -> str:
    """Return the public part of a key; of a key that was made elsewhere, the start of its hash."""
    parts = secret.split("_", 2)
    if len(parts) == 3 and parts[0] == PREFIX and len(parts[1]) == 12:
        return parts[1]
    return hash_secret(secret)[:12]


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a key, hex. A slow hash would add nothing to 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
