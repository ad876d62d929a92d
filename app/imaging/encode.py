"""Pictures into bytes."""

from io import BytesIO
from typing import Final

from PIL import Image

JPEG_QUALITY: Final = 80


def encode_jpeg(image: Image.Image, quality: int = JPEG_QUALITY, *, optimize: bool = False) -> bytes:
    """Return a JPEG of an RGB picture. `optimize` saves 1 % of a large one, but 300 bytes of the tiniest."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=optimize)
    return buffer.getvalue()
