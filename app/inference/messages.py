"""What the server and an inference process say to each other, by the rules of `app.imaging.messages`."""

from dataclasses import dataclass

from app.domain.errors import DomainError
from app.domain.label import Prediction
from app.inference.card import Card


@dataclass(frozen=True, slots=True)
class LoadedCard:
    """A model's card, with its folder and the names of its classes."""

    folder: str
    card: Card
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures that one model is to look at; without any, the model is loaded and tried."""

    model: LoadedCard
    paths: tuple[str, ...]


Outcome = tuple[Prediction, ...] | DomainError


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of each picture of a batch, in its order."""

    each: tuple[Outcome, ...]
