"""What atheris calls with made-up files: they are inspected, rendered, and made a variant of, within one process.

Run by scripts/fuzz imaging, with the options of libFuzzer and the folders of pictures to begin with.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["app.imaging", "app.domain"]):
    from app.domain.errors import DomainError, InvalidImage, InvalidInput, TooLarge
    from app.domain.image import ImageFormat
    from app.domain.variant import Crop, Fit, Gravity, VariantFormat, VariantSpec
    from app.imaging.inspect import inspect
    from app.imaging.limits import ImageLimits
    from app.imaging.pipeline import render
    from app.imaging.variant import render_variant

LIMITS = ImageLimits(
    max_pixels=500_000, max_frames=20, max_frame_pixels=1_000_000, max_side=5_000, formats=tuple(ImageFormat)
)
EXPECTED = (InvalidImage, TooLarge)
WORK = Path(tempfile.mkdtemp(prefix="gf-images-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))  # noqa: S108 - a folder of this run alone
SPECS = (
    VariantSpec(40, 30, Fit.COVER, Gravity.ATTENTION, VariantFormat.PNG, blur=1.5),
    VariantSpec(50, format=VariantFormat.WEBP, is_animated=True),
    VariantSpec(60, 60, Fit.CONTAIN, rotate=90, background="#00ff00", sharpen=50),
    VariantSpec(33, crop=Crop(0, 0, 2, 2), format=VariantFormat.JPEG),
    VariantSpec(20, frame=1, format=VariantFormat.AVIF),
)


def test_one_input(data: bytes) -> None:
    """Raise what nobody expects: anything but that the file is no picture that is taken, or does not fit."""
    path = WORK / "picture"
    path.write_bytes(data)
    try:
        header = inspect(path, LIMITS)
        rendering = render(path, LIMITS)
    except EXPECTED:
        return
    if not (header.width > 0 < header.height and len(rendering.thumbnails) == 3):
        raise ValueError(f"the picture became {header}")
    try:
        render_variant(path, SPECS[len(data) % len(SPECS)], LIMITS)
    except (*EXPECTED, InvalidInput):
        return


if __name__ == "__main__":
    if not issubclass(InvalidImage, DomainError):
        raise TypeError("errors that are expected are errors of the domain")
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
