"""The GraphiQL page in a real browser."""

import pytest
from playwright.async_api import Page, expect

from tests.pictures import make_picture
from tests.serving import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

REMEMBER = 'localStorage.setItem("graphiql:query", `{}`)'


async def test_runs_a_query_and_asks_no_other_host(page: Page, server: str) -> None:
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    await page.goto("/graphql")

    await page.get_by_role("button", name="Execute query").click()

    await expect(page.locator(".result-window")).to_contain_text('"role": "ADMIN"')
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((f"{server}/", "data:", "blob:"))] == []
    assert refused == []


async def test_follows_a_subscription(page: Page, shared_server: RunningServer) -> None:
    job_id = shared_server.upload(make_picture(seed=330), "JPEG")["job"]["id"]
    await page.add_init_script(REMEMBER.format(f'subscription {{ jobStatus(jobId: "{job_id}") {{ step kind }} }}'))
    await page.goto("/graphql")

    await page.get_by_role("button", name="Execute query").click()

    await expect(page.locator(".result-window")).to_contain_text('"kind": "COMPLETED"')
