"""The user and API key records in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import Conflict, NotFound
from app.domain.keys import ApiKey
from app.domain.viewer import Role, Scope, User, UserId
from app.records.sqlite.connection import Database
from app.records.sqlite.rows import from_json, from_micros, from_optional_micros, to_json, to_micros, to_optional_micros

_KEYS = """
SELECT users.id, users.name, users.role, users.created_at, api_keys.id AS key_id, api_keys.name AS key_name, sha256,
       api_keys.created_at AS key_created_at, expires_at, revoked_at, scopes
FROM api_keys CROSS JOIN users ON users.id = api_keys.user_id
"""

_ADD_USER = """
INSERT INTO users (id, name, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id
"""

_PUT_USER = """
INSERT INTO users (id, name, role, created_at) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role
"""

_PUT_KEY = """
INSERT INTO api_keys (id, user_id, name, sha256, created_at, expires_at, revoked_at, scopes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, name = excluded.name, sha256 = excluded.sha256,
  created_at = excluded.created_at, expires_at = excluded.expires_at, revoked_at = excluded.revoked_at,
  scopes = excluded.scopes
"""


@dataclass(frozen=True, slots=True)
class SqliteUsers:
    database: Database

    async def find_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        sql = "SELECT * FROM users WHERE id IN (SELECT value FROM json_each(?))"
        users = [_user_of(row) for row in await self.database.read(sql, (to_json(user_ids),))]
        return {user.id: user for user in users}

    async def find_by_name(self, name: str) -> User | None:
        row = await self.database.read_one("SELECT * FROM users WHERE name = ?", (name,))
        return None if row is None else _user_of(row)

    async def add(self, user: User) -> None:
        async with self.database.transaction() as transaction:
            values = (user.id, user.name, user.role, to_micros(user.created_at))
            if await transaction.fetch_one(_ADD_USER, values) is None:
                raise Conflict(f"The user {user.name!r} is there already.", field=("name",))

    async def put(self, user: User) -> None:
        values = (user.id, user.name, user.role, to_micros(user.created_at))
        async with self.database.transaction() as transaction:
            taken = await transaction.fetch_one("SELECT 1 FROM users WHERE name = ? AND id <> ?", (user.name, user.id))
            if taken is not None:
                raise Conflict(f"The user name {user.name!r} is taken.", field=("name",))
            await transaction.fetch(_PUT_USER, values)

    async def find_key(self, key_id: str) -> tuple[ApiKey, User] | None:
        row = await self.database.read_one(f"{_KEYS} WHERE api_keys.id = ?", (key_id,))
        return None if row is None else (_key_of(row), _user_of(row))

    async def list_keys(self) -> tuple[tuple[ApiKey, User], ...]:
        """Return all keys, the oldest first."""
        rows = await self.database.read(f"{_KEYS} ORDER BY api_keys.created_at, api_keys.id")
        return tuple((_key_of(row), _user_of(row)) for row in rows)

    async def keys_of(self, user_id: UserId) -> tuple[ApiKey, ...]:
        sql = f"{_KEYS} WHERE api_keys.user_id = ? ORDER BY api_keys.created_at, api_keys.id"
        return tuple(map(_key_of, await self.database.read(sql, (user_id,))))

    async def put_key(self, key: ApiKey) -> None:
        """Raises: NotFound when there is no such user."""
        values = (key.id, key.user_id, key.name, key.sha256, to_micros(key.created_at))
        times = (to_optional_micros(key.expires_at), to_optional_micros(key.revoked_at))
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one("SELECT 1 FROM users WHERE id = ?", (key.user_id,)) is None:
                raise NotFound(f"There is no user {key.user_id!r}.", field=("userId",))
            await transaction.fetch(_PUT_KEY, (*values, *times, to_json(key.scopes)))

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        """A key that was revoked before keeps its first time."""
        async with self.database.transaction() as transaction:
            revoked = await transaction.fetch_one(
                "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? RETURNING id",
                (to_micros(at), key_id),
            )
            if revoked is None:
                raise NotFound(f"There is no key {key_id!r}.", field=("id",))


def _user_of(row: sqlite3.Row) -> User:
    return User(UserId(row["id"]), row["name"], Role(row["role"]), from_micros(row["created_at"]))


def _key_of(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        id=row["key_id"],
        user_id=UserId(row["id"]),
        name=row["key_name"],
        sha256=row["sha256"],
        created_at=from_micros(row["key_created_at"]),
        expires_at=from_optional_micros(row["expires_at"]),
        revoked_at=from_optional_micros(row["revoked_at"]),
        scopes=tuple(map(Scope, from_json(row["scopes"]))),
    )
