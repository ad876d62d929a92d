"""API keys, and the users that they stand for."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import Conflict, InvalidInput, Unauthenticated
from app.domain.keys import ApiKey, hash_secret, key_id_of, new_secret
from app.domain.viewer import Role, User, UserId, Viewer
from app.ports.records import Records
from app.ports.work import Clock

ADMIN_ID = UserId("user:admin")
MAX_NAME_LENGTH = 64
MAX_SECRET_LENGTH = 512


@dataclass(frozen=True, slots=True)
class KeyService:
    records: Records
    clock: Clock

    async def authenticate(self, secret: str) -> Viewer:
        """Return who holds the key. Raises: Unauthenticated."""
        if len(secret) <= MAX_SECRET_LENGTH:
            found = await self.records.users.find_key(key_id_of(secret))
            if found is not None:
                key, user = found
                if hmac.compare_digest(key.sha256, hash_secret(secret)) and key.is_valid(self.clock()):
                    return Viewer(user)
        raise Unauthenticated("The API key is unknown, expired or revoked.")

    async def find_users(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        return await self.records.users.find_many(user_ids)

    async def ensure_admin(self, secret: str) -> User:
        """Make the first admin and give it this key; safe to repeat, also with another key."""
        known = (await self.records.users.find_many((ADMIN_ID,))).get(ADMIN_ID)
        admin = known or User(ADMIN_ID, "admin", Role.ADMIN, self.clock())
        if known is None:
            await self.records.users.add(admin)
        key_id = key_id_of(secret)
        found = await self.records.users.find_key(key_id)
        if found is None or found[0].sha256 != hash_secret(secret):
            await self._retire_admin_keys()
            await self.records.users.put_key(self._key(key_id, admin, "first admin key", secret, None))
        return admin

    async def create(
        self, user_name: str, *, role: Role, key_name: str, expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key for a user, who is made too when new; return it with its secret, which is not kept.

        Raises:
            InvalidInput: A name is empty or too long.
            Conflict: The user exists with another role.
        """
        for label, name in (("user", user_name), ("key", key_name)):
            if not 0 < len(name) <= MAX_NAME_LENGTH or not name.isprintable():
                raise InvalidInput(f"The {label} name must have 1 to {MAX_NAME_LENGTH} printable characters.")
        user = await self.records.users.find_by_name(user_name)
        if user is None:
            user = User(UserId(f"user:{secrets.token_hex(16)}"), user_name, role, self.clock())
            await self.records.users.add(user)
        elif user.role is not role:
            raise Conflict(f"The user {user_name!r} has the role {user.role}, not {role}.")
        secret = new_secret()
        key = self._key(key_id_of(secret), user, key_name, secret, expires_at)
        await self.records.users.put_key(key)
        return key, secret

    async def list(self) -> tuple[tuple[ApiKey, User], ...]:
        return await self.records.users.list_keys()

    async def revoke(self, key_id: str) -> None:
        """Raises: NotFound."""
        await self.records.users.revoke_key(key_id, self.clock())

    async def _retire_admin_keys(self) -> None:
        """Revoke earlier first admin keys, so that a changed setting leaves no old door open."""
        for key, user in await self.records.users.list_keys():
            if user.id == ADMIN_ID and key.name == "first admin key" and key.revoked_at is None:
                await self.records.users.revoke_key(key.id, self.clock())

    def _key(self, key_id: str, user: User, name: str, secret: str, expires_at: datetime | None) -> ApiKey:
        return ApiKey(key_id, user.id, name, hash_secret(secret), self.clock(), expires_at)
