"""GIFs by the older routes, beside what GraphQL says of the same animation."""

import io
from datetime import datetime

import httpx
import pytest
from PIL import Image

from tests.origins import Origin, whole
from tests.pictures import make_picture
from tests.rest.old_client import OldClient, data_of, failure_of
from tests.serving import RunningServer

COLORS = ["red", "lime", "blue"]
ANIMATION = """query ($id: ID!) { image(id: $id) { createdAt sha256 animation { frameCount durationMs loopCount
  previewFrames { url width height } } } }"""
PAGE = "https://example.com/cats"


def make_gif() -> bytes:
    frames = [Image.new("RGB", (60, 40), color) for color in COLORS]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    return file.getvalue()


@pytest.fixture(scope="module")
def gif_id(fetching: OldClient, origin: Origin) -> str:
    origin.pages["/cat.gif"] = whole(make_gif())
    start = """mutation ($url: String!, $page: String) {
      startJob(input: {external: {images: [{url: $url, pageUrl: $page}]}}) { job { id items { imageId } } } }"""
    job = fetching.server.graphql(start, url=origin.url("/cat.gif"), page=PAGE)["startJob"]["job"]
    fetching.server.watch_to_end(job["id"])
    image_id: str = job["items"][0]["imageId"]
    return image_id


def test_tells_of_a_gif_by_its_id_and_its_origin(fetching: OldClient, origin: Origin, gif_id: str) -> None:
    seen = fetching.server.graphql(ANIMATION, id=gif_id)["image"]
    frames = [f"/images/d/gifs/frames/{gif_id}_{number}.png" for number in range(3)]

    by_id = data_of(fetching.get("/images/gif/get_info", gfimg_id=gif_id))
    by_origin = data_of(fetching.get("/images/gif/get_info", orig_url=origin.url("/cat.gif"), gfimg_id="x"))

    assert by_id == by_origin
    assert list(by_id["gif_map"].items()) == [
        ("id_str", gif_id),
        ("creation_unix_time_f", datetime.fromisoformat(seen["createdAt"]).timestamp()),
        ("valid_bool", True),
        ("title_str", "cat"),
        ("gf_url_str", f"/images/d/gifs/{gif_id}.gif"),
        ("origin_url_str", origin.url("/cat.gif")),
        ("origin_page_url_str", PAGE),
        ("origin_page_domain_str", "example.com"),
        ("width_int", 60),
        ("height_int", 40),
        ("preview_frames_num_int", 3),
        ("previewFramesS3urlsLst", frames),
        ("preview_frames_s3_urls_lst", frames),
        ("tags_lst", []),
        ("hash_str", seen["sha256"]),
        ("gf_image_id_str", gif_id),
    ]


def test_sends_the_gif_and_its_frames(fetching: OldClient, gif_id: str) -> None:
    shown = data_of(fetching.get("/images/gif/get_info", gfimg_id=gif_id))["gif_map"]

    assert fetching.get(shown["gf_url_str"]).content == make_gif()
    for address, color in zip(shown["preview_frames_s3_urls_lst"], COLORS, strict=True):
        answer = fetching.get(address)
        assert answer.headers["content-type"] == "image/png"
        with Image.open(io.BytesIO(answer.content)) as frame:
            assert frame.convert("RGB").getcolors() == [(60 * 40, Image.new("RGB", (1, 1), color).getpixel((0, 0)))]


def test_graphql_shows_the_same_frames(fetching: OldClient, gif_id: str) -> None:
    animation = fetching.server.graphql(ANIMATION, id=gif_id)["image"]["animation"]

    frames = animation.pop("previewFrames")
    assert animation == {"frameCount": 3, "durationMs": 600, "loopCount": 0}
    assert [(frame["width"], frame["height"]) for frame in frames] == [(60, 40)] * 3
    for frame, color in zip(frames, ((254, 0, 0), (0, 255, 1), (0, 0, 254)), strict=True):
        with Image.open(io.BytesIO(httpx.get(frame["url"]).content)) as picture:
            shown = picture.convert("RGB").getpixel((30, 20))
        assert max(abs(a - b) for a, b in zip(shown, color, strict=True)) <= 4


@pytest.mark.parametrize("path", ["frames/{id}_3.png", "frames/{id}_000.png", "frames/{zero}_0.png", "{zero}.gif"])
def test_has_no_frame_that_is_not_there(fetching: OldClient, gif_id: str, path: str) -> None:
    address = f"/images/d/gifs/{path.format(id=gif_id, zero='0' * 32)}"

    assert fetching.get(address).status_code == 404


def test_knows_no_gif_of_another_format(old: OldClient, shared_server: RunningServer) -> None:
    image_id, job_id = old.upload(make_picture(seed=575))
    shared_server.watch_to_end(job_id)

    for query in ({"gfimg_id": image_id}, {"gfimg_id": "0" * 32}, {"orig_url": "http://a.test/none.gif"}):
        assert data_of(old.get("/images/gif/get_info", **query)) == {"gif_map": None}


def test_names_the_missing_argument(old: OldClient) -> None:
    assert failure_of(old.get("/images/gif/get_info"))[0] == "verify__input_data_missing_in_req_error"
