"""Shares for tests: a private image with a place in it, and the mutations that share it."""

import io
from typing import Any

from PIL import Image

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

FILE_NAME = "passport-of-ada.jpg"
CAMERA = "Secret Camera 9000"
SHARE_FIELDS = (
    "id url title message createdAt expiresAt revokedAt views viewedAt email mailState mailError image { id }"
)

CREATE_SHARE = f"""mutation ($input: CreateShareInput!) {{ createShare(input: $input) {{
  share {{ {SHARE_FIELDS} }} userErrors {{ code field message retryAfter }} }} }}"""
REVOKE_SHARE = """mutation ($id: ID!) { revokeShare(input: {id: $id}) {
  share { id revokedAt mailState } userErrors { code field } } }"""
READ_SHARE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Share {{ {SHARE_FIELDS} }} }} }}"
OWN_SHARES = """query ($image: ID, $first: Int, $after: String) {
  shares(imageId: $image, first: $first, after: $after) {
    totalCount edges { cursor node { id } } pageInfo { hasNextPage } } }"""


def make_photograph(seed: int = 1) -> bytes:
    """Return a JPEG with a camera, a place (Berlin) and a comment in it."""
    exif = Image.Exif()
    exif[0x0110] = CAMERA
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0)})
    with Image.open(io.BytesIO(make_picture(size=(1_200, 800), seed=seed))) as picture:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", exif=exif, comment=CAMERA.encode())
    return buffer.getvalue()


def add_private_image(server: RunningServer, seed: int = 1, *, flow: str = "share-private") -> str:
    """Return the id of a ready image that only its owner, the admin, may see."""
    server.graphql(
        "mutation ($name: String!) { createFlow(input: {name: $name, isPublic: false}) { userErrors { code } } }",
        name=flow,
    )
    uploaded = server.upload(make_photograph(seed), "JPEG", flows=[flow], name=FILE_NAME)
    server.watch_to_end(uploaded["job"]["id"])
    image_id: str = uploaded["image"]["id"]
    return image_id


def create_share(
    server: RunningServer, image_id: str, *, key: str | None = ADMIN_KEY, **more: object
) -> dict[str, Any]:
    payload: dict[str, Any] = server.graphql(CREATE_SHARE, key=key, input={"imageId": image_id, **more})["createShare"]
    return payload


def read_share(server: RunningServer, share_id: str, *, key: str | None = ADMIN_KEY) -> Any:
    return server.graphql(READ_SHARE, key=key, id=share_id)["node"]
