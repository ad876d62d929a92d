"""Owners as documents: what each one has, holds room for, and which of their jobs changed."""

from app.records.mongo.rows import Part
from app.records.mongo.tables import Payee


class Reservation(Part):
    """Room that is held until what needs it is kept: by nobody any more after `until`, microseconds."""

    image_id: str
    byte_size: int
    until: int
    is_upload: bool


class ChangedJob(Part):
    id: str
    job_id: str


class OwnerRow(Payee):
    """Attributes:
    images, byte_size: Of the images that the owner has.
    revision: How many changes of the owner's jobs there were.
    changed: The jobs of the newest ones, the last of which is number `revision`.
    """

    images: int = 0
    byte_size: int = 0
    reserved: list[Reservation] = []
    revision: int = 0
    changed: list[ChangedJob] = []

    class Settings:
        name = "owners"
