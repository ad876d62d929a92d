"""Conditions and ranges, whatever a client sends."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from app.ports.objects import ObjectStat
from app.web.headers import is_not_modified, requested_range

STAT = ObjectStat("0a.png", 1000, "tag", datetime(2026, 11, 23, 12, 0, 0, 999_999, tzinfo=UTC))
# What a header can hold: Latin-1 without control characters.
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
NUMBER = st.one_of(st.integers(0, 2000), st.integers(0, 10**30)).map(str) | st.just("")
RANGE = st.builds("{}={}-{}".format, st.sampled_from(["bytes", "Bytes", "items"]), NUMBER, NUMBER) | TEXT
DATE = st.builds("{}, {} {} {} {}:{}:{} {}".format, TEXT, *([NUMBER] * 6), st.sampled_from(["GMT", "-0000", "+9999"]))


@given(asked=RANGE, if_range=st.none() | TEXT | DATE)
@example(asked="bytes=999-", if_range='"tag"')
@example(asked="bytes=0-99", if_range="Mon, 23 Nov 2026 12:00:00 GMT")
def test_a_range_lies_within_the_object(asked, if_range):
    headers = {"range": asked} if if_range is None else {"range": asked, "if-range": if_range}

    wanted = requested_range(Headers(headers), STAT)

    assert wanted is None or 0 <= wanted[0] <= wanted[1] <= STAT.byte_size


@given(first=st.integers(0, 999), length=st.integers(1, 2000))
def test_a_proper_range_is_what_it_says(first, length):
    wanted = requested_range(Headers({"range": f"bytes={first}-{first + length - 1}"}), STAT)

    assert wanted == (first, min(first + length, 1000))


@given(tags=TEXT, since=TEXT | DATE)
def test_conditions_never_fail(tags, since):
    assert is_not_modified(Headers({"if-modified-since": since}), STAT) in (True, False)
    assert is_not_modified(Headers({"if-none-match": tags}), STAT) == ('"tag"' in _items(tags) or "*" in _items(tags))


def _items(tags: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in tags.split(",")]
