"""The first page in a real browser: pictures go in, and the flow fills."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.console.dropping import drop
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE_NAME = "<img src=x onerror=window.pwned=1>.png"
ADDRESSES = "query ($id: ID!) { image(id: $id) { url thumbnails { url } } }"
DONE = [f"{step}: done" for step in ("Fetch", "Transform", "Persist", "Done")]


async def open_flow(page: Page, name: str) -> None:
    """Open the first page on a flow, once it takes files."""
    await page.goto(f"/?flow={name}")
    await expect(page.get_by_role("button", name="Choose pictures")).to_be_enabled()


def fill(server: RunningServer, flow: str, count: int) -> None:
    """Put so many small pictures into a flow, `picture 0` first, and wait until all are ready."""
    payloads = [
        server.upload(make_picture(size=(60, 40), seed=400 + at), "JPEG", name=f"picture {at}", flows=[flow])
        for at in range(count)
    ]
    for payload in payloads:
        server.watch_to_end(payload["job"]["id"])


async def test_dropped_pictures_get_ready_and_fill_the_flow(page: Page) -> None:
    await open_flow(page, "dropped")

    await drop(page, {"lake.jpeg": make_picture(seed=401), "hill.png": make_picture("PNG", seed=402)})

    await expect(page.locator('.upload[data-state="ready"] .upload-name')).to_have_text(["lake.jpeg", "hill.png"])
    await expect(page.locator(".upload").first.locator(".step")).to_have_text(DONE)
    await expect(page.locator("#upload-summary")).to_have_text("2 of 2 pictures ready")
    await expect(page.locator("#flow-count")).to_have_text("2 pictures")
    for title in ("lake.jpeg", "hill.png"):
        thumbnail = page.get_by_role("button", name=title).get_by_role("img")
        await expect(thumbnail).to_have_class("is-loaded")
        assert await thumbnail.evaluate("image => [image.naturalWidth, image.width > 0]") == [400, True]


async def test_chosen_pictures_are_in_the_flow_after_a_reload(page: Page, tmp_path: Path) -> None:
    (tmp_path / "chosen.jpeg").write_bytes(make_picture(seed=403))
    await open_flow(page, "chosen")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose pictures").press("Enter")

    await (await chooser.value).set_files(tmp_path / "chosen.jpeg")
    await expect(page.locator('.upload[data-state="ready"]')).to_have_count(1)
    await page.reload()

    await expect(page.get_by_role("button", name="chosen.jpeg")).to_be_visible()


async def test_a_broken_file_says_why_while_the_other_gets_ready(page: Page) -> None:
    await open_flow(page, "broken")

    await drop(page, {"broken.png": b"this is no picture", "sound.jpeg": make_picture(seed=404)})

    await expect(page.locator('.upload[data-state="ready"] .upload-name')).to_have_text("sound.jpeg")
    failed = page.locator('.upload[data-state="failed"]')
    await expect(failed.locator(".upload-name")).to_have_text("broken.png")
    await expect(failed.locator(".upload-problem code")).to_have_text("NOT_AN_IMAGE")
    await expect(failed.locator(".upload-problem")).to_have_text(re.compile(r"^NOT_AN_IMAGE \w.+\.$"))
    await expect(page.locator(".tile")).to_have_count(1)


async def test_a_picture_that_breaks_while_it_is_processed_leaves_the_flow(page: Page) -> None:
    whole = make_picture("PNG", (1200, 900), seed=405)
    await open_flow(page, "damaged")

    await drop(page, {"damaged.png": whole[: len(whole) // 2]})

    await expect(page.locator('.upload[data-state="failed"] .upload-problem code')).to_have_text("CORRUPT")
    await expect(page.locator(".tile")).to_have_count(0)
    await expect(page.locator("#empty")).to_be_visible()


async def test_a_hostile_name_is_shown_and_does_not_run(page: Page) -> None:
    await open_flow(page, "hostile")

    await drop(page, {HOSTILE_NAME: make_picture("PNG", seed=406)})
    await expect(page.locator('.upload[data-state="ready"] .upload-name')).to_have_text(HOSTILE_NAME)
    await page.locator(".tile-button").click()

    await expect(page.locator("#detail-title")).to_have_text(HOSTILE_NAME)
    await expect(page.locator("#detail-facts dl")).to_be_visible()
    assert await page.evaluate("window.pwned === undefined && !document.querySelector('img[src=x]')")


async def test_the_same_file_again_joins_the_other_flow(page: Page) -> None:
    files = {"twice.jpeg": make_picture(seed=407)}
    await open_flow(page, "first-home")
    await drop(page, files)
    await expect(page.locator('.upload[data-state="ready"]')).to_have_count(1)

    await page.get_by_label("Into the flow").fill("second-home")
    await drop(page, files)

    await expect(page.locator(".upload-note")).to_have_text(["Was here already", "Ready"])
    await expect(page.locator("#flow-name")).to_have_text("second-home")
    await expect(page.get_by_role("button", name="twice.jpeg")).to_be_visible()


async def test_goes_on_behind_the_last_event_after_a_lost_connection(page: Page) -> None:
    asked: list[str | None] = []
    told: list[str] = []

    def cut(route: WebSocketRoute) -> None:
        """Pass everything on, but close the first socket behind its first event."""
        upstream = route.connect_to_server()

        def to_server(message: str | bytes) -> None:
            parsed = json.loads(message)
            if parsed["type"] == "subscribe":
                asked.append(parsed["payload"]["variables"]["after"])
            upstream.send(message)

        async def to_page(message: str | bytes) -> None:
            parsed = json.loads(message)
            if parsed["type"] != "next" or len(asked) > 1:
                route.send(message)
            elif not told:
                told.append(parsed["payload"]["data"]["jobStatus"]["cursor"])
                route.send(message)
                await route.close(code=1012)

        route.on_message(to_server)
        upstream.on_message(to_page)

    await page.route_web_socket("**/graphql", cut)
    await open_flow(page, "cut")

    await drop(page, {"cut.jpeg": make_picture(size=(1600, 1200), seed=408)})

    await expect(page.locator('.upload[data-state="ready"]')).to_have_count(1, timeout=15_000)
    assert asked == [None, told[0]]


async def test_pages_on_demand(page: Page, shared_server: RunningServer) -> None:
    await asyncio.to_thread(fill, shared_server, "paged", 26)
    await open_flow(page, "paged")
    await expect(page.locator(".tile")).to_have_count(24)

    await page.get_by_role("button", name="More").click()

    await expect(page.locator(".tile")).to_have_count(26)
    await expect(page.locator(".tile-title").last).to_have_text("picture 0")
    await expect(page.get_by_role("button", name="More")).to_be_hidden()
    await expect(page.get_by_role("button", name="picture 1", exact=True)).to_be_focused()


async def test_a_picture_opens_by_key_with_its_addresses(page: Page, shared_server: RunningServer) -> None:
    picture = make_picture(size=(1000, 500), seed=409)
    payload = shared_server.upload(picture, "JPEG", name="Open me", flows=["opened"])
    await asyncio.to_thread(shared_server.watch_to_end, payload["job"]["id"])
    image = shared_server.graphql(ADDRESSES, id=payload["image"]["id"])["image"]
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await open_flow(page, "opened")

    await page.get_by_role("button", name="Open me").press("Enter")
    dialog = page.get_by_role("dialog", name="Open me")
    await dialog.get_by_role("button", name="Copy the address: Original").click()

    await expect(dialog.get_by_role("img")).to_have_js_property("naturalWidth", 800)
    await expect(dialog.locator("dd").nth(0)).to_have_text("1,000 \u00d7 500 px")
    await expect(dialog.locator(".swatch")).not_to_have_count(0)
    for label, thumbnail in zip(("Small", "Medium", "Large"), image["thumbnails"], strict=True):
        field = dialog.get_by_role("textbox", name=re.compile(f"^{label}"))
        await expect(field).to_have_value(thumbnail["url"])
    assert await page.evaluate("navigator.clipboard.readText()") == image["url"]
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("button", name="Open me")).to_be_focused()


async def test_from_elsewhere_an_api_key_signs_this_browser_in(browser: Browser, server: str) -> None:
    context = await browser.new_context(base_url=server, extra_http_headers={"X-Forwarded-For": "203.0.113.9"})
    page = await context.new_page()
    await page.goto("/?flow=keyed")
    await page.get_by_label("API key").fill("gf_wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text(re.compile("unknown"))
    await expect(page.get_by_role("button", name="Choose pictures")).to_be_disabled()

    await page.get_by_label("API key").fill(ADMIN_KEY)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("#viewer")).to_contain_text("admin")
    await drop(page, {"keyed.jpeg": make_picture(seed=310)})

    await expect(page.locator('.upload[data-state="ready"]')).to_have_count(1)
    [cookie] = await context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("gf_session", True, "Strict")
    assert ADMIN_KEY not in cookie["value"]
    assert await page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    await context.close()


async def test_signs_out_for_as_long_as_the_browser_is_open(page: Page) -> None:
    await page.goto("/?flow=left")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("API key")).to_be_focused()

    await page.reload()

    await expect(page.get_by_label("API key")).to_be_visible()
    await expect(page.get_by_role("button", name="Choose pictures")).to_be_disabled()


@pytest.mark.parametrize("width", [360, 800, 1400])
async def test_fits_the_window(page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await open_flow(page, f"window-{width}")

    await drop(page, {f"{'long-name-' * 12}.jpeg": make_picture(size=(2000, 300), seed=320 + width)})
    await expect(page.locator('.upload[data-state="ready"]')).to_have_count(1)

    assert await page.evaluate("document.documentElement.scrollWidth") == width
