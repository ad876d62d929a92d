"""What an inference process does with a batch: opens each picture, and asks the model about all of them at once."""

import traceback
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import DomainError
from app.domain.model import ModelFailed, ModelUnavailable, fault_of
from app.imaging.limits import ImageLimits
from app.imaging.messages import MAX_TRACE_LENGTH, Answer
from app.imaging.source import decoder_errors, open_source
from app.inference.card import Input, Layout, ModelFault
from app.inference.messages import Batch, LoadedCard, Outcome, Outcomes
from app.inference.preprocess import to_tensor
from app.inference.reading import read_row
from app.inference.session import Session, load_session


class Worker:
    """Holds the models that this process was asked for, each loaded once."""

    def __init__(self, limits: ImageLimits, threads: int) -> None:
        self._limits = limits
        self._threads = threads
        self._sessions: dict[tuple[str, str], Session] = {}

    def answer(self, batch: Batch) -> Answer:
        try:
            return Answer(Outcomes(self._classify(batch)))
        except ModelFault as fault:
            return Answer(error=ModelUnavailable(fault_of(batch.model.card.name, str(fault))))
        except DomainError as error:
            return Answer(error=error)
        except MemoryError:
            return Answer(error=ModelFailed("The model needs more memory than is allowed."))
        except Exception:  # noqa: BLE001  # the entry point of the process; the server logs the trace
            trace = traceback.format_exc()[-MAX_TRACE_LENGTH:]
            return Answer(error=ModelFailed("The model cannot be worked with."), trace=trace)

    def _classify(self, batch: Batch) -> tuple[Outcome, ...]:
        session = self._session(batch.model)
        given = batch.model.card.input
        tensors = [self._open(path, given) for path in batch.paths] if batch.paths else [_blank(given)]
        outcomes: list[Outcome] = [tensor if isinstance(tensor, DomainError) else () for tensor in tensors]
        places = [place for place, tensor in enumerate(tensors) if not isinstance(tensor, DomainError)]
        if places:
            rows = session.run([tensor for tensor in tensors if not isinstance(tensor, DomainError)])
            for place, row in zip(places, rows, strict=True):
                outcomes[place] = _read(row, batch.model)
        return tuple(outcomes)

    def _session(self, model: LoadedCard) -> Session:
        key = (model.folder, model.card.sha256)
        if key not in self._sessions:
            self._sessions[key] = load_session(model, self._threads)
        return self._sessions[key]

    def _open(self, path: str, given: Input) -> NDArray[np.float32] | DomainError:
        try:
            with open_source(Path(path), self._limits) as source, decoder_errors(self._limits):
                return to_tensor(source.image, given)
        except DomainError as error:
            return error


def _read(row: NDArray[np.float32], model: LoadedCard) -> Outcome:
    try:
        return read_row(row, model.labels, model.card.output)
    except DomainError as error:
        return error


def _blank(given: Input) -> NDArray[np.float32]:
    """Return what a model is tried with."""
    side = given.size
    return np.zeros((3, side, side) if given.layout is Layout.NCHW else (side, side, 3), np.float32)
