"""Pictures that tests make: small, different from each other, and known to the pixel."""

import io
import random

from PIL import Image


def make_picture(image_format: str = "JPEG", size: tuple[int, int] = (640, 480), *, seed: int = 1) -> bytes:
    """Return an encoded picture: a gradient of colours that the seed chooses, with a lighter upper left corner."""
    chooser = random.Random(seed)
    low, high = (tuple(chooser.randrange(256) for _ in range(3)) for _ in range(2))
    ramp = Image.linear_gradient("L").resize(size)
    picture = Image.composite(Image.new("RGB", size, low), Image.new("RGB", size, high), ramp)
    picture.paste((250, 250, 250), (0, 0, max(1, size[0] // 8), max(1, size[1] // 8)))
    buffer = io.BytesIO()
    picture.save(buffer, image_format)
    return buffer.getvalue()
