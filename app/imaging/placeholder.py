"""What is shown before a thumbnail has arrived: three kinds of tiny pictures, and a colour."""

from base64 import b64encode
from typing import Final

from PIL import Image

from app.domain.image import Placeholder, fit_within
from app.imaging.blurhash import encode_blurhash
from app.imaging.encode import encode_jpeg
from app.imaging.steps import resize
from app.imaging.thumbhash import encode_thumbhash

_HASHED_SIDE: Final = 32
"""px; the hashes hold at most seven waves a side, which more pixels do not change."""

_TINY_SIDE: Final = 16
_TINY_QUALITY: Final = 40


def make_placeholder(image: Image.Image, dominant_color: str) -> Placeholder:
    """Return the placeholder of an RGB picture."""
    hashed = resize(image, fit_within(*image.size, _HASHED_SIDE))
    tiny = resize(hashed, fit_within(*hashed.size, _TINY_SIDE))
    components = (4, 3) if image.width >= image.height else (3, 4)
    jpeg = encode_jpeg(tiny, _TINY_QUALITY, optimize=True)
    return Placeholder(
        thumb_hash=encode_thumbhash(hashed),
        blur_hash=encode_blurhash(hashed, *components),
        data_uri=f"data:image/jpeg;base64,{b64encode(jpeg).decode()}",
        dominant_color=dominant_color,
    )
