"""The card of a model: `model.toml` beside its `model.onnx`, which says what it is and how it is fed and read."""

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.domain.label import label_name

CARD = "model.toml"
WEIGHTS = "model.onnx"
MAX_CARD_BYTES = 64 * 1024
MAX_LABELS_BYTES = 4 * 2**20
MAX_LABEL_LENGTH = 200

_NAME = r"[a-z0-9][a-z0-9._-]{0,63}"
_SYNSET = re.compile(r"n[0-9]{8}[ \t]+")
"""The id of a WordNet noun, which the label files of ImageNet models put before each name."""


class Layout(StrEnum):
    """The axes of the input: batch, channels, height, width."""

    NCHW = "NCHW"
    NHWC = "NHWC"


class Resize(StrEnum):
    """SHORTER keeps the shape: the shorter side is made `resize_to` px, and the middle is cut out. SQUEEZE makes the
    whole picture a square of `size` px."""

    SHORTER = "SHORTER"
    SQUEEZE = "SQUEEZE"


class Interpolation(StrEnum):
    BILINEAR = "BILINEAR"
    BICUBIC = "BICUBIC"


class OutputKind(StrEnum):
    """LOGITS are turned into probabilities: by softmax, or each by a sigmoid when several may hold."""

    LOGITS = "LOGITS"
    PROBABILITIES = "PROBABILITIES"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Channels = tuple[float, float, float]
Deviation = Annotated[float, Field(gt=0)]


class Input(_Table):
    """How a picture becomes numbers: (pixel * scale - mean) / deviation, pixels being 0 to 255.

    The defaults are those of torchvision's ImageNet classifiers (`ImageClassification` in
    https://github.com/pytorch/vision/blob/main/torchvision/transforms/_presets.py): shorter side 256, middle 224,
    bilinear, mean and deviation of ImageNet.
    """

    name: str = "input"
    layout: Layout = Layout.NCHW
    size: Annotated[int, Field(ge=8, le=1024)] = 224
    resize: Resize = Resize.SHORTER
    resize_to: Annotated[int, Field(ge=8, le=2048)] = 256
    interpolation: Interpolation = Interpolation.BILINEAR
    scale: Annotated[float, Field(gt=0)] = 1 / 255
    mean: Channels = (0.485, 0.456, 0.406)
    deviation: tuple[Deviation, Deviation, Deviation] = (0.229, 0.224, 0.225)
    is_bgr: bool = False

    @model_validator(mode="after")
    def _check_crop(self) -> "Input":
        if self.resize is Resize.SHORTER and self.resize_to < self.size:
            raise ValueError("resize_to must not be less than size")
        return self


class Output(_Table):
    """How the numbers of a model are read; `name` may be left out when there is one output."""

    name: str | None = None
    kind: OutputKind = OutputKind.LOGITS
    is_multi_label: bool = False
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.1
    top: Annotated[int, Field(ge=1, le=100)] = 5


class Card(_Table):
    """Everything that is known of a model. `measured` is kept for readers."""

    name: Annotated[str, Field(pattern=f"^{_NAME}$")]
    version: Annotated[str, Field(min_length=1, max_length=64)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    labels: Annotated[str, Field(pattern=f"^{_NAME}$")] = "labels.txt"
    licence: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=500)]
    description: Annotated[str, Field(max_length=2000)] = ""
    input: Input = Input()
    output: Output = Output()
    measured: dict[str, Any] = {}


class ModelFault(Exception):
    """Why a model cannot be used: a sentence that is safe to show."""


def read_card(folder: Path) -> Card:
    """Return the card of a model's folder, whose name is the model's. Raises: ModelFault."""
    try:
        card = Card.model_validate(tomllib.loads(_read_text(folder / CARD, MAX_CARD_BYTES)))
    except tomllib.TOMLDecodeError as error:
        raise ModelFault(f"{CARD} is no TOML: {error}.") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc'])) or 'card'}: {fault['msg']}" for fault in error.errors())
        raise ModelFault(f"{CARD}: {'; '.join(faults)}.") from error
    if card.name != folder.name:
        raise ModelFault(f"{CARD} names the model {card.name!r}, but its folder is {folder.name!r}.")
    return card


def read_labels(folder: Path, card: Card) -> tuple[str, ...]:
    """Return the names of the classes in the order of the model's outputs. Raises: ModelFault."""
    lines = _read_text(folder / card.labels, MAX_LABELS_BYTES).splitlines()
    names = tuple(label_name(_SYNSET.sub("", line))[:MAX_LABEL_LENGTH] for line in lines)
    while names and not names[-1]:
        names = names[:-1]
    if not names or not all(names):
        raise ModelFault(f"{card.labels} must hold the name of one class on each line.")
    return names


def _read_text(path: Path, max_bytes: int) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        text = data.decode("utf-8")
    except FileNotFoundError as error:
        raise ModelFault(f"{path.name} is missing.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFault(f"{path.name} cannot be read as text.") from error
    if len(data) > max_bytes:
        raise ModelFault(f"{path.name} has more than {max_bytes} bytes.")
    return text
