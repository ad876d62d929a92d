"""Variants under the watermark of the server: shown, told apart from those without, and renewed with it."""

from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.pictures import make_picture
from tests.serving import RunningServer

ASK = "query ($id: ID!) { image(id: $id) { plain: variant(%s) { url } marked: variant(%s) { url width height } } }"
SIZE = "width: 200, format: PNG"


def make_mark(path: Path, color: str) -> Path:
    Image.new("RGB", (20, 10), color).save(path)
    return path


def start(folder: Path, **settings: str) -> RunningServer:
    options = {"GF_PRESETS": "card=w200_png_watermark", "GF_WATERMARK_OPACITY": "1", "GF_WATERMARK_SCALE": "0.5"}
    server = RunningServer(folder / "data", {**options, **settings})
    server.start()
    return server


def take_in(server: RunningServer, data: bytes, image_format: str) -> str:
    payload = server.upload(data, image_format)
    server.watch_to_end(payload["job"]["id"])
    return payload["image"]["id"]


def fetch(address: str) -> Image.Image:
    answer = httpx.get(address, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return Image.open(BytesIO(answer.content))


def test_the_watermark_lies_over_what_asks_for_it(tmp_path: Path) -> None:
    server = start(tmp_path, GF_WATERMARK=str(make_mark(tmp_path / "mark.png", "#ff00ff")))
    try:
        image_id = take_in(server, make_picture("PNG", (400, 300), seed=31), "PNG")
        marked = f"{SIZE}, options: {{watermark: true}}"
        told: dict[str, Any] = server.graphql(ASK % (SIZE, marked), id=image_id)["image"]
        preset = server.graphql(ASK % (SIZE, 'preset: "card"'), id=image_id)["image"]["marked"]["url"]
        plain, shown = fetch(told["plain"]["url"]), fetch(told["marked"]["url"])
        made_before = told["marked"]["url"]

        server.stop()
        make_mark(tmp_path / "mark.png", "#00ff00")
        server.start()
        led = httpx.get(server.url + httpx.URL(made_before).path)
        renewed = fetch(server.url + httpx.URL(led.headers["Location"]).path)
        server.stop()
        server.settings.pop("GF_WATERMARK")
        server.settings.pop("GF_PRESETS")
        server.start()
        gone = httpx.get(server.url + httpx.URL(made_before).path)
    finally:
        server.stop()

    assert shown.size == (told["marked"]["width"], told["marked"]["height"]) == plain.size == (200, 150)
    at = (190, 140)
    assert shown.convert("RGB").getpixel(at) == (255, 0, 255) != plain.convert("RGB").getpixel(at)
    assert shown.convert("RGB").getpixel((20, 20)) == plain.convert("RGB").getpixel((20, 20))
    assert preset == made_before
    assert led.status_code == 302
    assert renewed.convert("RGB").getpixel(at) == (0, 255, 0)
    assert gone.status_code == 404


def test_every_frame_of_an_animation_has_it(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (100, 80), (shade, shade, 0)) for shade in (0, 120, 240)]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    server = start(tmp_path, GF_WATERMARK=str(make_mark(tmp_path / "mark.png", "#0000ff")))
    try:
        image_id = take_in(server, buffer.getvalue(), "GIF")
        options = "format: WEBP, quality: 100, options: {animated: true, watermark: true}"
        film = fetch(server.graphql(ASK % (SIZE, options), id=image_id)["image"]["marked"]["url"])
        seen = []
        for number in range(film.n_frames):
            film.seek(number)
            seen.append(film.convert("RGB").getpixel((80, 66)))
    finally:
        server.stop()

    assert len(seen) == 3
    assert all(blue > 200 and max(red, green) < 60 for red, green, blue in seen)


def test_a_server_without_a_watermark_refuses_it(shared_server: RunningServer) -> None:
    image_id = take_in(shared_server, make_picture("PNG", seed=32), "PNG")
    fields = "variant(width: 10, options: {watermark: true}) { url }"

    (error,) = shared_server.post(f'{{ image(id: "{image_id}") {{ {fields} }} }}').json()["errors"]

    assert error["message"] == "This server has no watermark: `GF_WATERMARK` is not set."
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": ["watermark"]}
