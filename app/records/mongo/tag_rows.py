"""How many images of a user have a tag, as documents."""

from pymongo import ASCENDING, IndexModel

from app.records.mongo.tables import Payee


class TagRow(Payee):
    """A tag of a user; when no image has it any more it stays, and is not shown."""

    owner_id: str
    tag: str
    image_count: int = 0

    class Settings:
        name = "tag_counts"
        indexes = [IndexModel([("owner_id", ASCENDING), ("tag", ASCENDING)])]


def tag_id(owner_id: str, tag: str) -> str:
    return f"{owner_id}/{tag}"
