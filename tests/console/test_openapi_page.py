"""The page of the older routes in a real browser."""

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_shows_the_routes_and_asks_no_other_host(page: Page, server: str) -> None:
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)

    await page.goto("/openapi")

    route = page.locator("#operations-default-get_v1_images_upload_init")
    await expect(route).to_contain_text("A ticket for the bytes")
    assert [url for url in asked if not url.startswith((f"{server}/", "data:", "blob:"))] == []
    assert refused == []


async def test_tries_a_route_out(page: Page) -> None:
    await page.goto("/openapi#/default/get_v1_images_tester")
    route = page.locator("#operations-default-get_v1_images_tester")

    await route.get_by_role("button", name="Try it out").click()
    await route.get_by_role("button", name="Execute").click()

    await expect(route.locator(".live-responses-table").first).to_contain_text('"test": "ok"')
