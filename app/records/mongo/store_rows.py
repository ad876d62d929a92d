"""The stores of objects, and how far the look through them has come, as documents: one of each."""

from app.records.mongo.tables import Row

ONLY = "only"
"""The id of a document that there is one of."""


class StoresRow(Row):
    """The stores that there are, as the settings last said."""

    primary: str
    followers: list[str]

    class Settings:
        name = "stores"


class ScrubRow(Row):
    begun_at: int
    after: str | None

    class Settings:
        name = "scrubs"
