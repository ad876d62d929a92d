"""Signing in: by an API key, or by a token of somebody who is trusted."""

import re
from dataclasses import dataclass

from app.domain.errors import Conflict, Unauthenticated
from app.domain.identity import Identity
from app.domain.viewer import Role, Scope, User, Viewer
from app.ports.identity import TokenVerifier
from app.ports.records import Records
from app.ports.work import Clock
from app.services.keys import MAX_NAME_LENGTH, KeyService

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
