"""Measure a model on pictures that it was not trained on: scripts/model evaluate [FOLDER [PHOTOGRAPHS]].

FOLDER is a model's; the one that comes with this program when not given. The pictures go through the server's own
code, from the thumbnail to the label. When they come out otherwise than the card says, by over a point, it fails.
"""

import asyncio
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pictures import MAKERS, make_pictures, thumbnail
from PIL import Image, ImageOps

from app.imaging.limits import ImageLimits
from app.inference.card import read_card
from app.inference.classifier import open_classifier
from app.inference.shelf import SHIPPED

SEED = 77_000
"""Other pictures than those of training (train.py)."""

EACH = 28
PARTS = 4
POINT = 1.0
"""Of a hundred: how far a measurement may be from the card's."""

MODEL = SHIPPED / "picture-kind"

PHOTOGRAPHS = (
    "2569067123_aca715a2ee_o.jpg",
    "4.webp",
    "Channel_digital_image_CMYK_color.jpg",
    "Crash_test.gif",
    *(f"Landscape_{number}.jpg" for number in (1, 3, 6, 8)),
    *(f"Portrait_{number}.jpg" for number in (1, 5, 6, 8)),
    "embedgravitybird.png",
    "test_image_01.jpeg",
    "test_image_03.jpeg",
)
"""Which files of a folder of pictures are photographs; people have looked at them."""

Named = tuple[str, bytes]


def main(folder: Path, photographs: Path | None) -> bool:
    """Print what was measured; return whether that is what the card says."""
    measured = read_card(folder).measured
    with multiprocessing.Pool(2) as pool:
        generated = [named for part in pool.map(_make_part, range(PARTS)) for named in part]
    found = asyncio.run(_classify(folder, generated))
    _show(generated, found)
    holds = _compare("generated pictures", generated, found, float(measured["generated_percent"]))
    if photographs is not None:
        real = [("photograph", _thumbnail_of(photographs / name)) for name in PHOTOGRAPHS]
        named = asyncio.run(_classify(folder, real))
        for name, label in zip(PHOTOGRAPHS, named, strict=True):
            print(f"  {name:<40} {label}")
        holds &= _compare("photographs", real, named, float(measured["photographs_percent"]))
    return holds


def _make_part(part: int) -> list[Named]:
    return list(make_pictures(SEED + part, EACH // PARTS))


def _thumbnail_of(path: Path) -> bytes:
    with Image.open(path) as picture:
        return thumbnail(ImageOps.exif_transpose(picture))


async def _classify(folder: Path, pictures: Sequence[Named]) -> list[str]:
    """Return the best label of each picture; nothing where there is none."""
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place) / f"{number}.jpeg" for number in range(len(pictures))]
        for path, (_, data) in zip(paths, pictures, strict=True):
            path.write_bytes(data)
        async with open_classifier(folder.parent, folder.name, ImageLimits(), 2) as classifier:
            said = await asyncio.gather(*(classifier.classify(folder.name, path) for path in paths))
    return [predictions[0].name if predictions else "" for predictions in said]


def _show(pictures: Sequence[Named], found: Sequence[str]) -> None:
    """Print how many of each class got which label."""
    pairs = Counter((name, label) for (name, _), label in zip(pictures, found, strict=True))
    labels = [*MAKERS, ""]
    print(" " * 12 + "".join(f"{label[:8] or 'none':>9}" for label in labels))
    for name in MAKERS:
        print(f"{name:<12}" + "".join(f"{pairs[name, label]:>9}" for label in labels))


def _compare(what: str, pictures: Sequence[Named], found: Sequence[str], expected: float) -> bool:
    right = sum(name == label for (name, _), label in zip(pictures, found, strict=True))
    percent = 100 * right / len(pictures)
    print(f"{what}: {right} of {len(pictures)} right, {percent:.1f} %; the card says {expected:.1f} %")
    return abs(percent - expected) <= POINT


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    sys.exit(0 if main(given[0] if given else MODEL, given[1] if len(given) > 1 else None) else 1)
