"""Lists as Relay connections: filters, orders, pages, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

SIZES = [(64, 64), (200, 100), (100, 200), (320, 240), (640, 480)]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Five pictures, `Picture 0` to `Picture 4`, the even ones PNG and tagged."""
    server = RunningServer(tmp_path_factory.mktemp("gallery") / "data")
    server.start()
    for number, size in enumerate(SIZES):
        image_format = "JPEG" if number % 2 else "PNG"
        data = make_picture(image_format, size, seed=number)
        tags = [] if number % 2 else ["Even"]
        payload = server.upload(data, image_format, name=f"Picture {number}", flows=["gallery"], tags=tags)
        server.watch_to_end(payload["job"]["id"])
    yield server
    server.stop()


def _titles(server: RunningServer, arguments: str) -> list[str]:
    images = server.graphql(f"{{ images({arguments}) {{ edges {{ node {{ title }} }} }} }}")["images"]
    return [edge["node"]["title"].removeprefix("Picture ") for edge in images["edges"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("first: 100", "43210"),
        ("orderBy: {field: CREATED_AT, direction: ASC}", "01234"),
        ("orderBy: {field: TITLE, direction: DESC}", "43210"),
        ('filter: {flow: "gallery", format: [PNG]}', "420"),
        ('filter: {tag: "even", minWidth: 100}', "42"),
        ("filter: {minWidth: 200, minHeight: 100}", "431"),
        ('filter: {flow: "nothing"}', ""),
        ('filter: {createdBefore: "2020-01-01T00:00:00Z"}', ""),
        ('filter: {createdAfter: "2020-01-01T00:00:00+02:00"}', "43210"),
        ("filter: {state: [FAILED]}", ""),
        ("last: 2", "10"),
    ],
)
def test_lists_what_is_asked_for(gallery: RunningServer, arguments: str, expected: str) -> None:
    assert _titles(gallery, arguments) == list(expected)


def test_walks_through_all_pages_and_back(gallery: RunningServer) -> None:
    query = """query ($first: Int, $after: String, $last: Int, $before: String) {
      images(first: $first, after: $after, last: $last, before: $before) {
        totalCount edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

    forward = _walk(gallery, query, "first", "after", "endCursor", "hasNextPage")
    backward = _walk(gallery, query, "last", "before", "startCursor", "hasPreviousPage")

    assert [len(page["edges"]) for page in forward] == [2, 2, 1]
    assert {page["totalCount"] for page in forward} == {5}
    assert _all_titles(forward) == [f"Picture {number}" for number in (4, 3, 2, 1, 0)]
    assert _all_titles(backward[::-1]) == _all_titles(forward)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("first: 0", "first"),
        ("first: 101", "first"),
        ("last: -1", "last"),
        ("first: 1, last: 1", "last"),
        ('after: "nonsense"', "after"),
        ('before: "W10"', "before"),
    ],
)
def test_refuses_impossible_pages(gallery: RunningServer, arguments: str, field: str) -> None:
    answer = gallery.post(f"{{ images({arguments}) {{ totalCount }} }}").json()

    assert answer["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": [field]}


def test_finds_anything_by_its_id(gallery: RunningServer) -> None:
    image_id = gallery.graphql("{ images(first: 1) { edges { node { id } } } }")["images"]["edges"][0]["node"]["id"]
    job_id = gallery.graphql("{ jobs(first: 1) { edges { node { id } } } }")["jobs"]["edges"][0]["node"]["id"]
    ids = [image_id, job_id, "flow:gallery", "user:admin", "f" * 32, "nonsense"]

    nodes = gallery.graphql("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=ids)["nodes"]

    assert [node and (node["__typename"], node["id"]) for node in nodes] == [
        ("Image", image_id),
        ("Job", job_id),
        ("Flow", "flow:gallery"),
        ("User", "user:admin"),
        None,
        None,
    ]


def test_refuses_more_ids_than_a_page(gallery: RunningServer) -> None:
    answer = gallery.post("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 101).json()

    assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


def test_shows_a_flow_with_its_cover(gallery: RunningServer) -> None:
    flow = gallery.graphql(
        '{ flow(name: "gallery") { id imageCount isPublic storage owner { name } cover { title } } }'
    )

    assert flow["flow"] == {
        "id": "flow:gallery",
        "imageCount": 5,
        "isPublic": True,
        "storage": "local",
        "owner": {"name": "admin"},
        "cover": {"title": "Picture 4"},
    }


def test_changes_titles_and_tags(gallery: RunningServer) -> None:
    image_id = gallery.graphql('{ images(filter: {tag: "even"}, last: 1) { edges { node { id } } } }')
    image_id = image_id["images"]["edges"][0]["node"]["id"]
    update = """mutation ($input: UpdateImageInput!) { updateImage(input: $input) {
      image { title tags } userErrors { code field } } }"""

    renamed = gallery.graphql(update, input={"id": image_id, "title": " Picture 0 ", "tags": ["Even", "even", "New"]})
    refused = gallery.graphql(update, input={"id": image_id, "title": "x" * 300})

    assert renamed["updateImage"] == {"image": {"title": "Picture 0", "tags": ["even", "new"]}, "userErrors": []}
    assert refused["updateImage"] == {"image": None, "userErrors": [{"code": "INVALID_INPUT", "field": ["title"]}]}


def _walk(
    server: RunningServer, query: str, size: str, cursor: str, next_cursor: str, has_more: str
) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = []
    variables: dict[str, object] = {size: 2}
    while not pages or pages[-1]["pageInfo"][has_more]:
        pages.append(server.graphql(query, **variables)["images"])
        variables[cursor] = pages[-1]["pageInfo"][next_cursor]
    return pages


def _all_titles(pages: list[dict[str, Any]]) -> list[str]:
    return [edge["node"]["title"] for page in pages for edge in page["edges"]]
