"""The inference port: models, in processes of their own."""

from pathlib import Path
from typing import Protocol

from app.domain.label import Prediction
from app.domain.model import Model


class Classifier(Protocol):
    """Models of one folder, by name. A model that crashes or hangs costs one process, never the server."""

    @property
    def models(self) -> tuple[Model, ...]:
        """All models, by name; those that cannot be used say why."""
        ...

    @property
    def default_model(self) -> str:
        """The name of the model to use when none is named; empty when one must be."""
        ...

    def find(self, name: str | None) -> Model:
        """Return a model by its name, or the one to use when none is named.

        Raises:
            NotFound: There is none of that name.
            InvalidInput: None is named, and there is none to use then.
            ModelUnavailable: It is altered, or cannot be loaded.
        """
        ...

    async def check(self, model: str) -> None:
        """Load a model and try it. Raises: as `classify`, but for pictures."""
        ...

    async def classify(self, model: str, path: Path) -> tuple[Prediction, ...]:
        """Return what a model says of a picture, best first; nothing when it is not sure enough of anything.

        Pictures that are asked about at about the same time are looked at together.

        Raises:
            NotFound: There is no model of that name.
            ModelUnavailable: The model is altered, or cannot be loaded.
            ModelFailed: What the model gave is of no use.
            ModelTimeout: It took too long.
            InvalidImage, SourceUnreadable: The picture cannot be opened.
            Busy
        """
        ...
