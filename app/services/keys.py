"""API keys, and the users that they stand for."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.errors import Conflict, InvalidInput, Unauthenticated
from app.domain.keys import ApiKey, NewKey, hash_secret, key_id_of, new_secret
from app.domain.viewer import Role, Scope, User, UserId, Viewer
from app.ports.records import Records
from app.ports.work import Bell, Clock, key_topic

ADMIN_ID = UserId("user:admin")
MAX_NAME_LENGTH = 64
MAX_SECRET_LENGTH = 512
MAX_KEYS = 100
"""Of one user, those left out that have ended."""


@dataclass(frozen=True, slots=True)
class KeyService:
    records: Records
    bell: Bell
    clock: Clock

    async def authenticate(self, secret: str) -> Viewer:
        """Return who holds the key. Raises: Unauthenticated."""
        if len(secret) <= MAX_SECRET_LENGTH:
            found = await self.records.users.find_key(key_id_of(secret))
            if found is not None:
                key, user = found
                if hmac.compare_digest(key.sha256, hash_secret(secret)) and key.is_valid(self.clock()):
                    return Viewer(user, key.scopes, key.id, key.expires_at)
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
            await self.records.users.put_key(self._key(admin, NewKey("first admin key", (Scope.ADMIN,)), secret))
        return admin

    async def create(self, user_name: str, role: Role, new: NewKey) -> tuple[ApiKey, str]:
        """Make a key for a user, who is made too when new; return it with its secret, which is not kept.

        Raises:
            InvalidInput: A name is empty or too long, or the key would have ended.
            Conflict: The user exists with another role.
        """
        if not 0 < len(user_name) <= MAX_NAME_LENGTH or not user_name.isprintable():
            raise InvalidInput(f"The user name must have 1 to {MAX_NAME_LENGTH} printable characters.")
        new.check(self.clock())
        user = await self.records.users.find_by_name(user_name)
        if user is None:
            user = User(UserId(f"user:{secrets.token_hex(16)}"), user_name, role, self.clock())
            await self.records.users.add(user)
        elif user.role is not role:
            raise Conflict(f"The user {user_name!r} has the role {user.role}, not {role}.")
        return await self._put(user, new)

    async def create_own(self, viewer: Viewer, new: NewKey) -> tuple[ApiKey, str]:
        """Make a key of the viewer's own; return it with its secret, which is not kept.

        A key that makes keys cannot outlive itself by them.

        Raises:
            Unauthenticated, Forbidden
            InvalidInput: The name is empty or too long, or the key would have ended, or there are too many.
        """
        user, at = policy.require_scope(viewer, Scope.ADMIN), self.clock()
        new.check(at)
        end = viewer.expires_at if viewer.key_id else None
        if end is not None and (new.expires_at is None or new.expires_at > end):
            raise InvalidInput("A key may not outlive the key that makes it.", field=("expiresAt",))
        if sum(key.is_valid(at) for key in await self.records.users.keys_of(user.id)) >= MAX_KEYS:
            raise InvalidInput(f"There are {MAX_KEYS} keys already; revoke one first.")
        return await self._put(user, new)

    async def list_own(self, viewer: Viewer) -> tuple[ApiKey, ...]:
        """Return the viewer's own keys, the newest first, without those that have ended.

        Raises:
            Unauthenticated
        """
        keys, at = await self.records.users.keys_of(policy.require_user(viewer).id), self.clock()
        return tuple(key for key in reversed(keys) if key.is_valid(at))

    async def find_own(self, viewer: Viewer, key_id: str) -> ApiKey | None:
        """Return a key that the viewer may see, or None."""
        found = await self.records.users.find_key(key_id)
        return found[0] if found is not None and policy.can_see_key(viewer, found[0]) else None

    async def revoke_own(self, viewer: Viewer, key_id: str) -> ApiKey:
        """End a key of the viewer's own, or anybody's for an admin.

        Raises:
            Unauthenticated, Forbidden, NotFound
        """
        policy.require_scope(viewer, Scope.ADMIN)
        key = await self.find_own(viewer, key_id)
        if key is None:
            raise policy.no_key(key_id)
        await self.revoke(key.id)
        return replace(key, revoked_at=key.revoked_at or self.clock())

    async def list(self) -> tuple[tuple[ApiKey, User], ...]:
        return await self.records.users.list_keys()

    async def revoke(self, key_id: str) -> None:
        """Raises: NotFound."""
        await self.records.users.revoke_key(key_id, self.clock())
        await self.bell.ring(key_topic(key_id))

    async def _retire_admin_keys(self) -> None:
        """Revoke earlier first admin keys, so that a changed setting leaves no old door open."""
        for key, user in await self.records.users.list_keys():
            if user.id == ADMIN_ID and key.name == "first admin key" and key.revoked_at is None:
                await self.records.users.revoke_key(key.id, self.clock())

    async def _put(self, user: User, new: NewKey) -> tuple[ApiKey, str]:
        secret = new_secret()
        key = self._key(user, new, secret)
        await self.records.users.put_key(key)
        return key, secret

    def _key(self, user: User, new: NewKey, secret: str) -> ApiKey:
        return ApiKey(
            id=key_id_of(secret),
            user_id=user.id,
            name=new.name,
            sha256=hash_secret(secret),
            created_at=self.clock(),
            expires_at=new.expires_at,
            scopes=new.scopes,
        )
