"""The console's pages and files as they come over HTTP: what they may run, load and keep."""

import hashlib
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.console import pages

STATIC = Path(pages.__file__).parent / "static"
VENDORED = "/static/vendor/graphql-ws/graphql-ws-6.4.2.min.js"
OWN = "/static/js/main.js"
PAGES = ("/", "/graphql")


class PageReader(HTMLParser):
    """Collects what a page loads, and every way of running or styling from within the page."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        source = given.get("href") if tag == "link" else given.get("src")
        if source is not None:
            self.loaded.append(source)


@pytest.fixture
def app() -> Starlette:
    def sign_in(_request: Request, response: Response) -> None:
        response.set_cookie("session", "of-the-page", httponly=True)

    app = Starlette(routes=[*pages.routes, Route("/graphql", pages.graphiql_page)])
    app.state.sign_in_page = sign_in
    app.state.media_origins = ()
    return app


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://console.test") as client:
        yield client


async def test_first_page_runs_nothing_but_our_files(client: httpx.AsyncClient) -> None:
    response = await client.get("/")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; style-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


async def test_playground_may_style_itself_but_runs_nothing_but_our_files(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql")

    assert response.status_code == 200
    assert response.headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
        "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; font-src 'self' data:"
    )


async def test_pages_may_use_the_stores_that_the_application_names(app: Starlette, client: httpx.AsyncClient) -> None:
    app.state.media_origins = ("https://cdn.example",)

    policy = (await client.get("/")).headers["content-security-policy"].split("; ")

    assert "img-src 'self' blob: data: https://cdn.example" in policy
    assert "connect-src 'self' ws: wss: https://cdn.example" in policy


@pytest.mark.parametrize("path", PAGES)
async def test_pages_sign_in_and_are_not_kept(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert response.cookies["session"] == "of-the-page"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [*PAGES, OWN, VENDORED])
async def test_everything_is_what_it_says_and_tells_no_other_site(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
async def test_pages_load_only_files_that_ship_with_them(client: httpx.AsyncClient, path: str) -> None:
    reader = PageReader()
    reader.feed((await client.get(path)).text)

    assert reader.inline == []
    assert len(reader.loaded) > 5
    assert {source: (await client.get(source)).status_code for source in reader.loaded} == dict.fromkeys(
        reader.loaded, 200
    )
    assert [source for source in reader.loaded if not source.startswith("/static/")] == []


async def test_browsers_keep_vendored_files_for_good(client: httpx.AsyncClient) -> None:
    response = await client.get(VENDORED)

    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_browsers_ask_again_for_our_own_files(client: httpx.AsyncClient) -> None:
    first = await client.get(OWN)

    again = await client.get(OWN, headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    assert (again.status_code, again.headers["cache-control"], again.content) == (304, "no-cache", b"")


@pytest.mark.parametrize(
    "path", ["/static/missing.js", "/static/vendor/missing.js", "/static/%2e%2e/pages.py", "/static/index.html"]
)
async def test_what_is_no_file_of_the_console_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


def test_vendored_files_are_the_ones_that_their_table_names() -> None:
    vendor = STATIC / "vendor"
    table = (vendor / "VENDORED.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", table, re.MULTILINE))
    files = {path.relative_to(vendor).as_posix(): path for path in vendor.rglob("*") if path.suffix in {".js", ".css"}}

    assert named == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    for licence in re.findall(r"`([^`]+/LICENSE[^`]+)`", table):
        assert (vendor / licence).is_file(), licence


def test_scripts_never_turn_text_into_markup_or_code() -> None:
    sinks = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function")
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (STATIC / "js").glob("*.js")}

    assert len(scripts) > 10
    assert [name for name, text in scripts.items() if sinks.search(text)] == []


def test_scripts_are_short() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in (STATIC / "js").glob("*.js")}

    assert {name: length for name, length in lengths.items() if length > 150} == {}
