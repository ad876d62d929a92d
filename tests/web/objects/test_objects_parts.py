"""GET and HEAD /media/… with conditions and ranges, over a real server."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from app.domain.image import ThumbnailSize, thumbnail_key

DATA = bytes(range(256)) * 4
BIG = bytes(range(256)) * 4096


def get(server, key, **headers):
    return server.client.get(
        f"/media/{key}", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_an_object_that_was_read_before_is_not_sent_again(server, small):
    first = get(server, small)

    for tag in (first.headers["ETag"], f'"other", W/{first.headers["ETag"]}', "*"):
        answer = get(server, small, If_None_Match=tag)
        assert (answer.status_code, answer.content) == (304, b"")
        for name in ("ETag", "Cache-Control", "Last-Modified", "Content-Security-Policy"):
            assert answer.headers[name] == first.headers[name]


def test_a_changed_object_is_sent_again(server):
    image = server.make_image(DATA)
    key = thumbnail_key(image.id, ThumbnailSize.SMALL)
    before = get(server, key).headers["ETag"]
    server.call(server.store.put, key, DATA[::-1])

    answer = get(server, key, If_None_Match=before)

    assert (answer.status_code, answer.content) == (200, DATA[::-1])


def test_the_date_decides_when_no_tag_is_given(server, small):
    modified = get(server, small).headers["Last-Modified"]
    earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)

    assert get(server, small, If_Modified_Since=modified).status_code == 304
    assert get(server, small, If_Modified_Since=earlier).status_code == 200
    assert get(server, small, If_Modified_Since=modified, If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Nov 99999 99:99:99 GMT", "0", "Mon, 1 Jan 2120 0:0:0 +9999"]
)
def test_a_date_that_is_none_is_ignored(server, small, date):
    assert get(server, small, If_Modified_Since=date).status_code == 200
    assert get(server, small, If_Range=date, Range="bytes=0-0").status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 1024),
        ("bytes=100-199", 100, 200),
        ("bytes=1023-", 1023, 1024),
        ("bytes=1000-99999", 1000, 1024),
        ("bytes=-1", 1023, 1024),
        ("bytes=-99999", 0, 1024),
        ("BYTES = 5-6", 5, 7),
        ("bytes=,5-6,", 5, 7),
    ],
)
def test_sends_the_part_that_is_asked_for(server, small, asked, start, end):
    answer = get(server, small, Range=asked)

    assert (answer.status_code, answer.content) == (206, DATA[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/1024"
    assert answer.headers["Content-Length"] == str(end - start)


def test_sends_a_large_part(server, big):
    answer = get(server, big, Range="bytes=1000-900000")

    assert (answer.status_code, answer.content) == (206, BIG[1000:900_001])


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-4",
        "bytes=0-1,5-6",
        "bytes=-",
        "bytes=",
        "items=0-1",
        "bytes=a-b",
        "bytes=+1-2",
        "bytes=1_0-20",
        "x",
        "",
    ],
)
def test_sends_the_whole_when_the_range_is_none_that_it_takes(server, small, asked):
    answer = get(server, small, Range=asked)

    assert (answer.status_code, answer.content) == (200, DATA)


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", "bytes=999999999999999999-"])
def test_refuses_a_part_beyond_the_end(server, small, asked):
    answer = get(server, small, Range=asked)

    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */1024"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_sends_a_part_only_of_the_version_that_the_client_has(server, small):
    whole = get(server, small)
    tag, date = whole.headers["ETag"], whole.headers["Last-Modified"]

    def status(if_range: str) -> int:
        return get(server, small, Range="bytes=0-9", If_Range=if_range).status_code

    assert [status(tag), status(date)] == [206, 206]
    assert [status('"other"'), status(f"W/{tag}"), status("Mon, 23 Nov 2020 12:00:00 GMT")] == [200, 200, 200]


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"Range": "bytes=9999999-"}])
@pytest.mark.parametrize("size", ["small", "big"])
def test_head_answers_as_get_does_without_the_bytes(server, request, headers, size):
    key = request.getfixturevalue(size)

    got, head = (server.client.request(method, f"/media/{key}", headers=headers) for method in ("GET", "HEAD"))

    assert head.content == b""
    assert head.status_code == got.status_code
    for answer in (got, head):
        answer.headers.pop("Date")
    assert head.headers == got.headers
