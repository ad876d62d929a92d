"""The label: what a model says that an image shows, how sure it is, and which model that was."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidInput
from app.domain.image import ImageId


@dataclass(frozen=True, slots=True)
class Prediction:
    """One class of a model: its name in lower case, and a score from 0 to 1."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Classification:
    """What one model says of one image, all of it; there may be nothing that it is sure enough of."""

    image_id: ImageId
    model: str
    model_version: str
    classified_at: datetime
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """One prediction as an image has it. Several models may give it one of the same name."""

    name: str
    score: float
    model: str
    model_version: str
    classified_at: datetime


def label_name(text: str) -> str:
    """Return a label's name as it is kept and looked for."""
    return text.strip().lower()


def best_first(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return labels by score downwards, then by name, then by model."""
    return tuple(sorted(labels, key=lambda label: (-label.score, label.name, label.model)))


def names_of(labels: Iterable[Label]) -> tuple[str, ...]:
    """Return the names of labels, of one image or of many, best first and each once."""
    return tuple(dict.fromkeys(label.name for label in best_first(labels)))


def check_min_score(label: str | None, score: float | None) -> float:
    """Return the least score of a label that is looked for; 0 for none. Raises: InvalidInput."""
    if score is None:
        return 0.0
    if label is None:
        raise InvalidInput("`minLabelScore` needs a `label`.", field=("minLabelScore",))
    return check_score(score, ("minLabelScore",))


def check_score(score: float, field: tuple[str, ...]) -> float:
    """Return a score that callers gave. Raises: InvalidInput when it is not from 0 to 1."""
    if math.isnan(score) or not 0 <= score <= 1:
        raise InvalidInput(f"The score is {score}; 0 to 1 are allowed.", field=field)
    return score
