"""The page of a share in a real browser: hostile words are words, and it looks as it should."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.serving import RunningServer
from tests.sharing import add_private_image, create_share

pytestmark = pytest.mark.asyncio(loop_scope="session")

TITLE = "\"'><script>window.ran=1</script><img src=x onerror=window.ran=2>{{7*7}}"
MESSAGE = '</p><script>window.ran=3</script>\n<svg onload=window.ran=4>\n<a href="javascript:window.ran=5">x</a>'


async def test_nothing_of_hostile_words_runs(browser: Browser, shared_server: RunningServer, tmp_path: Path) -> None:
    image_id = await asyncio.to_thread(add_private_image, shared_server, 71)
    payload = await asyncio.to_thread(create_share, shared_server, image_id, title=TITLE, message=MESSAGE)
    page = await browser.new_page(viewport={"width": 1_000, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(payload["share"]["url"], wait_until="load")

    await expect(page.locator("h1")).to_have_text(TITLE)
    assert await page.locator(".message").text_content() == MESSAGE
    assert await page.title() == TITLE
    assert await page.locator('meta[property="og:title"]').get_attribute("content") == TITLE
    assert await page.locator("script, svg, .share a").count() == 0
    assert await page.evaluate("window.ran") is None
    assert await page.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1_200
    assert [url for url in asked if not url.startswith(f"{shared_server.url}/")] == []
    await page.screenshot(path=tmp_path / "share.png")
    await page.close()


async def test_fits_a_telephone(browser: Browser, shared_server: RunningServer) -> None:
    image_id = await asyncio.to_thread(add_private_image, shared_server, 72)
    payload = await asyncio.to_thread(create_share, shared_server, image_id, title="w" * 200, message="m" * 500)
    page = await browser.new_page(viewport={"width": 360, "height": 740})

    await page.goto(payload["share"]["url"], wait_until="load")

    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await page.close()
