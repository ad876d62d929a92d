"""What all generated pictures are drawn with: colours, words, strokes and fields of noise."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Chance = np.random.Generator
Color = tuple[int, int, int]
Pixels = NDArray[np.float32]
"""Of shape (height, width, 3), RGB, from 0 to 1."""

_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ter",
    "ran",
    "se",
    "vo",
    "du",
    "pra",
    "lin",
    "es",
    "to",
    "ma",
    "ni",
    "gor",
    "ble",
    "an",
    "fi",
    "ro",
    "ust",
    "quo",
    "el",
    "ha",
    "cy",
    "dre",
    "wim",
    "pa",
    "ox",
]
_MARKS = (".", ",", ";", ":", "!", "?", "-")


def pick_size(chance: Chance, low: int = 420, high: int = 1100) -> tuple[int, int]:
    """Return (width, height) in px, in one of the shapes that pictures have."""
    longer = int(chance.integers(low, high))
    shorter = int(longer * chance.choice([0.5, 0.5625, 0.667, 0.75, 0.8, 1.0]))
    return (longer, shorter) if chance.random() < 0.6 else (shorter, longer)


def any_color(chance: Chance) -> Color:
    red, green, blue = (int(value) for value in chance.integers(0, 256, 3))
    return red, green, blue


def light_color(chance: Chance) -> Color:
    """Return a colour of paper: white, or nearly."""
    base = int(chance.integers(225, 256))
    red, green, blue = (int(value) for value in np.clip(base + chance.integers(-12, 6, 3), 0, 255))
    return red, green, blue


def dark_color(chance: Chance) -> Color:
    red, green, blue = (int(value) for value in chance.integers(0, 60, 3))
    return red, green, blue


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that comes with Pillow, `size` px high."""
    return ImageFont.load_default(max(6, size))


def word(chance: Chance) -> str:
    text = "".join(chance.choice(_SYLLABLES, int(chance.integers(1, 4))))
    if chance.random() < 0.12:
        text = str(chance.integers(0, 10_000))
    text = text.capitalize() if chance.random() < 0.15 else text
    return text + (str(chance.choice(_MARKS)) if chance.random() < 0.12 else "")


def words(chance: Chance, count: int) -> str:
    return " ".join(word(chance) for _ in range(count))


def write_line(
    draw: ImageDraw.ImageDraw, chance: Chance, place: tuple[float, float], width: float, look: tuple[int, Color]
) -> None:
    """Write words from `place` on that take about `width` px; `look` is the size in px and the colour."""
    size, color = look
    text = words(chance, max(1, int(width / (size * 2.6))))
    length = draw.textlength(text, font(size))
    text = text[: int(len(text) * width / length)] if length > width else text
    draw.text(place, text, color, font(size))


def write_block(
    draw: ImageDraw.ImageDraw, chance: Chance, box: tuple[float, float, float, float], look: tuple[int, Color]
) -> None:
    """Fill a box with lines of words, the last one of each paragraph shorter."""
    left, top, right, bottom = box
    size = look[0]
    leading = size * float(chance.uniform(1.15, 1.7))
    y = top
    while y + size < bottom:
        is_last = chance.random() < 0.15
        write_line(draw, chance, (left, y), (right - left) * (float(chance.uniform(0.2, 0.9)) if is_last else 1), look)
        y += leading * (1.8 if is_last else 1)


def noise(chance: Chance, size: tuple[int, int], slope: float) -> NDArray[np.float32]:
    """Return a field of shape (height, width), mean 0 and deviation 1, whose amplitude falls with frequency^slope.

    About 1 is what natural scenes have (D. J. Field, 1987, https://doi.org/10.1364/JOSAA.4.002379).
    """
    width, height = size
    spectrum = np.fft.rfft2(chance.standard_normal((height, width)))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1.0
    spectrum /= frequency**slope
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, (height, width))
    return (field / (field.std() + 1e-9)).astype(np.float32)


def ramp(chance: Chance, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a field of shape (height, width) that rises from 0 to 1 in some direction."""
    width, height = size
    angle = float(chance.uniform(0, 2 * np.pi))
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    field = np.cos(angle) * x[None, :] + np.sin(angle) * y[:, None]
    return np.asarray((field - field.min()) / (np.ptp(field) + 1e-9), np.float32)


def mix(first: Sequence[float], second: Sequence[float], share: NDArray[np.float32]) -> Pixels:
    """Return pixels between two colours (RGB, 0 to 1), by a field of shares of the second."""
    one, other = np.asarray(first, np.float32), np.asarray(second, np.float32)
    return one + (other - one) * share[..., None]


def to_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8), "RGB")


def to_pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, np.float32) / 255
