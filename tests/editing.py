"""Editing over a real server: what tests ask, and how they look at an image."""

from io import BytesIO
from typing import Any

import httpx
from PIL import Image as Pillow

from tests.serving import RunningServer

EDIT = """mutation ($input: EditImageInput!) { editImage(input: $input) {
  image { id state title edits { kind } } job { id kind items { imageId } } userErrors { code message field } } }"""
REVERT = """mutation ($input: RevertImageInput!) { revertImage(input: $input) {
  image { id } job { id } userErrors { code message field } } }"""
IMAGE = """query ($id: ID!) { image(id: $id) {
  id state title tags format mimeType width height byteSize sha256 url edits { kind parameters }
  picture { url width height format mimeType byteSize sha256 }
  thumbnails { url width height format byteSize }
  variant(width: 64, format: PNG) { url width height }
  responsive(widths: [32]) { src width height }
  placeholder { thumbHash blurHash dataUri dominantColor } palette metadata { cameraMake orientation }
  similar(first: 5) { image { id } distance } flows { edges { node { name } } }
} }"""

OPERATIONS: list[dict[str, Any]] = [
    {"rotate": {"degrees": 90}},
    {"crop": {"x": 10, "y": 20, "width": 300, "height": 400}},
    {"sepia": {}},
    {"noise": {"amount": 8, "seed": 3}},
    {"text": {"text": "Gf", "x": 20, "y": 20, "size": 60, "color": "#FFEE00"}},
]
"""After them a picture of 640 x 480 px has 300 x 400."""


def upload(server: RunningServer, data: bytes, image_format: str = "JPEG", **more: object) -> str:
    payload = server.upload(data, image_format, **more)
    server.watch_to_end(payload["job"]["id"])
    image_id: str = payload["image"]["id"]
    return image_id


def edit(server: RunningServer, image_id: str, *operations: dict[str, Any], **more: object) -> dict[str, Any]:
    """Edit, wait for the end, and return the payload."""
    payload = server.graphql(EDIT, input={"id": image_id, "operations": list(operations), **more})["editImage"]
    if payload["job"]:
        server.watch_to_end(payload["job"]["id"])
    return payload


def revert(server: RunningServer, image_id: str) -> None:
    server.watch_to_end(server.graphql(REVERT, input={"id": image_id})["revertImage"]["job"]["id"])


def read(server: RunningServer, image_id: str) -> dict[str, Any]:
    image: dict[str, Any] = server.graphql(IMAGE, id=image_id)["image"]
    return image


def fetch(url: str, **options: Any) -> httpx.Response:
    answer = httpx.get(url, timeout=60, **options)
    assert answer.status_code == 200, answer.text
    return answer


def addresses(server: RunningServer, image: dict[str, Any]) -> list[str]:
    """Return every address under which anything of an image is read, old ones too."""
    old = [f"{server.url}/images/d/thumbnails/{image['id']}_thumb_{size}.jpeg" for size in ("small", "medium", "large")]
    given = [image["url"], image["picture"]["url"], image["variant"]["url"], image["responsive"]["src"]]
    return [*given, *(thumbnail["url"] for thumbnail in image["thumbnails"]), *old]


def size_of(data: bytes) -> tuple[int, int]:
    return Pillow.open(BytesIO(data)).size
