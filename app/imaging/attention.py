"""What draws the eye: where a part of a picture is best taken from."""

from array import array
from itertools import accumulate
from typing import Final

from PIL import Image, ImageChops, ImageFilter
from PIL.Image import Resampling

Box = tuple[float, float, float, float]

_SIDE: Final = 128
"""px; a look from afar is enough, and takes 1 ms."""

_STEP_TOLERANCE: Final = 0.01
"""A place must be better by this part than the middle, which wins where nothing stands out."""

_SOFT: Final = ImageFilter.BoxBlur(1)
_EDGE: Final = [min(255, 4 * step) for step in range(256)]
"""Of how much a pixel stands out from its eight neighbours."""

# Hue of 0 to 50 degrees, saturation of 0.23 to 0.68: K. Sobottka and I. Pitas, "A novel method for automatic face
# segmentation, facial feature extraction and tracking", 1998. What is nearly black has a hue by chance alone.
_SKIN_HUES: Final = [255 if hue <= 35 else 0 for hue in range(256)]
_SKIN_SATURATIONS: Final = [255 if 59 <= saturation <= 173 else 0 for saturation in range(256)]
_LIT: Final = [255 if value >= 64 else 0 for value in range(256)]
_VIVID: Final = [max(0, saturation - 64) // 2 for saturation in range(256)]


def attend(picture: Image.Image, window: Box, room: Box) -> Box:
    """Return the window moved within the room, along its free side, to where most of what draws the eye is in it.

    What does: edges, vivid colours and the colours of skin, as smartcrop.js and libvips weigh them
    (https://github.com/jwagner/smartcrop.js, `vips_smartcrop`), by columns or by rows.

    Args:
        picture: In mode L, LA, RGB, RGBA or CMYK.
        window: A part of the room that fills it in one direction, px.
    """
    is_across = room[2] - room[0] - (window[2] - window[0]) >= room[3] - room[1] - (window[3] - window[1])
    near, far = (0, 2) if is_across else (1, 3)
    length = room[far] - room[near]
    strengths = _project(_weigh(_look(picture, room)), is_across=is_across)
    start = _find_best(strengths, len(strengths) * (window[far] - window[near]) / length)
    moved = min(length * start / len(strengths), length - (window[far] - window[near]))
    shift = room[near] + moved - window[near]
    placed = [edge + shift if index in (near, far) else edge for index, edge in enumerate(window)]
    return placed[0], placed[1], placed[2], placed[3]


def _look(picture: Image.Image, room: Box) -> Image.Image:
    """Return the room small, in mode RGB or RGBA."""
    scale = min(1.0, _SIDE / max(room[2] - room[0], room[3] - room[1]))
    size = max(1, round((room[2] - room[0]) * scale)), max(1, round((room[3] - room[1]) * scale))
    seen = picture.resize(size, Resampling.BILINEAR, room, reducing_gap=1)
    return seen.convert("RGBA" if picture.mode in ("LA", "RGBA") else "RGB")


def _weigh(seen: Image.Image) -> Image.Image:
    """Return how much each pixel draws the eye, mode L; what is transparent does not."""
    hue, saturation, value = seen.convert("RGB").convert("HSV").split()
    lit = value.point(_LIT)
    skin = ImageChops.multiply(hue.point(_SKIN_HUES), saturation.point(_SKIN_SATURATIONS))
    colors = ImageChops.add(skin.point(lambda share: share // 3), saturation.point(_VIVID))
    gray = seen.convert("L")
    edges = ImageChops.difference(gray, gray.filter(_SOFT))
    strength = ImageChops.add(edges.point(_EDGE), ImageChops.multiply(colors, lit))
    return ImageChops.multiply(strength, seen.getchannel("A")) if seen.mode == "RGBA" else strength


def _project(strength: Image.Image, *, is_across: bool) -> list[float]:
    """Return the mean of each column, or of each row."""
    size = (strength.width, 1) if is_across else (1, strength.height)
    line = strength.convert("F").resize(size, Resampling.BOX)
    return array("f", line.tobytes()).tolist()


def _find_best(strengths: list[float], length: float) -> float:
    """Return where `length` of the row has the largest sum: in the middle, unless another place is clearly better."""
    sums = [0.0, *accumulate(strengths)]

    def sum_from(start: float) -> float:
        return _sum_to(sums, start + length) - _sum_to(sums, start)

    last = max(0.0, len(strengths) - length)
    middle = last / 2
    starts = sorted({*map(float, range(int(last) + 1)), last}, key=lambda start: abs(start - middle))
    best = max(starts, key=sum_from)
    return best if sum_from(best) > sum_from(middle) * (1 + _STEP_TOLERANCE) else middle


def _sum_to(sums: list[float], position: float) -> float:
    """Return the sum up to a position between two of the row."""
    index = min(int(position), len(sums) - 2)
    return sums[index] + (sums[index + 1] - sums[index]) * min(1.0, position - index)
