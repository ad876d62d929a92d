"""Golden pictures of edits: a sheet for each operation, on which it is done to a picture of each mode.

`python -m tests.imaging.edit_pictures` makes them anew; look at them before they are committed.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from app.domain import edit
from app.domain.edit import EditOperation, FlipDirection
from app.domain.placing import Crop, Gravity
from app.imaging.edits.assets import Overlays
from app.imaging.edits.replay import replay
from tests.imaging.making import LIMITS, make_quarters

GOLDEN: Final = Path(__file__).parent / "golden" / "edits"
SIZE: Final = (48, 32)
MODES: Final[Mapping[str, str]] = {
    "1": "png",
    "L": "png",
    "LA": "png",
    "P": "png",
    "P with transparency": "png",
    "I;16": "png",
    "RGB": "png",
    "RGBA": "png",
    "CMYK": "jpeg",
    "YCbCr": "jpeg",
}
"""Every mode that is taken in, and the format of the file that has it."""

OPERATIONS: Final[Mapping[str, EditOperation]] = {
    "crop": Crop(5, 3, 30, 20),
    "rotate_quarter": edit.Rotate(90),
    "rotate": edit.Rotate(30),
    "rotate_over_color": edit.Rotate(-12.5, "#204060"),
    "flip_horizontal": edit.Flip(FlipDirection.HORIZONTAL),
    "flip_vertical": edit.Flip(FlipDirection.VERTICAL),
    "resize": edit.Resize(width=31),
    "enlarge": edit.Resize(width=60, height=64),
    "brightness": edit.Brightness(1.5),
    "contrast": edit.Contrast(1.8),
    "saturation": edit.Saturation(0.3),
    "sharpen": edit.Sharpen(200, 1.5),
    "blur": edit.Blur(2.5),
    "grayscale": edit.Grayscale(),
    "sepia": edit.Sepia(0.8),
    "hue": edit.Hue(90),
    "noise": edit.Noise(20, seed=7),
    "text": edit.Text("Gf", x=4, y=2, size=20, color="#ffee00", opacity=0.9),
    "watermark": edit.Watermark(Gravity.SOUTH_EAST, opacity=0.8, scale=0.4, margin=0.1),
}


def golden(name: str) -> Image.Image:
    with Image.open(GOLDEN / f"{name}.png") as picture:
        return picture.convert("RGBA")


def sheet(name: str, folder: Path) -> Image.Image:
    """Return what an operation makes of a picture of each mode, one below the other."""
    edited = [edit_mode(mode, OPERATIONS[name], folder) for mode in MODES]
    width, height = edited[0].size
    together = Image.new("RGBA", (width, height * len(edited)))
    for row, picture in enumerate(edited):
        assert picture.size == (width, height)
        together.paste(picture, (0, row * height))
    return together


def edit_mode(mode: str, operation: EditOperation, folder: Path) -> Image.Image:
    path = folder / f"source.{MODES[mode]}"
    save_mode(mode, path)
    made = replay(path, (operation,), Overlays(watermark=str(save_mark(folder))), LIMITS)
    with Image.open(BytesIO(made.data)) as picture:
        assert picture.format == made.format
        return picture.convert("RGBA")


def save_mode(mode: str, path: Path) -> None:
    """Save four colours and a ramp, with a clear part where the mode knows transparency."""
    picture = make_quarters(SIZE)
    picture.paste(Image.linear_gradient("L").resize((SIZE[0], 8)).convert("RGB"), (0, 12))
    options: dict[str, object] = {"quality": 95} if path.suffix == ".jpeg" else {}
    if mode in ("LA", "RGBA"):
        picture.putalpha(Image.linear_gradient("L").rotate(90).resize(SIZE))
    if mode == "I;16":
        picture = picture.convert("L").point(lambda value: value * 257, "I").convert("I;16")
    elif mode.startswith("P"):
        picture = picture.quantize(16)
        if mode != "P":
            options["transparency"] = picture.getpixel((0, 0))
    elif mode != "YCbCr":  # which is how a JPEG keeps RGB
        picture = picture.convert(mode)
    picture.save(path, **options)


def save_mark(folder: Path) -> Path:
    path = folder / "mark.png"
    mark = Image.new("RGBA", (20, 12), "#ff00ff")
    mark.paste((0, 0, 0, 0), (5, 4, 15, 8))
    mark.save(path)
    return path


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for _name in OPERATIONS:
        with TemporaryDirectory() as _folder:
            sheet(_name, Path(_folder)).save(GOLDEN / f"{_name}.png", optimize=True)
