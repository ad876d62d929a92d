"""The golden pictures: one small file for each format, mode and orientation, and a sheet of what each comes to.

`scripts/golden` writes them anew; the sheets come from the plain reference, never from the pipeline.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw

from tests.golden.reference import OPERATIONS, Operation, render
from tests.imaging.making import exif_with_orientation, wide_profile

FOLDER = Path(__file__).parent / "pictures"
SIZE = (48, 32)
CELL = (62, 62)
"""Of a sheet, px: what an operation makes stands in its upper left corner."""

ORIENTED = ("jpeg", "png", "webp", "avif", "tiff", "heic")


@dataclass(frozen=True, slots=True)
class Golden:
    """A file, and the sheet beside it."""

    suffix: str
    mode: str
    orientation: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    variety: str = ""

    @property
    def name(self) -> str:
        turned = f"-{self.orientation}" if self.orientation > 1 else ""
        return f"{self.mode.replace(';', '')}{self.variety}{turned}"

    @property
    def path(self) -> Path:
        return FOLDER / self.suffix / f"{self.name}.{self.suffix}"

    @property
    def sheet(self) -> Path:
        return FOLDER / self.suffix / f"{self.name}.sheet.png"


def goldens() -> tuple[Golden, ...]:
    modes = {
        "jpeg": ("L", "RGB", "CMYK"),
        "png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
        "gif": ("L", "P"),
        "webp": ("RGB", "RGBA"),
        "avif": ("RGB", "RGBA"),
        "tiff": ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "F"),
        "heic": ("L", "RGB", "RGBA"),
    }
    return (
        *(Golden(suffix, mode) for suffix, each in modes.items() for mode in each),
        *(Golden(suffix, "RGB", turned) for suffix in ORIENTED for turned in range(2, 9)),
        *(Golden(suffix, "P", options={"transparency": 0}, variety="-clear") for suffix in ("png", "gif")),
        *(
            Golden(suffix, "RGB", options={"icc_profile": wide_profile()}, variety="-wide")
            for suffix in ("jpeg", "png", "webp", "avif", "tiff")
        ),
        Golden("jpeg", "RGB", options={"progressive": True, "subsampling": "4:2:0"}, variety="-progressive"),
        Golden("webp", "RGBA", options={"lossless": True}, variety="-lossless"),
    )


def paint(mode: str) -> Image.Image:
    """Return four quarters of different colours, an arrow, and where the mode can a soft edge to nothing."""
    picture = Image.new("RGB", SIZE, "#c82828")
    draw = ImageDraw.Draw(picture)
    for box, color in (((24, 0, 47, 15), "#28b428"), ((0, 16, 23, 31), "#2828c8"), ((24, 16, 47, 31), "#e6d228")):
        draw.rectangle(box, color)
    draw.polygon([(8, 6), (40, 16), (8, 26), (16, 16)], "#f0f0f0")
    if mode in ("LA", "PA", "RGBA"):
        picture.putalpha(Image.linear_gradient("L").resize(SIZE).point(lambda shade: min(255, 2 * shade)))
    return picture


def write(golden: Golden) -> None:
    """Write the file and its sheet."""
    golden.path.parent.mkdir(parents=True, exist_ok=True)
    options = dict(golden.options)
    if golden.orientation > 1:
        turned = {"tiffinfo": {0x0112: golden.orientation}} if golden.suffix == "tiff" else {}
        options |= turned or {"exif": exif_with_orientation(golden.orientation)}
    _save(_convert(paint(golden.mode), golden.mode), golden, options)
    with _open(golden.path) as image:
        image.load()
        draw_sheet(render(image, operation) for operation in OPERATIONS).save(golden.sheet, optimize=True)


def draw_sheet(cells: Iterator[Image.Image]) -> Image.Image:
    """Return a row of cells, mode RGBA."""
    sheet = Image.new("RGBA", (CELL[0] * len(OPERATIONS), CELL[1]))
    for index, cell in enumerate(cells):
        sheet.paste(cell, (CELL[0] * index, 0))
    return sheet


def read_cell(sheet: Image.Image, operation: Operation, size: tuple[int, int]) -> Image.Image:
    left = CELL[0] * OPERATIONS.index(operation)
    return sheet.crop((left, 0, left + size[0], size[1]))


def _convert(picture: Image.Image, mode: str) -> Image.Image:
    if mode in ("P", "PA"):
        few = picture.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
        if mode == "P":
            return few
        few = few.convert("PA")
        few.putalpha(picture.getchannel("A"))
        return few
    if mode in ("I;16", "F"):
        gray = picture.convert("L")
        if mode == "F":
            return gray.convert("F").point(lambda shade: shade * (1 / 255) + 0)
        return Image.frombytes("I;16", SIZE, b"".join((shade * 257).to_bytes(2, "little") for shade in gray.tobytes()))
    return picture.convert(mode, dither=Image.Dither.NONE)


def _save(picture: Image.Image, golden: Golden, options: dict[str, Any]) -> None:
    buffer = BytesIO()
    if golden.suffix == "heic":
        pillow_heif.from_pillow(picture).save(buffer, quality=90, **options)
    else:
        quality = {"quality": 90} if golden.suffix in ("jpeg", "webp", "avif") else {}
        picture.save(buffer, golden.suffix.upper(), **quality, **options)
    golden.path.write_bytes(buffer.getvalue())


def _open(path: Path) -> Image.Image:
    return pillow_heif.open_heif(path).to_pillow() if path.suffix == ".heic" else Image.open(path)


if __name__ == "__main__":
    for each in goldens():
        write(each)
