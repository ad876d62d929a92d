"""Shares over GraphQL, and what their addresses show to whom."""

import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from PIL import Image

from tests.serving import RunningServer
from tests.sharing import (
    CAMERA,
    FILE_NAME,
    OWN_SHARES,
    REVOKE_SHARE,
    add_private_image,
    create_share,
    read_share,
)

AVIF = {"Accept": "image/avif,image/webp,*/*"}


@pytest.fixture(scope="module")
def sharing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path_factory.mktemp("sharing") / "data")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def image_id(sharing: RunningServer) -> str:
    return add_private_image(sharing)


@pytest.fixture(scope="module")
def stranger(sharing: RunningServer) -> str:
    return sharing.run_cli("keys", "create", "stranger").strip()


def codes(payload: dict[str, object]) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def test_shows_a_private_image_to_whoever_has_the_address(sharing: RunningServer, image_id: str) -> None:
    share = create_share(sharing, image_id, title="Harbour", message="Look!")["share"]
    page = httpx.get(share["url"])

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert share["url"].startswith(f"{sharing.url}/s/")
    assert share["id"].removeprefix("share:") in share["url"]
    end = datetime.fromisoformat(share["expiresAt"]) - datetime.fromisoformat(share["createdAt"])
    assert end == timedelta(days=30)
    assert (share["image"], share["email"], share["mailState"]) == ({"id": image_id}, None, None)


@pytest.mark.parametrize("name", ["picture", "preview.jpeg"])
def test_its_pictures_carry_nothing_but_pixels(sharing: RunningServer, image_id: str, name: str) -> None:
    share = create_share(sharing, image_id)["share"]

    answer = httpx.get(f"{share['url']}/{name}")
    page = httpx.get(share["url"])

    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
        assert picture.size == ((1_200, 800) if name == "picture" else (800, 533))
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for secret in (CAMERA, FILE_NAME, image_id, "Berlin", "52.5"):
        assert secret.encode() not in answer.content
        assert secret not in f"{answer.headers} {page.headers} {page.text}"
    assert answer.headers["content-disposition"] == 'inline; filename="picture.jpeg"'


def test_the_picture_is_what_the_browser_takes_best(sharing: RunningServer, image_id: str) -> None:
    picture = f"{create_share(sharing, image_id)['share']['url']}/picture"

    answers = [httpx.get(picture, headers=headers) for headers in (AVIF, {"Accept": "image/webp"}, {})]

    assert [answer.headers["content-type"] for answer in answers] == ["image/avif", "image/webp", "image/jpeg"]
    assert all("Accept" in answer.headers["vary"].split(", ") for answer in answers)


def test_link_previews_learn_what_they_need(sharing: RunningServer, image_id: str) -> None:
    share = create_share(sharing, image_id, title='Boats & "sails"', message="One\ntwo" + " x" * 200)["share"]
    text = httpx.get(share["url"], headers={"User-Agent": "facebookexternalhit/1.1"}).text

    assert '<meta property="og:title" content="Boats &amp; &#34;sails&#34;">' in text
    assert f'<meta property="og:url" content="{share["url"]}">' in text
    assert f'<meta property="og:image" content="{share["url"]}/preview.jpeg">' in text
    assert '<meta property="og:image:width" content="800">' in text
    assert '<meta property="og:image:height" content="533">' in text
    assert '<meta name="twitter:card" content="summary_large_image">' in text
    description = text.split('property="og:description" content="')[1].split('"')[0]
    assert description.startswith("One two x x")
    assert (len(description), description[-1]) == (200, "…")


def test_keeps_search_engines_caches_and_referrers_away(sharing: RunningServer, image_id: str) -> None:
    url = create_share(sharing, image_id)["share"]["url"]
    page, picture = httpx.get(url), httpx.get(f"{url}/picture")

    for answer in (page, picture):
        assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert picture.headers["cache-control"] == "private, no-cache"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    again = httpx.get(f"{url}/picture", headers={"If-None-Match": picture.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_counts_who_looks_but_no_robots(sharing: RunningServer, image_id: str) -> None:
    share = create_share(sharing, image_id)["share"]
    robots = ({"User-Agent": "Slackbot-LinkExpanding 1.0"}, {"User-Agent": "WhatsApp/2"}, {"Sec-Purpose": "prefetch"})
    for headers in (*robots, {}, {"User-Agent": "Mozilla/5.0"}):
        assert httpx.get(share["url"], headers=headers).status_code == 200
    httpx.head(share["url"])
    httpx.get(f"{share['url']}/picture")

    seen = read_share(sharing, share["id"])

    assert (share["views"], share["viewedAt"], seen["views"]) == (0, None, 2)
    assert seen["viewedAt"] > share["createdAt"]


def test_revoked_expired_altered_and_unknown_shares_answer_alike(sharing: RunningServer, image_id: str) -> None:
    revoked, ending, open_ = (create_share(sharing, image_id)["share"] for _ in range(3))
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    ending = create_share(sharing, image_id, expiresAt=soon)["share"]
    done = sharing.graphql(REVOKE_SHARE, id=revoked["id"])["revokeShare"]
    deadline = time.monotonic() + 20
    while httpx.get(ending["url"]).status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    name, _, signature = open_["url"].rpartition("/")[2].partition(".")
    other_name = "0" * 32
    addresses = [
        revoked["url"],
        ending["url"],
        f"{sharing.url}/s/{other_name}.{signature}",
        f"{sharing.url}/s/{name}.{signature[:-2]}AA",
        f"{sharing.url}/s/{name}",
        f"{sharing.url}/s/{name}.",
        f"{open_['url']}%0A",
        f"{sharing.url}/s/%00%ff",
    ]

    for part in ("", "/picture", "/preview.jpeg"):
        answers = {(answer.status_code, answer.content) for answer in (httpx.get(a + part) for a in addresses)}
        [(status, body)] = answers
        assert status == 404
        assert b"not there, or not any more" in body
    assert httpx.get(open_["url"]).status_code == 200
    assert codes(done) == []
    assert done["share"]["revokedAt"] is not None


def test_shows_nothing_of_an_image_that_is_deleted(sharing: RunningServer) -> None:
    gone = add_private_image(sharing, seed=7)
    share = create_share(sharing, gone)["share"]
    assert httpx.get(f"{share['url']}/picture").status_code == 200

    sharing.graphql("mutation ($id: ID!) { deleteImages(input: {ids: [$id]}) { userErrors { code } } }", id=gone)

    assert [httpx.get(share["url"] + part).status_code for part in ("", "/picture", "/preview.jpeg")] == [404] * 3
    assert read_share(sharing, share["id"])["image"] is None


def test_what_others_share_ends_when_it_is_no_longer_public(sharing: RunningServer, stranger: str) -> None:
    public = add_private_image(sharing, seed=8, flow="share-turning")
    turn = """mutation ($public: Boolean!) {
      updateFlow(input: {name: "share-turning", isPublic: $public}) { userErrors { code } } }"""
    sharing.graphql(turn, public=True)
    theirs = create_share(sharing, public, key=stranger)["share"]
    own = create_share(sharing, public)["share"]
    assert httpx.get(theirs["url"]).status_code == 200

    sharing.graphql(turn, public=False)

    assert [httpx.get(share["url"]).status_code for share in (theirs, own)] == [404, 200]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"title": "x" * 201}, ("INVALID_INPUT", ["title"])),
        ({"title": "a\r\nBcc: b@example.org"}, ("INVALID_INPUT", ["title"])),
        ({"title": "a\u2028b"}, ("INVALID_INPUT", ["title"])),
        ({"message": "x" * 10_001}, ("INVALID_INPUT", ["message"])),
        ({"message": "a\0b"}, ("INVALID_INPUT", ["message"])),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, ("INVALID_INPUT", ["expiresAt"])),
        ({"expiresAt": "2999-01-01T00:00:00Z"}, ("INVALID_INPUT", ["expiresAt"])),
        ({"imageId": "0" * 32}, ("NOT_FOUND", ["imageId"])),
        ({"imageId": "../../etc/passwd"}, ("NOT_FOUND", ["imageId"])),
    ],
    ids=lambda value: str(value)[:30],
)
def test_refuses_bad_shares(
    sharing: RunningServer, image_id: str, more: dict[str, str], error: tuple[str, list[str]]
) -> None:
    before = sharing.graphql(OWN_SHARES)["shares"]["totalCount"]

    payload = create_share(sharing, more.pop("imageId", image_id), **more)

    assert (codes(payload), payload["share"]) == ([error], None)
    assert sharing.graphql(OWN_SHARES)["shares"]["totalCount"] == before


def test_shows_and_leaves_shares_to_their_owner(sharing: RunningServer, image_id: str, stranger: str) -> None:
    looker = sharing.run_cli("keys", "create", "share looker", "--role", "viewer").strip()
    share = create_share(sharing, image_id)["share"]
    missing = "share:" + "0" * 32

    def revoke(key: str | None, share_id: str) -> list[tuple[str, list[str]]]:
        return codes(sharing.graphql(REVOKE_SHARE, key=key, id=share_id)["revokeShare"])

    assert revoke(stranger, share["id"]) == revoke(stranger, missing) == [("NOT_FOUND", ["id"])]
    assert revoke(looker, share["id"]) == [("FORBIDDEN", [])]
    assert revoke(None, share["id"]) == [("UNAUTHENTICATED", [])]
    assert read_share(sharing, share["id"], key=stranger) is None
    assert codes(create_share(sharing, image_id, key=stranger)) == [("NOT_FOUND", ["imageId"])]
    assert codes(create_share(sharing, image_id, key=looker)) == [("FORBIDDEN", [])]
    assert codes(create_share(sharing, image_id, key=None)) == [("UNAUTHENTICATED", [])]
    assert sharing.post(OWN_SHARES, key=None).json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert read_share(sharing, share["id"])["revokedAt"] is None


def test_lists_own_shares_page_by_page(sharing: RunningServer) -> None:
    listed = add_private_image(sharing, seed=9)
    made = [create_share(sharing, listed)["share"]["id"] for _ in range(3)]

    first = sharing.graphql(OWN_SHARES, image=listed, first=2)["shares"]
    rest = sharing.graphql(OWN_SHARES, image=listed, first=2, after=first["edges"][-1]["cursor"])["shares"]

    assert [edge["node"]["id"] for edge in (*first["edges"], *rest["edges"])] == made[::-1]
    assert (first["totalCount"], first["pageInfo"], rest["pageInfo"]) == (
        3,
        {"hasNextPage": True},
        {"hasNextPage": False},
    )
    assert sharing.graphql(OWN_SHARES)["shares"]["totalCount"] > 3
