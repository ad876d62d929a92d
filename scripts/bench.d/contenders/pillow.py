"""Our rendering and plain Pillow's, as processes that take orders: `PATH COUNT` a line.

Each order is answered by one line of JSON: the seconds of CPU that each of COUNT renderings took, which other load on
the machine does not change, and the peak of memory in KiB above what the process held before the first.
"""

import json
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from app.domain.image import ThumbnailSize
from app.imaging.fingerprint import difference_hash
from app.imaging.limits import ImageLimits
from app.imaging.palette import extract_palette
from app.imaging.pipeline import render
from app.imaging.placeholder import make_placeholder


def ours(path: Path) -> None:
    render(path, ImageLimits())


def plain(path: Path) -> None:
    """Do the same work in the plain way: decode whole, turn, and make each thing from the whole picture."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    for size in ThumbnailSize:
        thumbnail = upright.copy()
        thumbnail.thumbnail((size.bound, size.bound))
        thumbnail.save(BytesIO(), "JPEG", quality=80)
    derive(upright)


def derive(image: Image.Image) -> None:
    make_placeholder(image, extract_palette(image)[0])
    difference_hash(image)


def thrifty(path: Path) -> None:
    """Do the work in the plain way, but derive hashes and colours from the smallest thumbnail."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    for size in reversed(ThumbnailSize):
        thumbnail = upright.copy()
        thumbnail.thumbnail((size.bound, size.bound))
        thumbnail.save(BytesIO(), "JPEG", quality=80)
    derive(thumbnail)


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
    take_orders({"ours": ours, "plain": plain, "thrifty": thrifty}[sys.argv[1]])
