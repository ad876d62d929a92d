"""Variants in the plainest way: decoded whole, then one step after the other on floating point.

It shares nothing with the pipeline but what is asked for, so that each can be held to the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms, ImageOps
from PIL.Image import Resampling

Pixels = np.ndarray
"""Of shape (height, width, 4): red, green, blue and alpha from 0 to 1, the colours not weighed by alpha."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is asked for: by a specification of a variant, and as steps on pixels."""

    name: str
    text: str
    steps: tuple[Callable[[Pixels], Pixels], ...] = ()


def crop(left: int, upper: int, right: int, lower: int) -> Callable[[Pixels], Pixels]:
    return lambda pixels: pixels[upper:lower, left:right]


def turn(quarters: int) -> Callable[[Pixels], Pixels]:
    """Turn clockwise."""
    return lambda pixels: np.rot90(pixels, -quarters)


def resize(width: int, height: int) -> Callable[[Pixels], Pixels]:
    """Bring to a size by a bicubic filter, each colour weighed by its alpha."""

    def scale(band: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(band.astype(np.float32)).resize((width, height), Resampling.BICUBIC), float)

    return lambda pixels: _unweigh(np.dstack([scale(band) for band in np.moveaxis(_weigh(pixels), 2, 0)]))


def blur(sigma: float) -> Callable[[Pixels], Pixels]:
    """Blur by a Gaussian, each colour weighed by its alpha; what is beyond an edge is as what is at it."""
    reach = int(4 * sigma + 1)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()

    def smear(pixels: np.ndarray, axis: int) -> np.ndarray:
        padding = [(reach, reach) if index == axis else (0, 0) for index in range(3)]
        padded = np.pad(pixels, padding, mode="edge")
        return np.apply_along_axis(lambda line: np.convolve(line, weights, mode="valid"), axis, padded)

    return lambda pixels: _unweigh(smear(smear(_weigh(pixels), 0), 1))


def lay_over(red: float, green: float, blue: float) -> Callable[[Pixels], Pixels]:
    def lay(pixels: Pixels) -> Pixels:
        alpha = pixels[..., 3:]
        colors = pixels[..., :3] * alpha + np.array([red, green, blue]) * (1 - alpha)
        return np.dstack([colors, np.ones_like(alpha)])

    return lay


OPERATIONS = (
    Operation("whole", "png"),
    Operation("half", "w24_h16_fill_png", (resize(24, 16),)),
    Operation("odd", "w31_h17_fill_png", (resize(31, 17),)),
    Operation("larger", "w60_h40_fill_png", (resize(60, 40),)),
    Operation("crop", "crop3.5.26.20_png", (crop(3, 5, 29, 25),)),
    Operation("turned", "crop3.5.26.20_rot90_png", (crop(3, 5, 29, 25), turn(1))),
    Operation("upside down", "w24_h16_fill_rot180_png", (turn(2), resize(24, 16))),
    Operation("blurred", "blur1.5_png", (blur(1.5),)),
    Operation("over blue", "bg0000ff_png", (lay_over(0, 0, 1),)),
)


def render(image: Image.Image, operation: Operation) -> Image.Image:
    """Return what an operation makes of a picture, mode RGBA."""
    pixels = read_pixels(image)
    for step in operation.steps:
        pixels = step(pixels)
    return Image.fromarray((pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def read_pixels(image: Image.Image) -> Pixels:
    """Return a picture as it is shown, in sRGB."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode in ("I;16", "F"):
        gray = np.asarray(image, float) / (65535 if image.mode == "I;16" else 1)
        return np.dstack([gray, gray, gray, np.ones_like(gray)])
    clear = Image.new("L", image.size, 255)
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else clear
    colors = image.convert("RGBA") if image.has_transparency_data else image
    if profile is not None and image.mode == "RGB":
        target = ImageCms.createProfile("sRGB")
        colors = ImageCms.profileToProfile(colors.convert("RGB"), ImageCms.ImageCmsProfile(BytesIO(profile)), target)
    return np.dstack([np.asarray(colors.convert("RGB"), float), np.asarray(alpha, float)]) / 255


def _weigh(pixels: Pixels) -> Pixels:
    return np.dstack([pixels[..., :3] * pixels[..., 3:], pixels[..., 3]])


def _unweigh(pixels: Pixels) -> Pixels:
    alpha = pixels[..., 3:]
    return np.dstack([np.divide(pixels[..., :3], alpha, out=np.zeros_like(pixels[..., :3]), where=alpha > 1e-3), alpha])
