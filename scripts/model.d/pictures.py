"""Pictures by class, each made from a seed: what the model is trained on and tried with."""

import io
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from drawing import Chance
from graphics import make_chart, make_drawing, make_pattern, make_plain
from photographs import make_photograph
from PIL import Image
from screens import make_document, make_poster, make_screenshot

MAKERS: Mapping[str, Callable[[Chance], Image.Image]] = {
    "chart": make_chart,
    "document": make_document,
    "drawing": make_drawing,
    "pattern": make_pattern,
    "photograph": make_photograph,
    "plain": make_plain,
    "poster": make_poster,
    "screenshot": make_screenshot,
}
"""The classes in the order of the model's outputs."""

THUMBNAIL = 400
"""px of the longer side: what the server classifies is its medium thumbnail."""


TURNS = {"photograph": 2}


def make_pictures(seed: int, each: int) -> Iterator[tuple[str, bytes]]:
    """Yield the class and the JPEG of `each` pictures of every class, and of photographs of twice as many, which vary
    the most: the same ones for the same seed."""
    for number in range(each):
        for place, (name, make) in enumerate(MAKERS.items()):
            for turn in range(TURNS.get(name, 1)):
                chance = np.random.default_rng((seed, number, place, turn))
                yield name, thumbnail(make(chance), int(chance.integers(70, 95)))


def thumbnail(picture: Image.Image, quality: int = 80) -> bytes:
    """Return a JPEG of at most 400 px a side."""
    small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC, reducing_gap=None)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=quality)
    return file.getvalue()
