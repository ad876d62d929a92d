"""Our rendering and plain Pillow's, as processes that take orders: `PATH COUNT` a line. Run as `pillow.py WAY FORMAT`.

Each order is answered by one line of JSON: the seconds of CPU that each of COUNT renderings took, which other load on
the machine does not change, and the peak of memory in KiB above what the process held before the first.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from app.domain.image import ThumbnailSize, fit_within
from app.domain.variant import VariantFormat
from app.imaging.color import to_srgb
from app.imaging.encode import encode_variant
from app.imaging.fingerprint import difference_hash
from app.imaging.limits import ImageLimits
from app.imaging.palette import extract_palette
from app.imaging.pipeline import render
from app.imaging.placeholder import make_placeholder
from app.imaging.source import open_source
from app.imaging.steps import decode, flatten, resize, strip, turn_upright


def ours(path: Path) -> None:
    render(path, ImageLimits())


def ours_webp(path: Path) -> None:
    """Make the thumbnails in our way, but as WebP, which they never are."""
    with open_source(path, ImageLimits()) as source:
        size = source.width, source.height
        stored = decode(source, fit_within(*size, ThumbnailSize.LARGE.bound))
        large = strip(turn_upright(to_srgb(flatten(stored), source.image.info), source.orientation))
    medium = resize(large, fit_within(*size, ThumbnailSize.MEDIUM.bound), reducing_gap=1)
    small = resize(medium, fit_within(*size, ThumbnailSize.SMALL.bound))
    for thumbnail in (small, medium, large):
        encode_variant(thumbnail, VariantFormat.WEBP, None)


def plain(path: Path, image_format: str = "JPEG") -> None:
    """Do the same work in the plain way: decode whole, turn, and make each thing from the whole picture."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    for size in ThumbnailSize:
        thumbnail = upright.copy()
        thumbnail.thumbnail((size.bound, size.bound))
        thumbnail.save(BytesIO(), image_format, quality=80)
    if image_format == "JPEG":
        make_placeholder(upright, extract_palette(upright)[0])
        difference_hash(upright)


def memory(field: str) -> int:
    """Return VmRSS (now) or VmHWM (peak), KiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def take_orders(run: Callable[[Path], None]) -> None:
    Image.init()  # an imaging process has the decoders loaded before it takes the first picture
    idle = memory("VmRSS")
    for line in sys.stdin:
        path, count = line.rsplit(maxsplit=1)
        seconds = []
        for _ in range(int(count)):
            start = time.process_time()
            run(Path(path))
            seconds.append(time.process_time() - start)
        print(json.dumps({"seconds": seconds, "kib": memory("VmHWM") - idle}), flush=True)


if __name__ == "__main__":
    way, image_format = sys.argv[1:]
    own = ours if image_format == "JPEG" else ours_webp
    take_orders(own if way == "ours" else partial(plain, image_format=image_format))
