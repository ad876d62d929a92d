"""Pictures like photographs: soft shapes, edges and grain, so that decoders work as hard as on real ones."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(tempfile.gettempdir()) / "gf-images-bench"
GRAIN = 6.0
"""Standard deviation of the noise, 8-bit steps: 2.3 bits a pixel of JPEG at quality 90, as cameras write."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture of `size` px, and how it is saved."""

    name: str
    size: tuple[int, int]
    suffix: str
    options: dict[str, int]

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name.replace(' ', '-')}.{self.suffix}"


PHOTOGRAPHS = (
    Photograph("JPEG 0.5 MP", (816, 612), "jpg", {"quality": 90}),
    Photograph("JPEG 2 MP", (1632, 1224), "jpg", {"quality": 90}),
    Photograph("JPEG 12 MP", (4000, 3000), "jpg", {"quality": 90}),
    Photograph("JPEG 24 MP", (6000, 4000), "jpg", {"quality": 90}),
    Photograph("JPEG 24 MP progressive", (6000, 4000), "jpg", {"quality": 90, "progressive": True}),
    Photograph("PNG 24 MP", (6000, 4000), "png", {"compress_level": 1}),
    Photograph("WebP 12 MP", (4000, 3000), "webp", {"quality": 80}),
    Photograph("PNG 2 MP", (1632, 1224), "png", {"compress_level": 6}),
    Photograph("PNG 12 MP", (4000, 3000), "png", {"compress_level": 6}),
    Photograph("WebP 2 MP", (1632, 1224), "webp", {"quality": 80}),
    Photograph("AVIF 2 MP", (1632, 1224), "avif", {"quality": 65}),
)


def make_photographs(tell: Callable[[str], None]) -> None:
    """Make those that are not in the folder yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for photograph in PHOTOGRAPHS:
        if not photograph.path.exists():
            tell(f"making {photograph.path}")
            unfinished = photograph.path.with_stem("unfinished")
            paint(*photograph.size).save(unfinished, **photograph.options)
            unfinished.rename(photograph.path)


def paint(width: int, height: int) -> Image.Image:
    """Return light and colour that vary softly, shapes of ever finer sizes, a few hard edges, and grain."""
    chooser = np.random.default_rng(1)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    down, across = down / height, across / width
    waves = (np.sin(5 * across + 2 * down), np.cos(4 * down), np.sin(3 * (across + down)))
    pixels = np.stack([120 + 70 * wave for wave in waves], axis=-1)
    for detail in (4, 16, 64, 256):
        for channel in range(3):
            coarse = chooser.normal(0, 60 / detail**0.5, (detail, detail)).astype(np.float32)
            pixels[..., channel] += Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    pixels[(across * 7 % 1 < 0.2) & (down * 5 % 1 < 0.3)] *= 0.6
    pixels += chooser.normal(0, GRAIN, (height, width, 1)).astype(np.float32)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
