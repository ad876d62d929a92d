"""The model: what gives images their labels."""

from dataclasses import dataclass

from app.domain.error_code import ErrorCode
from app.domain.errors import Conflict, DomainError


class ModelUnavailable(DomainError):
    """Trying again is useless until the operator has put the model right."""

    code = ErrorCode.MODEL_UNAVAILABLE


class ModelFailed(DomainError):
    code = ErrorCode.MODEL_FAILED


class ModelTimeout(DomainError):
    code = ErrorCode.MODEL_TIMEOUT


class ImageNotReady(Conflict):
    """There is nothing yet that a model could look at."""

    code = ErrorCode.IMAGE_NOT_READY


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its card describes it.

    Attributes:
        version: What it says of an image is replaced when this changes.
        labels: Everything that it can say, in lower case.
        sha256: Of its weights, hex.
        fault: A sentence that says why it cannot be used; None when nothing speaks against it.
    """

    name: str
    version: str = ""
    description: str = ""
    licence: str = ""
    source: str = ""
    sha256: str = ""
    labels: tuple[str, ...] = ()
    fault: str | None = None

    def check(self) -> None:
        """Raises: ModelUnavailable, when the model cannot be used."""
        if self.fault is not None:
            raise ModelUnavailable(self.fault, field=("model",))


def fault_of(name: str, why: str) -> str:
    """Return the sentence that says why a model cannot be used."""
    return f"The model {name!r} cannot be used: {why}"
