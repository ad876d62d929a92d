"""The user and API key records in MongoDB. Users are never deleted, so a key's user is there for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from app.domain.errors import Conflict, NotFound
from app.domain.keys import ApiKey
from app.domain.viewer import User, UserId
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.tables import Query, Update
from app.records.mongo.user_rows import KeyRow, key_of, key_row, user_of, user_row

_OLDEST_FIRST = (("created_at", 1), ("_id", 1))


@dataclass(frozen=True, slots=True)
class MongoUsers:
    collections: Collections

    async def find_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        users = map(user_of, await self.collections.users.find({"_id": {"$in": list(user_ids)}}))
        return {user.id: user for user in users}

    async def find_by_name(self, name: str) -> User | None:
        row = await self.collections.users.find_one({"name": name})
        return None if row is None else user_of(row)

    async def add(self, user: User) -> None:
        if not await self.collections.users.insert(user_row(self.collections.users.model, user)):
            raise Conflict(f"The user {user.name!r} is there already.", field=("name",))

    async def put(self, user: User) -> None:
        new = {"created_at": to_micros(user.created_at), "version": 0}
        update: Update = {"$set": {"name": user.name, "role": user.role.value}, "$setOnInsert": new}
        try:
            await self.collections.users.change({"_id": user.id}, update, upsert=True)
        except DuplicateKeyError as error:
            holder = await self.find_by_name(user.name)
            if holder is not None and holder.id != user.id:
                raise Conflict(f"The user name {user.name!r} is taken.", field=("name",)) from error
            await self.collections.users.change({"_id": user.id}, update)  # another one just made the same user

    async def find_key(self, key_id: str) -> tuple[ApiKey, User] | None:
        pairs = await self._find_keys({"_id": key_id})
        return pairs[0] if pairs else None

    async def list_keys(self) -> tuple[tuple[ApiKey, User], ...]:
        """Return all keys, the oldest first."""
        return tuple(await self._find_keys({}))

    async def keys_of(self, user_id: UserId) -> tuple[ApiKey, ...]:
        rows = await self.collections.api_keys.find({"user_id": user_id}, sort=_OLDEST_FIRST)
        return tuple(map(key_of, rows))

    async def put_key(self, key: ApiKey) -> None:
        """Raises: NotFound when there is no such user."""
        if await self.collections.users.get(key.user_id) is None:
            raise NotFound(f"There is no user {key.user_id!r}.", field=("userId",))
        fields = key_row(self.collections.api_keys.model, key).dump()
        try:
            await self.collections.api_keys.change({"_id": key.id}, {"$set": fields}, upsert=True)
        except DuplicateKeyError:  # another one just made the same key
            await self.collections.api_keys.change({"_id": key.id}, {"$set": fields})

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        """A key that was revoked before keeps its first time."""
        revoked = {"$set": {"revoked_at": to_micros(at)}}
        if await self.collections.api_keys.get(key_id) is None:
            raise NotFound(f"There is no key {key_id!r}.", field=("id",))
        await self.collections.api_keys.change({"_id": key_id, "revoked_at": None}, revoked)

    async def _find_keys(self, query: Query) -> list[tuple[ApiKey, User]]:
        rows: list[KeyRow] = await self.collections.api_keys.find(query, sort=_OLDEST_FIRST)
        users = await self.find_many([UserId(row.user_id) for row in rows])
        return [(key_of(row), users[UserId(row.user_id)]) for row in rows]
