"""Preprocessing gives the numbers that torchvision gives."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reference_pictures import INTERPOLATIONS, SIZES, make_picture, places

from app.inference.card import Input, Interpolation, Layout, Resize
from app.inference.preprocess import shorter_side_to, to_tensor

RECORDED = json.loads((Path(__file__).parent / "torchvision.json").read_text())
TOLERANCE = 1e-3


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_equals_torchvision(interpolation: str, width: int, height: int) -> None:
    tensor = to_tensor(make_picture(width, height), Input(interpolation=Interpolation(interpolation)))

    assert tensor.shape == (3, 224, 224)
    assert tensor.dtype == np.float32
    ours = np.array([tensor[place] for place in places()])
    theirs = np.array(RECORDED[f"{interpolation} {width} {height}"])
    assert np.abs(ours - theirs).max() < TOLERANCE
    assert np.ptp(theirs) > 3  # from dark to light


def test_channels_can_come_last_and_in_the_other_order() -> None:
    picture = make_picture(400, 300)

    first, last = to_tensor(picture, Input()), to_tensor(picture, Input(layout=Layout.NHWC))
    plain = {"mean": (0, 0, 0), "deviation": (1, 1, 1)}
    rgb, bgr = to_tensor(picture, Input(**plain)), to_tensor(picture, Input(**plain, is_bgr=True))

    assert last.shape == (224, 224, 3)
    assert np.array_equal(last, first.transpose(1, 2, 0))
    assert np.array_equal(bgr, rgb[::-1])


def test_scales_before_it_subtracts() -> None:
    """(pixel - 127) / 128 is what EfficientNet-Lite takes."""
    white = Image.new("RGB", (300, 300), (255, 127, 0))

    tensor = to_tensor(white, Input(scale=1, mean=(127, 127, 127), deviation=(128, 128, 128)))

    assert [tensor[channel, 5, 5] for channel in range(3)] == [1.0, 0.0, -127 / 128]


def test_squeezes_the_whole_picture() -> None:
    halves = Image.new("RGB", (400, 100), (255, 0, 0))
    halves.paste((0, 0, 255), (200, 0, 400, 100))

    tensor = to_tensor(halves, Input(size=32, resize=Resize.SQUEEZE, mean=(0, 0, 0), deviation=(1, 1, 1)))

    assert tensor.shape == (3, 32, 32)
    assert tensor[0, :, :15].min() == 1
    assert tensor[2, :, 17:].min() == 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_takes_pictures_of_every_mode(mode: str) -> None:
    tensor = to_tensor(make_picture(300, 280).convert(mode), Input())

    assert tensor.shape == (3, 224, 224)
    assert np.isfinite(tensor).all()


def test_the_longer_side_is_cut_to_a_whole_number() -> None:
    assert shorter_side_to((400, 225), 256) == (455, 256)  # 455.1
    assert shorter_side_to((333, 1000), 256) == (256, 768)  # 768.8
    assert shorter_side_to((300, 300), 256) == (256, 256)
