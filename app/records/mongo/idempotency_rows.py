"""Idempotent requests as documents."""

from pymongo import ASCENDING, IndexModel

from app.records.mongo.tables import Row


class RequestRow(Row):
    """What a user's key stands for. `answer` is sealed, and None while the request is being run."""

    user_id: str
    key_sha256: str
    request_sha256: str
    claim_id: str
    created_at: int
    lease_until: int
    answer: str | None = None

    class Settings:
        name = "idempotent_requests"
        indexes = [IndexModel([("created_at", ASCENDING)])]
