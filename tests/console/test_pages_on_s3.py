"""The pages in a real browser when objects are kept on an S3 server: it takes the bytes, and sends private ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.console.dropping import drop
from tests.pictures import make_picture
from tests.redis_server import free_port
from tests.s3_server import S3Server
from tests.serving import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

CREATE_FLOW = "mutation ($name: String!) { createFlow(input: {name: $name, isPublic: false}) { userErrors { code } } }"


@pytest.fixture(scope="module")
def on_s3(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that was told its own address, and set its bucket up."""
    port = free_port()
    settings = {
        "GF_STORAGE": "s3",
        "GF_S3_BUCKET": s3_server.new_place().bucket,
        "GF_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    running = RunningServer(tmp_path_factory.mktemp("s3-pages") / "data", s3_server.settings | settings, port=port)
    running.run_cli("storage", "setup")
    running.start()
    yield running
    running.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, on_s3: RunningServer) -> AsyncIterator[Page]:
    page = await browser.new_page(base_url=on_s3.url)
    yield page
    await page.close()


async def test_a_dropped_picture_goes_to_the_bucket_and_is_shown(page: Page, on_s3: RunningServer) -> None:
    await asyncio.to_thread(on_s3.graphql, CREATE_FLOW, name="bucket")
    async with page.expect_request(lambda request: request.method == "PUT") as put:
        await page.goto("/?flow=bucket")
        await expect(page.get_by_role("button", name="Choose pictures")).to_be_enabled()
        await drop(page, {"lake.jpeg": make_picture(seed=671)})

    await expect(page.locator('.upload[data-state="ready"] .upload-name')).to_have_text(["lake.jpeg"])
    thumbnail = page.get_by_role("button", name="lake.jpeg").get_by_role("img")
    await expect(thumbnail).to_have_class("is-loaded")
    assert (await put.value).url.startswith(on_s3.settings["GF_S3_ENDPOINT_URL"])


async def test_an_older_page_shows_a_picture_from_the_bucket(page: Page, on_s3: RunningServer) -> None:
    await asyncio.to_thread(on_s3.graphql, CREATE_FLOW, name="private")
    payload = await asyncio.to_thread(on_s3.upload, make_picture(seed=672), "JPEG", name="hill", flows=["private"])
    await asyncio.to_thread(on_s3.watch_to_end, payload["job"]["id"])

    await page.goto("/")  # which signs a browser of this machine in
    for path in (f"/images/v/{payload['image']['id']}", "/images/flows/browser?fname=private"):
        await page.goto(path, wait_until="load")
        assert await page.locator("main img").evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
