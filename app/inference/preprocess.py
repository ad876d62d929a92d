"""From a picture to the numbers that a model takes, as torchvision's reference does it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.inference.card import Input, Interpolation, Layout, Resize

_FILTERS: Final = {
    Interpolation.BILINEAR: Image.Resampling.BILINEAR,
    Interpolation.BICUBIC: Image.Resampling.BICUBIC,
}


def to_tensor(image: Image.Image, given: Input) -> NDArray[np.float32]:
    """Return a picture's pixels as one row of a batch: (3, size, size) or, for NHWC, (size, size, 3)."""
    picture = _frame(image.convert("RGB"), given)
    pixels = np.asarray(picture, np.float32)
    if given.is_bgr:
        pixels = pixels[..., ::-1]
    gain = np.float32(given.scale) / np.asarray(given.deviation, np.float32)
    shift = np.asarray(given.mean, np.float32) / np.asarray(given.deviation, np.float32)
    values = np.asarray(pixels * gain - shift, np.float32)
    return values if given.layout is Layout.NHWC else np.ascontiguousarray(values.transpose(2, 0, 1))


def _frame(image: Image.Image, given: Input) -> Image.Image:
    resampling = _FILTERS[given.interpolation]
    if given.resize is Resize.SQUEEZE:
        return image.resize((given.size, given.size), resampling)
    resized = image.resize(shorter_side_to(image.size, given.resize_to), resampling)
    return _cut_middle(resized, given.size)


def shorter_side_to(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return (width, height) in px with the shorter one `side`; the longer one is cut to a whole number.

    As `_compute_resized_output_size` in
    https://github.com/pytorch/vision/blob/main/torchvision/transforms/functional.py.
    """
    width, height = size
    longer = int(side * max(size) / min(size))
    return (side, longer) if width <= height else (longer, side)


def _cut_middle(image: Image.Image, side: int) -> Image.Image:
    """Cut a square out of the middle; halves are rounded to even, as `center_crop` of torchvision does."""
    left, top = round((image.width - side) / 2), round((image.height - side) / 2)
    return image.crop((left, top, left + side, top + side))
