"""What both databases say of copies that cannot go on."""

from app.domain.errors import Conflict


def has_records(table: str) -> Conflict:
    return Conflict(f"The target has records already ({table}); give one that no server has used.")


def of_other_origin(origin: str) -> Conflict:
    return Conflict(f"A copy of {origin} into the target is not finished; finish that one, or give another target.")


def of_other_version() -> Conflict:
    return Conflict("The copy into the target was begun by another version of this program; finish it with that one.")


def in_other_hands() -> Conflict:
    return Conflict("Another copy into the same target is going on.")


def unfinished() -> Conflict:
    return Conflict("A copy into this database is not finished; call gf-images migrate-records once more.")
