"""The two pages of older clients in a real browser, with hostile words in the data: nothing runs."""

import asyncio

import pytest
from playwright.async_api import Page

from tests.pictures import make_picture
from tests.rest.old_client import OldClient
from tests.serving import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

TITLE = "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
TAG = "\"'><svg onload=window.pwned=1>"


def make_hostile(server: RunningServer) -> str:
    image_id, job_id = OldClient(server).upload(make_picture(seed=595), f="hostile_page", imgn=TITLE)
    server.watch_to_end(job_id)
    server.graphql(
        "mutation ($id: ID!, $tags: [String!]) { updateImage(input: {id: $id, tags: $tags}) { image { id } } }",
        id=image_id,
        tags=[TAG],
    )
    return image_id


async def test_shows_hostile_words_as_words(page: Page, shared_server: RunningServer) -> None:
    image_id = await asyncio.to_thread(make_hostile, shared_server)

    for path in (f"/images/v/{image_id}", "/images/flows/browser?fname=hostile_page"):
        await page.goto(path, wait_until="load")
        assert await page.locator("main img").get_attribute("alt") == TITLE
        assert await page.locator("main img").evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        assert await page.locator("script, svg").count() == 0
        assert await page.evaluate("window.pwned") is None


async def test_has_no_words_of_the_address_in_it(page: Page, shared_server: RunningServer) -> None:
    await page.goto("/images/flows/browser?fname=<img src=x onerror=window.pwned=1>")

    assert await page.locator("main img").count() == 0
    assert await page.evaluate("window.pwned") is None
