"""Every format, mode and orientation through every operation, held to committed pictures."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.image import ImageFormat
from app.domain.variant_text import read_spec
from app.imaging.variant import render_variant
from tests.golden.pictures import Golden, goldens, read_cell
from tests.golden.reference import OPERATIONS
from tests.imaging.making import LIMITS

ALL = replace(LIMITS, formats=tuple(ImageFormat))
MEAN_TOLERANCE = 2.0
"""8-bit steps, over all pixels and over black and white, to which transparency is laid."""

WORST_TOLERANCE = 32
"""8-bit steps of any pixel: a box filter thrice is not quite a Gaussian, and a JPEG is halved by its decoder."""

LOOSE = {("jpeg", "half"): (8.0, 110), ("jpeg", "upside down"): (8.0, 110)}
"""A JPEG is halved within its blocks of 8 px, which blurs and rings otherwise at the hard edges of the picture."""


def over(picture: Image.Image, shade: int) -> np.ndarray:
    ground = Image.new("RGBA", picture.size, (shade, shade, shade, 255))
    return np.asarray(Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB"), int)


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: f"{golden.suffix}-{golden.name}")
def test_comes_out_as_the_golden_picture(golden: Golden) -> None:
    with Image.open(golden.sheet) as sheet:
        sheet.load()
    for operation in OPERATIONS:
        made = Image.open(BytesIO(render_variant(golden.path, read_spec(operation.text), ALL).data))
        expected = read_cell(sheet, operation, made.size)

        mean_tolerance, worst_tolerance = LOOSE.get((golden.suffix, operation.name), (MEAN_TOLERANCE, WORST_TOLERANCE))
        for shade in (0, 255):
            difference = np.abs(over(made, shade) - over(expected, shade))
            assert difference.mean() <= mean_tolerance, (operation.name, shade, difference.mean())
            assert difference.max() <= worst_tolerance, (operation.name, shade, difference.max())


def test_the_golden_pictures_are_of_every_format() -> None:
    assert {golden.suffix.upper() for golden in goldens()} == set(ImageFormat)
    assert all(golden.path.exists() and golden.sheet.exists() for golden in goldens())


def test_a_wrong_turn_would_be_noticed() -> None:
    """The pictures are worth something: each orientation differs from every other by far more than the tolerance."""
    sheets = [
        Image.open(golden.sheet) for golden in goldens() if golden.suffix == "png" and golden.name.startswith("RGB-")
    ]
    wholes = [over(read_cell(sheet, OPERATIONS[4], (26, 20)), 0) for sheet in sheets]

    for index, one in enumerate(wholes):
        for other in wholes[:index]:
            assert np.abs(one - other).mean() > 5 * MEAN_TOLERANCE


@pytest.mark.parametrize(
    "name", ["Landscape_3", "Landscape_6", "Landscape_8", "Portrait_5", "Portrait_6", "Portrait_8"]
)
def test_real_photographs_of_every_orientation_look_alike(corpora: Path, name: str) -> None:
    """The pictures say their orientation in large letters; all but that is the same scene."""
    spec = read_spec("w150_h150_inside_png")
    upright, turned = (
        Image.open(BytesIO(render_variant(corpora / "photos" / f"{each}.jpg", spec, LIMITS).data))
        for each in (f"{name.partition('_')[0]}_1", name)
    )

    assert turned.size == upright.size
    alike = np.abs(over(turned, 0) - over(upright, 0)).mean()
    assert alike < 20
    for wrong in (over(turned, 0)[::-1, ::-1], over(turned, 0)[::-1], over(turned, 0)[:, ::-1]):
        assert np.abs(wrong - over(upright, 0)).mean() > 2 * alike
