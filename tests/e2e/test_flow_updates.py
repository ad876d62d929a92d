"""Those who watch a flow: each gets every change once, across reconnects, and as long as they may see it."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.listening import Ended, Listener, listen
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

UPDATES = """subscription ($name: String!, $after: String) { flowUpdates(name: $name, after: $after) {
  cursor at kind imageId image { id state title } flow { name imageCount } } }"""

CREATE = "mutation ($input: CreateFlowInput!) { createFlow(input: $input) { userErrors { code } } }"
DELETE = "mutation ($input: DeleteFlowInput!) { deleteFlow(input: $input) { userErrors { code } } }"
UPDATE = "mutation ($input: UpdateFlowInput!) { updateFlow(input: $input) { userErrors { code } } }"
RENAME = "mutation ($input: UpdateImageInput!) { updateImage(input: $input) { userErrors { code } } }"
REMOVE = "mutation ($input: RemoveFromFlowInput!) { removeFromFlow(input: $input) { userErrors { code } } }"
ERASE = "mutation ($input: DeleteImagesInput!) { deleteImages(input: $input) { userErrors { code } } }"


async def change(server: RunningServer, mutation: str, **request: object) -> None:
    [payload] = (await asyncio.to_thread(server.graphql, mutation, input=request)).values()
    assert payload["userErrors"] == []


async def make_flow(server: RunningServer, name: str, **more: object) -> None:
    await change(server, CREATE, name=name, **more)


async def add_image(server: RunningServer, flow: str, seed: int) -> str:
    data = make_picture(seed=seed)
    image_id: str = (await asyncio.to_thread(server.upload, data, "JPEG", flows=[flow]))["image"]["id"]
    return image_id


async def until_ready(listener: Listener) -> list[dict[str, Any]]:
    events = [await listener.next()]
    while events[-1]["image"]["state"] == "PROCESSING":
        events.append(await listener.next())
    return events


def told(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(event["kind"], event["imageId"]) for event in events]


async def test_opens_with_a_snapshot_and_goes_on_live(shared_server: RunningServer) -> None:
    await make_flow(shared_server, "live")
    async with listen(shared_server, UPDATES, name="live") as listener:
        snapshot = await listener.next()
        image_id = await add_image(shared_server, "live", 301)
        made = await until_ready(listener)
        await change(shared_server, RENAME, id=image_id, title="Dock")
        renamed = await listener.next()
        await change(shared_server, REMOVE, flow="live", imageIds=[image_id])
        removed = await listener.next()

    assert (snapshot["kind"], snapshot["imageId"], snapshot["image"]) == ("SNAPSHOT", None, None)
    assert snapshot["flow"] == {"name": "live", "imageCount": 0}
    assert told(made) == [("ADDED", image_id), ("CHANGED", image_id)]
    assert (renamed["kind"], renamed["image"]["title"]) == ("CHANGED", "Dock")
    assert told([removed]) == [("REMOVED", image_id)]
    assert removed["flow"]["imageCount"] == 0


async def test_gives_two_listeners_and_a_late_one_the_same_log(shared_server: RunningServer) -> None:
    await make_flow(shared_server, "shared")
    async with (
        listen(shared_server, UPDATES, name="shared") as first,
        listen(shared_server, UPDATES, name="shared") as second,
    ):
        [start, _] = [await first.next(), await second.next()]
        image_id = await add_image(shared_server, "shared", 302)
        logs = [await first.take(2), await second.take(2)]
    await change(shared_server, ERASE, ids=[image_id])
    async with listen(shared_server, UPDATES, name="shared", after=start["cursor"]) as late:
        logs.append(await late.take(3))

    cursors = [[event["cursor"] for event in log] for log in logs]
    assert cursors[0] == cursors[1] == cursors[2][:2]
    assert told(logs[2]) == [("ADDED", image_id), ("CHANGED", image_id), ("REMOVED", image_id)]


async def test_goes_on_behind_a_cursor_across_a_restart(running_server: RunningServer) -> None:
    await make_flow(running_server, "kept")
    async with listen(running_server, UPDATES, name="kept") as listener:
        await listener.next()
        first = await add_image(running_server, "kept", 303)
        before = await until_ready(listener)
        await change(running_server, RENAME, id=first, title="While nobody read")

    running_server.kill()
    running_server.start()

    async with listen(running_server, UPDATES, name="kept", after=before[-1]["cursor"]) as listener:
        missed = await listener.next()
        second = await add_image(running_server, "kept", 304)
        live = await until_ready(listener)
    assert told([*before, missed]) == [("ADDED", first), ("CHANGED", first), ("CHANGED", first)]
    assert told(live) == [("ADDED", second), ("CHANGED", second)]


async def test_begins_anew_with_another_flow_of_the_name(shared_server: RunningServer) -> None:
    await make_flow(shared_server, "reborn")
    async with listen(shared_server, UPDATES, name="reborn") as listener:
        old = await listener.next()
        await change(shared_server, DELETE, name="reborn")
        with pytest.raises(Ended) as ended:
            await listener.next()
    assert ended.value.codes == []

    await make_flow(shared_server, "reborn")
    async with listen(shared_server, UPDATES, name="reborn", after=old["cursor"]) as listener:
        new = await listener.next()

    assert new["kind"] == "SNAPSHOT"
    assert new["cursor"] != old["cursor"]


async def test_begins_anew_behind_the_end_of_the_log(shared_server: RunningServer) -> None:
    await make_flow(shared_server, "restored")
    async with listen(shared_server, UPDATES, name="restored") as listener:
        cursor = (await listener.next())["cursor"]

    async with listen(shared_server, UPDATES, name="restored", after=f"{cursor}7") as listener:
        again = await listener.next()

    assert (again["kind"], again["cursor"]) == ("SNAPSHOT", cursor)


async def test_ends_when_the_flow_is_hidden(shared_server: RunningServer) -> None:
    await make_flow(shared_server, "closing", isPublic=True)
    async with (
        listen(shared_server, UPDATES, key=None, name="closing") as stranger,
        listen(shared_server, UPDATES, name="closing") as owner,
    ):
        assert [(await stranger.next())["kind"], (await owner.next())["kind"]] == ["SNAPSHOT", "SNAPSHOT"]
        await change(shared_server, UPDATE, name="closing", isPublic=False)
        with pytest.raises(Ended):
            await stranger.next()
        image_id = await add_image(shared_server, "closing", 305)

        assert told([await owner.next()]) == [("ADDED", image_id)]


@pytest.mark.parametrize("name", ["hidden", "none"])
async def test_says_of_a_hidden_or_unknown_flow_that_there_is_none(shared_server: RunningServer, name: str) -> None:
    if name == "hidden":
        await make_flow(shared_server, name, isPublic=False)

    async with listen(shared_server, UPDATES, key=None, name=name) as listener:
        with pytest.raises(Ended) as ended:
            await listener.next()

    assert ended.value.codes == ["NOT_FOUND"]


@pytest.mark.parametrize("after", ["", "e1", "f-1", "f0-", "f1-1 ", "f0123456789abcdef-1", "f1-²"])
async def test_refuses_a_cursor_that_is_none(shared_server: RunningServer, after: str) -> None:
    async with listen(shared_server, UPDATES, name="general", after=after) as listener:
        with pytest.raises(Ended) as ended:
            await listener.next()

    assert ended.value.codes == ["INVALID_INPUT"]


async def test_streams_the_same_as_server_sent_events(shared_server: RunningServer) -> None:
    await make_flow(shared_server, "streamed")
    image_id = await add_image(shared_server, "streamed", 306)
    async with listen(shared_server, UPDATES, name="streamed") as listener:
        cursor = (await listener.next())["cursor"]
    start = cursor.rpartition("-")[0] + "-0"
    headers = {"Accept": "text/event-stream", "GF-Api-Key": ADMIN_KEY}
    body = {"query": UPDATES, "variables": {"name": "streamed", "after": start}}

    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("POST", f"{shared_server.url}/graphql", json=body, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                event = json.loads(line.removeprefix("data: "))["data"]["flowUpdates"]
                break

    assert told([event]) == [("ADDED", image_id)]
