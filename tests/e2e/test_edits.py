"""Editing over a real server: what is shown changes everywhere, the original nowhere, and all can be taken back."""

import time
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image as Pillow

from tests.editing import EDIT, OPERATIONS, addresses, edit, fetch, read, revert, size_of, upload
from tests.pictures import make_picture
from tests.serving import RunningServer


def test_five_edits_and_back_leave_nothing_behind(shared_server: RunningServer) -> None:
    image_id = upload(shared_server, make_picture(seed=901), flows=["harbours"], tags=["sea"])
    before = read(shared_server, image_id)
    bytes_before = {url: fetch(url).content for url in addresses(shared_server, before)}

    for operation in OPERATIONS:
        assert edit(shared_server, image_id, operation)["userErrors"] == []
    edited = read(shared_server, image_id)
    revert(shared_server, image_id)

    assert [(operation["kind"]) for operation in edited["edits"]] == ["ROTATE", "CROP", "SEPIA", "NOISE", "TEXT"]
    assert (edited["width"], edited["height"]) == (300, 400)
    assert read(shared_server, image_id) == before
    assert {url: fetch(url).content for url in addresses(shared_server, before)} == bytes_before


def test_shows_the_edited_picture_everywhere_but_in_the_original(shared_server: RunningServer) -> None:
    data = make_picture(seed=902)
    image_id = upload(shared_server, data)
    before = read(shared_server, image_id)

    edit(shared_server, image_id, *OPERATIONS[:2], {"brightness": {"amount": 0}})

    after = read(shared_server, image_id)
    assert [after[name] for name in ("url", "format", "byteSize", "sha256")] == [
        before[name] for name in ("url", "format", "byteSize", "sha256")
    ]
    assert fetch(after["url"]).content == data
    picture = fetch(after["picture"]["url"]).content
    assert len(picture) == after["picture"]["byteSize"]
    assert size_of(picture) == (after["picture"]["width"], after["picture"]["height"]) == (300, 400)
    for made in (*after["thumbnails"], after["variant"], after["responsive"] | {"url": after["responsive"]["src"]}):
        shown = Pillow.open(BytesIO(fetch(made["url"]).content)).convert("RGB")
        assert shown.size == (made["width"], made["height"])
        assert max(high for _, high in shown.getextrema()) <= 2
    assert after["placeholder"]["dominantColor"] == "#000000"
    assert after["palette"] == ["#000000"]
    assert after["placeholder"]["blurHash"] != before["placeholder"]["blurHash"]


def test_old_addresses_lead_to_what_is_shown_now(shared_server: RunningServer) -> None:
    image_id = upload(shared_server, make_picture(seed=903))
    first = read(shared_server, image_id)
    edit(shared_server, image_id, {"crop": {"x": 0, "y": 0, "width": 400, "height": 100}})
    second = read(shared_server, image_id)
    edit(shared_server, image_id, {"resize": {"width": 200}})
    third = read(shared_server, image_id)

    for old in (first, second):
        for name in ("variant", "picture"):
            if old is first and name == "picture":
                continue  # the original, which stays
            moved = httpx.get(old[name]["url"])
            assert (moved.status_code, moved.headers["Location"]) == (302, third[name]["url"])
            assert moved.headers["Cache-Control"] == "no-store"
        for before, now in zip(old["thumbnails"], third["thumbnails"], strict=True):
            assert httpx.get(before["url"]).headers["Location"] == now["url"]
    revert(shared_server, image_id)
    assert httpx.get(third["picture"]["url"]).headers["Location"] == first["url"]
    assert httpx.get(second["variant"]["url"]).headers["Location"] == first["variant"]["url"]


def test_caches_keep_only_what_lasts(shared_server: RunningServer) -> None:
    image_id = upload(shared_server, make_picture(seed=904))
    address = f"{shared_server.url}/images/d/thumbnails/{image_id}_thumb_small.jpeg"
    before = fetch(address)

    edit(shared_server, image_id, {"grayscale": {}})

    after = fetch(address, headers={"If-None-Match": before.headers["ETag"]})
    assert before.headers["Cache-Control"] == after.headers["Cache-Control"] == "public, no-cache"
    assert before.content != after.content
    assert httpx.get(address, headers={"If-None-Match": after.headers["ETag"]}).status_code == 304
    edited = read(shared_server, image_id)
    for lasting in (edited["url"], edited["picture"]["url"], edited["thumbnails"][0]["url"], edited["variant"]["url"]):
        assert fetch(lasting).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert fetch(edited["thumbnails"][0]["url"]).content == after.content
    bulk = httpx.post(
        f"{shared_server.url}/images/d/bulk", json={"paths_lst": [f"thumbnails/{image_id}_thumb_small.jpeg"]}
    )
    assert bulk.json()["data"]["urls_lst"] == [edited["thumbnails"][0]["url"]]


def test_edits_may_start_over(shared_server: RunningServer) -> None:
    image_id = upload(shared_server, make_picture(seed=905))
    edit(shared_server, image_id, *OPERATIONS)

    edit(shared_server, image_id, {"flip": {"direction": "VERTICAL"}}, {"hue": {"degrees": 30}}, startOver=True)

    image = read(shared_server, image_id)
    assert image["edits"] == [
        {"kind": "FLIP", "parameters": {"direction": "VERTICAL"}},
        {"kind": "HUE", "parameters": {"degrees": 30.0}},
    ]
    assert (image["width"], image["height"]) == (640, 480)


def test_edits_that_wait_together_are_all_done(shared_server: RunningServer) -> None:
    image_id = upload(shared_server, make_picture(seed=906))

    jobs = [
        shared_server.graphql(EDIT, input={"id": image_id, "operations": [{"rotate": {"degrees": 90}}]})["editImage"]
        for _ in range(5)
    ]
    for payload in jobs:
        shared_server.watch_to_end(payload["job"]["id"])

    image = read(shared_server, image_id)
    assert [made["parameters"] for made in image["edits"]] == [{"degrees": 90.0}] * 5
    assert (image["width"], image["height"]) == (480, 640)


def test_makes_an_edited_copy(shared_server: RunningServer) -> None:
    data = make_picture("PNG", seed=907)
    image_id = upload(shared_server, data, "PNG", tags=["sea"], flows=["harbours"])
    edit(shared_server, image_id, {"rotate": {"degrees": 90}})
    before = read(shared_server, image_id)

    payload = edit(shared_server, image_id, {"resize": {"width": 48}}, asCopy=True, title="Small", flow="copies")

    assert payload["image"]["id"] == payload["job"]["items"][0]["imageId"] != image_id
    copy = read(shared_server, payload["image"]["id"])
    assert (copy["state"], copy["title"], copy["tags"], copy["edits"]) == ("READY", "Small", ["sea"], [])
    assert (copy["width"], copy["height"]) == (48, 64)
    assert [edge["node"]["name"] for edge in copy["flows"]["edges"]] == ["copies"]
    assert size_of(fetch(copy["url"]).content) == (48, 64)
    assert read(shared_server, image_id) == before | {"similar": read(shared_server, image_id)["similar"]}
    assert fetch(before["url"]).content == data


def test_the_same_edits_of_the_same_bytes_give_the_same_bytes(running_server: RunningServer) -> None:
    made = []
    for title in ("one", "two"):
        image_id = upload(running_server, make_picture(seed=908), name=title)
        edit(running_server, image_id, *OPERATIONS)
        made.append(read(running_server, image_id)["picture"]["sha256"])
        running_server.kill()
        running_server.start()

    assert made[0] == made[1]


def test_transforming_anew_keeps_edits(shared_server: RunningServer) -> None:
    image_id = upload(shared_server, make_picture(seed=909))
    unedited = read(shared_server, image_id)
    edit(shared_server, image_id, *OPERATIONS)
    before = read(shared_server, image_id)
    for stored in shared_server.data_dir.rglob(f"{image_id}_*"):
        stored.unlink()

    started = shared_server.graphql(
        "mutation ($id: ID!) { startJob(input: {transform: {imageIds: [$id]}}) { job { id } } }", id=image_id
    )
    shared_server.watch_to_end(started["startJob"]["job"]["id"])

    assert read(shared_server, image_id) == before | {"variant": before["variant"]}
    assert fetch(before["picture"]["url"]).status_code == 200
    revert(shared_server, image_id)
    assert read(shared_server, image_id) == unedited


@pytest.mark.parametrize(
    ("operations", "code", "field"),
    [
        ([], "INVALID_INPUT", ["operations"]),
        ([{"crop": {"x": 600, "y": 0, "width": 50, "height": 50}}], "INVALID_INPUT", ["operations", "0", "crop"]),
        ([{"sepia": {}}, {"blur": {"radius": 101}}], "INVALID_INPUT", ["operations", "1", "blur", "radius"]),
        ([{"resize": {}}], "INVALID_INPUT", ["operations", "0", "resize", "width"]),
        ([{"resize": {"width": 20_000, "height": 20_000}}], "INVALID_INPUT", ["operations", "0", "resize"]),
        ([{"text": {"text": "\u0007"}}], "INVALID_INPUT", ["operations", "0", "text", "text"]),
        ([{"watermark": {}}], "INVALID_INPUT", ["operations", "0", "watermark"]),
        ([{"sepia": {}}] * 51, "INVALID_INPUT", ["operations"]),
    ],
)
def test_refuses_what_cannot_be_done(
    shared_server: RunningServer, operations: list[dict[str, Any]], code: str, field: list[str]
) -> None:
    image_id = upload(shared_server, make_picture(seed=910))
    before = read(shared_server, image_id)

    payload = edit(shared_server, image_id, *operations)

    assert (payload["image"], payload["job"]) == (None, None)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, field)]
    assert read(shared_server, image_id) == before


def test_refuses_animations_missing_images_and_a_title_without_a_copy(shared_server: RunningServer) -> None:
    buffer = BytesIO()
    frames = [Pillow.new("RGB", (40, 30), color) for color in ("red", "blue")]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    moving, still = upload(shared_server, buffer.getvalue(), "GIF"), upload(shared_server, make_picture(seed=911))

    refused = [
        edit(shared_server, moving, {"sepia": {}}),
        edit(shared_server, "0" * 32, {"sepia": {}}),
        edit(shared_server, still, {"sepia": {}}, title="New"),
    ]

    errors = [(payload["userErrors"][0]["code"], payload["userErrors"][0]["field"]) for payload in refused]
    assert errors == [("INVALID_INPUT", ["id"]), ("NOT_FOUND", ["id"]), ("INVALID_INPUT", ["title"])]


def test_edits_survive_being_killed(running_server: RunningServer) -> None:
    image_id = upload(running_server, make_picture(size=(2400, 1800), seed=912))
    slow = [{"noise": {"amount": 5, "seed": seed}} for seed in range(3)]
    jobs = [
        running_server.graphql(EDIT, input={"id": image_id, "operations": slow})["editImage"]["job"]["id"]
        for _ in range(3)
    ]

    for moment in (0.1, 0.7, 1.5):
        time.sleep(moment)
        running_server.kill()
        running_server.start()
    for job in jobs:
        running_server.watch_to_end(job)

    image = read(running_server, image_id)
    assert [made["parameters"]["seed"] for made in image["edits"]] == [0, 1, 2] * 3
    states = running_server.graphql("{ jobs(filter: {kind: [EDIT]}) { edges { node { state } } } }")["jobs"]["edges"]
    assert [edge["node"]["state"] for edge in states] == ["COMPLETED"] * 3
    assert fetch(image["picture"]["url"]).status_code == 200
    revert(running_server, image_id)
    assert read(running_server, image_id)["edits"] == []
