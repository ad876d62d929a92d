"""Users and API keys as documents."""

from pymongo import ASCENDING, IndexModel

from app.domain.keys import ApiKey
from app.domain.viewer import Role, Scope, User, UserId
from app.records.micros import from_micros, from_optional_micros, to_micros, to_optional_micros
from app.records.mongo.tables import Row


class UserRow(Row):
    name: str
    role: Role
    created_at: int

    class Settings:
        name = "users"
        indexes = [IndexModel([("name", ASCENDING)], unique=True)]


class KeyRow(Row):
    user_id: str
    name: str
    sha256: str
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    scopes: list[Scope]

    class Settings:
        name = "api_keys"
        indexes = [
            IndexModel([("user_id", ASCENDING), ("created_at", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("created_at", ASCENDING), ("_id", ASCENDING)]),
        ]


def user_row(model: type[UserRow], user: User) -> UserRow:
    return model(id=user.id, name=user.name, role=user.role, created_at=to_micros(user.created_at))


def user_of(row: UserRow) -> User:
    return User(UserId(row.id), row.name, row.role, from_micros(row.created_at))


def key_row(model: type[KeyRow], key: ApiKey) -> KeyRow:
    return model(
        id=key.id,
        user_id=key.user_id,
        name=key.name,
        sha256=key.sha256,
        created_at=to_micros(key.created_at),
        expires_at=to_optional_micros(key.expires_at),
        revoked_at=to_optional_micros(key.revoked_at),
        scopes=list(key.scopes),
    )


def key_of(row: KeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        user_id=UserId(row.user_id),
        name=row.name,
        sha256=row.sha256,
        created_at=from_micros(row.created_at),
        expires_at=from_optional_micros(row.expires_at),
        revoked_at=from_optional_micros(row.revoked_at),
        scopes=tuple(row.scopes),
    )
