"""A CDN in front of objects: where answers send clients, and that it can fetch from here what it is asked for."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

CDN = "https://cdn.example/pictures"
ADDRESSES = """query ($id: ID!) { image(id: $id) {
  url thumbnails { url } variant(width: 120, height: 80, fit: COVER) { url } responsive(widths: [160]) { src } } }"""
CREATE_FLOW = 'mutation { createFlow(input: {name: "hidden", isPublic: false}) { userErrors { code } } }'


@pytest.fixture(scope="module")
def behind_cdn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"GF_MEDIA_URL": f"{CDN}/"}
    running = RunningServer(tmp_path_factory.mktemp("cdn") / "data", settings)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("flow", ["general", "hidden"])
def test_sends_clients_to_the_cdn_which_finds_all_here(behind_cdn: RunningServer, flow: str) -> None:
    behind_cdn.graphql(CREATE_FLOW)
    payload = behind_cdn.upload(make_picture(seed=31), "JPEG", flows=[flow])
    behind_cdn.watch_to_end(payload["job"]["id"])

    image = behind_cdn.graphql(ADDRESSES, id=payload["image"]["id"])["image"]
    urls = [image["url"], *(thumbnail["url"] for thumbnail in image["thumbnails"])]
    urls += [image["variant"]["url"], image["responsive"]["src"]]

    assert len(urls) == 6
    for url in urls:
        assert url.startswith(f"{CDN}/")
        fetched = httpx.get(behind_cdn.url + url.removeprefix(CDN), timeout=60)
        assert (fetched.status_code, fetched.headers["content-type"].partition("/")[0]) == (200, "image")
        assert ("public" in fetched.headers["cache-control"]) == (flow == "general")


def test_takes_uploads_itself(behind_cdn: RunningServer) -> None:
    upload = behind_cdn.init(make_picture(seed=32), "JPEG")["upload"]

    assert upload["url"].startswith(f"{behind_cdn.url}/uploads/")


@pytest.mark.parametrize("path", ["/", "/graphql"])
def test_lets_pages_show_what_comes_from_there(behind_cdn: RunningServer, path: str) -> None:
    page = httpx.get(behind_cdn.url + path, headers={"Accept": "text/html"})

    origin = "{0.scheme}://{0.netloc}".format(urlsplit(CDN))
    [images] = [part for part in page.headers["content-security-policy"].split("; ") if part.startswith("img-src")]
    assert images.split()[-1] == origin


def test_refuses_to_start_with_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="did not start"):
        RunningServer(tmp_path / "data", {"GF_MEDIA_URL": "cdn.example"}).start()
