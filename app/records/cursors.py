"""Cursors of keyset pages, as both databases take them."""

from app.domain.errors import InvalidInput
from app.domain.page import Cursor, PageRequest

_MAX_INTEGER = 2**63 - 1


def check_cursors(page: PageRequest, value_type: type[int] | type[str]) -> None:
    """Let pass cursors of a list that is ordered by values of this type. Raises: InvalidInput."""
    _check_cursor(page.after, value_type, "after")
    _check_cursor(page.before, value_type, "before")


def _check_cursor(cursor: Cursor | None, value_type: type[int] | type[str], name: str) -> None:
    if cursor is not None and not (_fits(cursor.id, str) and _fits(cursor.value, value_type)):
        raise InvalidInput("The cursor is of another list.", field=(name,))


def _fits(value: str | int, value_type: type[int] | type[str]) -> bool:
    """Tell whether the value can be compared with the column: of its type, and such as a database can keep."""
    if isinstance(value, int):
        return value_type is int and -_MAX_INTEGER <= value <= _MAX_INTEGER
    return value_type is str and _is_unicode(value)


def _is_unicode(text: str) -> bool:
    """Tell whether the text is free of lone surrogates, which JSON can smuggle in."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
