"""Edits of colours beside what a browser's CSS filters of the same names make."""

import random

import pytest
from PIL import Image
from playwright.async_api import Browser

from app.domain import edit
from app.domain.edit import EditOperation
from app.imaging.edits.assets import NO_OVERLAYS
from app.imaging.edits.replay import apply

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILTER = """([pixels, filter]) => {
  const size = {width: pixels.length, height: 1};
  const [from, to] = [0, 1].map(() => Object.assign(document.createElement("canvas"), size));
  const context = from.getContext("2d");
  pixels.forEach(([r, g, b], x) => { context.fillStyle = `rgb(${r} ${g} ${b})`; context.fillRect(x, 0, 1, 1); });
  const filtered = to.getContext("2d");
  filtered.filter = filter;
  filtered.drawImage(from, 0, 0);
  return Array.from(filtered.getImageData(0, 0, pixels.length, 1).data).filter((_, at) => at % 4 < 3);
}"""


@pytest.mark.parametrize(
    ("operation", "css"),
    [
        (edit.Brightness(1.4), "brightness(1.4)"),
        (edit.Brightness(0.3), "brightness(0.3)"),
        (edit.Contrast(1.7), "contrast(1.7)"),
        (edit.Contrast(0.2), "contrast(0.2)"),
        (edit.Saturation(2.5), "saturate(2.5)"),
        (edit.Saturation(0.4), "saturate(0.4)"),
        (edit.Grayscale(0.6), "grayscale(0.6)"),
        (edit.Grayscale(), "grayscale(1)"),
        (edit.Sepia(0.7), "sepia(0.7)"),
        (edit.Sepia(), "sepia(1)"),
        (edit.Hue(75), "hue-rotate(75deg)"),
        (edit.Hue(-160), "hue-rotate(-160deg)"),
    ],
)
async def test_makes_the_colors_that_a_browser_makes(browser: Browser, operation: EditOperation, css: str) -> None:
    chooser = random.Random(3)
    pixels = [tuple(chooser.randrange(256) for _ in range(3)) for _ in range(200)]
    picture = Image.new("RGB", (len(pixels), 1))
    picture.putdata(pixels)
    page = await browser.new_page()

    shown = await page.evaluate(FILTER, [pixels, css])

    await page.close()
    made = list(apply(picture, operation, NO_OVERLAYS).tobytes())
    assert max(abs(a - b) for a, b in zip(made, shown, strict=True)) <= 2
