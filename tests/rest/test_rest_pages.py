"""The two HTML pages: what old scripts look for in them, and that nothing in the data gets out of its place."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from tests.pictures import make_picture
from tests.rest.conftest import Made
from tests.rest.old_client import OldClient
from tests.serving import RunningServer

VOID = {"meta", "link", "img"}


@dataclass
class Element:
    """An element with its attributes, the places of its parents, and the text in it."""

    name: str
    attributes: dict[str, str | None]
    parents: list[str]
    text: str = ""


@dataclass
class Document(HTMLParser):
    """All elements of a page, in order."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), [_place(parent) for parent in self.open])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1].text += data

    def find(self, place: str) -> list[Element]:
        return [element for element in self.elements if _place(element) == place]


def _place(element: Element) -> str:
    """Return name, id and classes: `div#items`, `a.gf_image_tag`."""
    classes = "".join(f".{name}" for name in (element.attributes.get("class") or "").split())
    identity = element.attributes.get("id")
    return f"{element.name}{'#' + identity if identity else ''}{classes}"


def parse(text: str) -> Document:
    document = Document()
    document.feed(text)
    document.close()
    assert document.open == []
    return document


def test_shows_an_image(made: Made, signed_out: OldClient) -> None:
    answer = signed_out.get(f"/images/v/{made.image_id}")

    page = parse(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; img-src 'self'")
    [container] = page.find("div#gf_image")
    assert container.attributes["data-img_id"] == made.image_id
    _mark, image = page.find("img")
    assert image.parents[-1] == "div#gf_image"
    assert image.attributes["src"] == f"/images/d/thumbnails/{made.image_id}_thumb_large.jpeg"
    assert [element.text for element in page.find("span")] == ["admin"]
    assert page.find("span")[0].parents[-1] == "div.owner_user_name"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", page.find("div.creation_time")[0].text)
    assert len(page.find("div.tags_container")) == len(page.find("div.origin_page_url")) == 1


def test_shows_a_flow(made: Made, signed_out: OldClient) -> None:
    page = parse(signed_out.get("/images/flows/browser", fname="old_flow").text)

    [container] = page.find("div#gf_images_flow_container")
    [item] = page.find("div.gf_image.item")
    _mark, image = page.find("img")
    assert container.attributes["data-flow_pages_num"] == "1"
    assert item.parents[-2:] == ["div#gf_images_flow_container", "div#items"]
    assert item.attributes == {
        "class": "gf_image item",
        "data-img_id": made.image_id,
        "data-img_format": "jpeg",
        "data-img_flows_names": "old_flow,second",
    }
    assert "div.gf_image.item" in image.parents
    assert image.attributes["data-img_thumb_medium_url"] == f"/images/d/thumbnails/{made.image_id}_thumb_medium.jpeg"
    assert image.attributes["data-img_thumb_large_url"] == f"/images/d/thumbnails/{made.image_id}_thumb_large.jpeg"


def test_escapes_what_people_wrote(running_server: RunningServer) -> None:
    title, tag = "\"><script>alert(1)</script>'", '"><img src=x onerror=alert(1)>'
    image_id, job_id = OldClient(running_server).upload(make_picture(seed=590), f="hostile", imgn=title)
    running_server.watch_to_end(job_id)
    running_server.graphql(
        "mutation ($id: ID!, $tags: [String!]) { updateImage(input: {id: $id, tags: $tags}) { image { id } } }",
        id=image_id,
        tags=[tag],
    )
    signed_out = OldClient(running_server, key=None)

    image_page = parse(signed_out.get(f"/images/v/{image_id}").text)
    flow_page = parse(signed_out.get("/images/flows/browser", fname="hostile").text)

    for page in (image_page, flow_page):
        assert page.find("script") == []
        _mark, image = page.find("img")
        assert image.attributes["alt"] == title
        assert not any(name.startswith("on") for element in page.elements for name in element.attributes)
    assert [element.text for element in image_page.find("a.gf_image_tag")] == [tag]


def test_shows_private_pages_to_those_alone_who_may_see_them(running_server: RunningServer) -> None:
    running_server.graphql('mutation { createFlow(input: {name: "closed", isPublic: false}) { flow { name } } }')
    image_id, job_id = OldClient(running_server).upload(make_picture(seed=591), f="closed")
    running_server.watch_to_end(job_id)
    paths = (f"/images/v/{image_id}", "/images/flows/browser?fname=closed")

    assert [OldClient(running_server).get(path).status_code for path in paths] == [200, 200]
    assert [OldClient(running_server, key=None).get(path).status_code for path in paths] == [404, 404]


@pytest.mark.parametrize(
    "path",
    [
        "/images/v/" + "0" * 32,
        "/images/v/..%2f..%2fetc",
        "/images/v/%00",
        "/images/v/" + "x" * 5_000,
        "/images/flows/browser?fname=%22%3E%3Cscript%3E",
    ],
)
def test_has_no_page_of_what_is_not_there(signed_out: OldClient, path: str) -> None:
    answer = signed_out.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
