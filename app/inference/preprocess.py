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
    pixels = np.asarray(_frame(image.convert("RGB"), given))
    if given.is_bgr:
        pixels = pixels[..., ::-1]
    values = np.empty((3, given.size, given.size), np.float32)
    # Looking 256 values up takes half as long as working each of them out.
    steps = np.arange(256, dtype=np.float32) * np.float32(given.scale)
    for channel, (mean, deviation) in enumerate(zip(given.mean, given.deviation, strict=True)):
        np.take((steps - np.float32(mean)) / np.float32(deviation), pixels[..., channel], out=values[channel])
    return np.ascontiguousarray(values.transpose(1, 2, 0)) if given.layout is Layout.NHWC else values


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
