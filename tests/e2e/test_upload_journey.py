"""An upload from the ticket to the thumbnail, through a real server."""

import hashlib
import io

import httpx
import pytest
from PIL import Image

from tests.pictures import make_picture
from tests.serving import RunningServer

IMAGE = """query ($id: ID!) { image(id: $id) {
  id title state format mimeType width height byteSize sha256 createdAt clientType tags url palette clientMetadata
  owner { id name } thumbnails { url width height format byteSize }
  thumbnail(size: SMALL) { width height } placeholder { thumbHash blurHash dataUri dominantColor }
  metadata { cameraMake orientation place { latitude } } flows { totalCount edges { node { name } } } } }"""


def test_takes_an_upload_to_its_thumbnails(shared_server: RunningServer) -> None:
    data = make_picture(size=(1200, 900), seed=101)

    payload = shared_server.upload(
        data, "JPEG", name="A harbour", flows=["journey"], tags=["Sea"], clientType="test", sha256=_sha256(data)
    )
    events = shared_server.watch_to_end(payload["job"]["id"])
    image = shared_server.graphql(IMAGE, id=payload["image"]["id"])["image"]

    assert payload["userErrors"] == []
    assert [(event["step"], event["kind"]) for event in events] == [
        ("FETCH", "OK"),
        ("TRANSFORM", "OK"),
        ("PERSIST", "OK"),
        ("DONE", "COMPLETED"),
    ]
    assert image["state"] == "READY"
    assert (image["title"], image["tags"], image["clientType"]) == ("A harbour", ["sea"], "test")
    assert (image["width"], image["height"], image["byteSize"]) == (1200, 900, len(data))
    assert (image["format"], image["mimeType"], image["sha256"]) == ("JPEG", "image/jpeg", _sha256(data))
    assert image["flows"] == {"totalCount": 1, "edges": [{"node": {"name": "journey"}}]}
    assert [(variant["width"], variant["height"]) for variant in image["thumbnails"]] == [
        (150, 113),
        (400, 300),
        (800, 600),
    ]
    assert image["placeholder"]["dominantColor"] in image["palette"]
    for variant in image["thumbnails"]:
        answer = httpx.get(variant["url"])
        assert (answer.headers["content-type"], len(answer.content)) == ("image/jpeg", variant["byteSize"])
        assert Image.open(io.BytesIO(answer.content)).size == (variant["width"], variant["height"])
    assert httpx.get(image["url"]).content == data


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_takes_every_format(shared_server: RunningServer, image_format: str) -> None:
    payload = shared_server.upload(make_picture(image_format, seed=110), image_format)

    events = shared_server.watch_to_end(payload["job"]["id"])

    assert events[-1]["kind"] == "COMPLETED"
    assert events[-1]["image"]["state"] == "READY"


def test_answers_with_the_image_that_has_the_same_bytes(shared_server: RunningServer) -> None:
    data = make_picture(seed=120)
    first = shared_server.upload(data, "JPEG")

    again = shared_server.init(data, "JPEG", sha256=_sha256(data))

    assert again == {"upload": None, "duplicateOf": {"id": first["image"]["id"]}, "userErrors": []}


def test_puts_an_upload_without_flows_into_the_general_flow(shared_server: RunningServer) -> None:
    payload = shared_server.upload(make_picture(seed=130), "JPEG")

    image = shared_server.graphql(IMAGE, id=payload["image"]["id"])["image"]

    assert [edge["node"]["name"] for edge in image["flows"]["edges"]] == ["general"]


def test_keeps_what_the_client_gives_with_the_upload(shared_server: RunningServer) -> None:
    started = shared_server.init(make_picture(seed=140), "JPEG")
    shared_server.put(started["upload"], make_picture(seed=140))

    payload = shared_server.complete(started["upload"]["imageId"], metadata={"album": "Harbours", "page": 3})

    image = shared_server.graphql(IMAGE, id=payload["image"]["id"])["image"]
    assert image["clientMetadata"] == {"album": "Harbours", "page": 3}


def test_deletes_an_image_with_all_that_was_made_of_it(shared_server: RunningServer) -> None:
    payload = shared_server.upload(make_picture(seed=150), "JPEG")
    shared_server.watch_to_end(payload["job"]["id"])
    image = payload["image"]
    addresses = [image["url"], *(variant["url"] for variant in image["thumbnails"])]
    before = [httpx.get(address).status_code for address in addresses]

    deleted = shared_server.graphql(
        "mutation ($input: DeleteImagesInput!) { deleteImages(input: $input) { deletedIds userErrors { code } } }",
        input={"ids": [image["id"]]},
    )["deleteImages"]

    assert before == [200, 200, 200, 200]
    assert deleted == {"deletedIds": [image["id"]], "userErrors": []}
    assert [httpx.get(address).status_code for address in addresses] == [404, 404, 404, 404]
    assert shared_server.graphql(IMAGE, id=image["id"])["image"] is None


def test_takes_the_report_of_a_client_on_its_upload(shared_server: RunningServer) -> None:
    started = shared_server.init(make_picture(seed=160), "JPEG")
    image_id = started["upload"]["imageId"]

    report = "mutation ($input: UploadMetricsInput!) { uploadMetrics(input: $input) { imageId userErrors { code } } }"
    payload = shared_server.graphql(report, input={"imageId": image_id, "durationMs": 812.5, "transferMs": 640})

    assert payload["uploadMetrics"] == {"imageId": image_id, "userErrors": []}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
