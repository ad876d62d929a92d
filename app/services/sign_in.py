"""Signing in: by an API key, or by a token of somebody who is trusted."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.domain.errors import Busy, Conflict, Unauthenticated
from app.domain.identity import Identity
from app.domain.viewer import ANONYMOUS, Role, Scope, User, UserId, Viewer
from app.ports.identity import TokenVerifier
from app.ports.records import Records
from app.ports.work import Clock, key_topic
from app.services.keys import MAX_NAME_LENGTH, KeyService

RECHECK: Final = timedelta(seconds=10)
"""How long a key that another process revoked may keep what is open; within one process it ends at once."""

_TOKEN = re.compile(r"eyJ[\w-]*\.[\w-]*\.[\w-]*", re.ASCII)
"""How each JSON Web Token looks (RFC 7519, 3): `eyJ` is `{"` in base64url."""


@dataclass(frozen=True, slots=True)
class SignInService:
    """Attributes:
    default_role: Of users whose token names no role.
    """

    keys: KeyService
    tokens: TokenVerifier
    records: Records
    clock: Clock
    default_role: Role

    async def by_key(self, secret: str) -> Viewer:
        """Raises: Unauthenticated."""
        return await self.keys.authenticate(secret)

    async def by_bearer(self, secret: str) -> Viewer:
        """Return who holds a key or a token.

        Raises:
            Unauthenticated
            Busy: The identity provider cannot be asked just now.
        """
        if not _TOKEN.fullmatch(secret):
            return await self.by_key(secret)
        identity = await self.tokens.verify(secret)
        if identity.expires_at <= self.clock():
            raise Unauthenticated("The token has expired.")
        return Viewer(await self._keep_user(identity), (Scope.ADMIN,), expires_at=identity.expires_at)

    async def resume(self, user_id: UserId, key_id: str | None, expires_at: datetime) -> Viewer:
        """Return who signed in before, by a key or otherwise, or nobody when that has ended."""
        if expires_at <= self.clock():
            return ANONYMOUS
        if key_id is not None:
            key, user = await self.records.users.find_key(key_id) or (None, None)
            if key is None or user is None or user.id != user_id or not key.is_valid(self.clock()):
                return ANONYMOUS
            return Viewer(user, key.scopes, key.id, expires_at)
        known = (await self.records.users.find_many((user_id,))).get(user_id)
        return ANONYMOUS if known is None else Viewer(known, (Scope.ADMIN,), expires_at=expires_at)

    async def wait_for_end(self, viewer: Viewer) -> None:
        """Return when a sign-in that can end has ended: its time is up, or its key was revoked."""
        async with self.keys.bell.listen(key_topic(viewer.key_id or "")) as wait:
            while await self._is_good(viewer):
                left = viewer.expires_at - self.clock() if viewer.expires_at else RECHECK
                await wait(max(0.0, min(left, RECHECK).total_seconds()))

    async def _is_good(self, viewer: Viewer) -> bool:
        if viewer.expires_at is not None and viewer.expires_at <= self.clock():
            return False
        if viewer.key_id is None:
            return True
        try:
            found = await self.records.users.find_key(viewer.key_id)
        except Busy:
            return True  # asked again soon
        return found is not None and found[0].is_valid(self.clock())

    async def _keep_user(self, identity: Identity) -> User:
        """Return the user as the token says it is, and keep what is new: users are what the provider says."""
        role = identity.role or self.default_role
        known = (await self.records.users.find_many((identity.user_id,))).get(identity.user_id)
        names = (identity.name, _distinct_name(identity))
        if known is not None and known.role is role and known.name in names:
            return known
        made_at = known.created_at if known else self.clock()
        try:
            return await self._put(User(identity.user_id, names[0], role, made_at))
        except Conflict:
            return await self._put(User(identity.user_id, names[1], role, made_at))

    async def _put(self, user: User) -> User:
        await self.records.users.put(user)
        return user


def _distinct_name(identity: Identity) -> str:
    """Return the name for when somebody else has it already: with the start of the user's id."""
    mark = identity.user_id.removeprefix("user:")[:8]
    return f"{identity.name[: MAX_NAME_LENGTH - len(mark) - 1]} {mark}"
