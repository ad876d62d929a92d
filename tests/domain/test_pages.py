"""Pages and cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.page import Cursor, PageRequest, decode_cursor, page_request, slice_page

NAMES = st.lists(st.text(max_size=5), unique=True, max_size=12).map(sorted)


def _cursor(name: str) -> Cursor:
    return Cursor(name, name)


@given(st.text(), st.text())
def test_reads_back_every_cursor_that_it_gave(value: str, row_id: str) -> None:
    value, row_id = value.encode("utf-8", "replace").decode(), row_id.encode("utf-8", "replace").decode()

    assert decode_cursor(Cursor(value, row_id).encode(), field="after") == Cursor(value, row_id)


@pytest.mark.parametrize("text", ["", "W10", "nonsense", "ä", "WzEsMl0", "W3RydWUsIngiXQ", "WyJhIl0", "5" * 9_000])
def test_refuses_what_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_cursor(text, field="after")

    assert refused.value.field == ("after",)


@given(NAMES, st.integers(1, 5), st.booleans())
def test_walks_through_a_held_list_whole(names: list[str], size: int, backwards: bool) -> None:
    walked: list[str] = []
    request = PageRequest(size=size, backwards=backwards)
    while True:
        page = slice_page(names, _cursor, request)
        walked = [*page.items, *walked] if backwards else [*walked, *page.items]
        if not (page.has_previous if backwards else page.has_next):
            break
        edge = page.cursors[0] if backwards else page.cursors[-1]
        request = PageRequest(size, None if backwards else edge, edge if backwards else None, backwards)

    assert walked == names


def test_gives_twenty_rows_unless_asked() -> None:
    assert page_request() == PageRequest(size=20)
    assert page_request(last=5) == PageRequest(size=5, backwards=True)
