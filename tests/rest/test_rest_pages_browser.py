"""The two HTML pages in a real browser: what people wrote is shown, and nothing of it runs."""

import json

import pytest
from playwright.async_api import Browser, expect

from tests.origins import Origin
from tests.rest.old_client import OldClient, data_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

TITLE = "\"><script>window.ran = 1</script><img src=x onerror='window.ran = 2'>{{7*7}}"
TAG = "</a><svg onload=window.ran=3>"
PAGE = 'https://example.com/?"onmouseover="window.ran=4"x=\'</a><script>window.ran=5</script>'
FLOW = "hostile flow"


@pytest.fixture(scope="module")
def hostile_id(fetching: OldClient, origin: Origin) -> str:
    """An image whose title, tag and addresses try to be markup."""
    named = {
        "image_extern_url_str": origin.url("/sea.jpg?'\"><script>window.ran=6</script>"),
        "image_origin_page_url_str": PAGE.replace(" ", "%20"),
        "client_type_str": "x",
        "flows_names_lst": [FLOW],
    }
    added = data_of(fetching.post("/v1/images/flows/add_img", json.dumps(named).encode()))
    fetching.server.watch_to_end(added["images_job_id_str"])
    change = """mutation ($id: ID!, $title: String!, $tags: [String!]!) {
      updateImage(input: {id: $id, title: $title, tags: $tags}) { userErrors { message } } }"""
    image_id: str = added["image_id_str"]
    done = fetching.server.graphql(change, id=image_id, title=TITLE, tags=[TAG])
    assert done["updateImage"]["userErrors"] == []
    return image_id


@pytest.mark.parametrize("path", ["/images/v/{image_id}", "/images/flows/browser?fname=hostile%20flow"])
async def test_nothing_of_hostile_data_runs(browser: Browser, fetching: OldClient, hostile_id: str, path: str) -> None:
    page = await browser.new_page(base_url=fetching.server.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(path.format(image_id=hostile_id))
    await expect(page.locator("img").first).to_be_visible()
    for element in await page.locator("a, img, span, div").all():
        await element.dispatch_event("mouseover")

    assert await page.evaluate("window.ran") is None
    assert await page.locator("script, svg").count() == 0
    assert [url for url in asked if not url.startswith(f"{fetching.server.url}/")] == []
    await page.close()


async def test_hostile_data_is_shown_as_text(browser: Browser, fetching: OldClient, hostile_id: str) -> None:
    page = await browser.new_page(base_url=fetching.server.url)

    await page.goto(f"/images/v/{hostile_id}")

    assert await page.locator(".gf_image_tag").inner_text() == TAG
    assert await page.locator(".origin_page_url a").get_attribute("href") == PAGE.replace(" ", "%20")
    await page.close()
