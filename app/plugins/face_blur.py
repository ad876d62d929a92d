"""The plugin `face-blur`: blurs what a detector, which the operator supplies as an ONNX model, takes for faces.

The model has one input, NCHW float32 of shape (1, 3, height, width), RGB, scaled to [0, 1]; the picture is stretched to
its height and width, or to 320 px where they are open. It has two outputs: `boxes`, float32 of shape (n, 4) or
(1, n, 4), each the left, upper, right and lower edge as parts of the picture's sides; and `scores`, float32 of shape
(n,) or (1, n).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # it ships no types
from PIL import Image
from PIL.Image import Resampling

from app.imaging.filters import blur
from app.imaging.plugins import Finding, Given

_OPEN_SIDE_PX: Final = 320
_MIN_SCORE: Final = 0.5
_MARGIN: Final = 0.15
"""So much of its sides is added to each box: detectors cut off hair and chins."""

_GRAINS: Final = 8
"""A face is brought down to so many pixels a side before it is blurred: from those nobody is known again."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FaceBlur:
    """Attributes:
    min_score: Boxes below it are passed over.
    """

    detector: ort.InferenceSession
    min_score: float

    def __call__(self, given: Given, /) -> Finding:
        boxes = list(self._detect(given.picture))
        if not boxes:
            return Finding()
        picture = given.picture.copy()
        for box in boxes:
            picture.paste(_hide(picture.crop(box)), box)
        return Finding(picture=picture)

    def _detect(self, picture: Image.Image) -> Iterator[Box]:
        """Yield the boxes of faces in px, with a margin, within the picture."""
        [wanted] = self.detector.get_inputs()
        height, width = (side if isinstance(side, int) else _OPEN_SIDE_PX for side in wanted.shape[2:])
        small = picture.convert("RGB").resize((width, height), Resampling.BILINEAR)
        batch = np.asarray(small, np.float32).transpose(2, 0, 1)[np.newaxis] / 255
        boxes, scores = self.detector.run(["boxes", "scores"], {wanted.name: batch})
        for box, score in zip(boxes.reshape(-1, 4), scores.reshape(-1), strict=True):
            if score >= self.min_score:
                yield from _within(box.tolist(), picture.size)


def open_face_blur(options: Mapping[str, object]) -> FaceBlur:
    """Return the plugin; `detector` is the path of the model, `min_score` from 0 to 1."""
    session = ort.SessionOptions()
    session.intra_op_num_threads = session.inter_op_num_threads = 1  # each process of the pool has one core
    detector = ort.InferenceSession(str(options["detector"]), session, providers=["CPUExecutionProvider"])
    return FaceBlur(detector, float(str(options.get("min_score", _MIN_SCORE))))


def _within(box: list[float], size: tuple[int, int]) -> Iterator[Box]:
    """Yield a box with its margin in px, unless nothing of it is in the picture."""
    left, upper, right, lower = box
    across, down = (right - left) * _MARGIN, (lower - upper) * _MARGIN
    width, height = size
    found = (
        max(0, int((left - across) * width)),
        max(0, int((upper - down) * height)),
        min(width, int((right + across) * width) + 1),
        min(height, int((lower + down) * height) + 1),
    )
    if found[0] < found[2] and found[1] < found[3]:
        yield found


def _hide(face: Image.Image) -> Image.Image:
    """Return a part of a picture of which no more than coarse colours are left."""
    size = min(_GRAINS, face.width), min(_GRAINS, face.height)
    coarse = face.resize(size, Resampling.BOX).resize(face.size, Resampling.BILINEAR)
    return blur(coarse, max(face.size) / _GRAINS / 2)
