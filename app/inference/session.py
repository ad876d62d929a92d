"""A model in memory: loaded once in each inference process, from the very bytes whose hash was checked."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # it comes without types
from numpy.typing import NDArray

from app.domain.model import ModelFailed
from app.inference.card import Card, Layout, ModelFault
from app.inference.messages import LoadedCard
from app.inference.weights import read_weights

CUDA: Final = "CUDAExecutionProvider"
PROVIDERS: Final = (CUDA, "CPUExecutionProvider")
"""Where models run: on the first of these that the installed onnxruntime offers and the machine has."""

MAX_BATCH: Final = 16
CPU_BATCH: Final = 4
"""Sixteen at once fall out of a core's caches: a MobileNetV2 looks at 81 images a second then, and at 100 by fours."""

_FATAL: Final = 4


@dataclass(frozen=True, slots=True)
class Session:
    """Attributes:
    output: The name of the output that is read.
    batch: How many pictures it takes at once, when that is fixed.
    at_once: How many pictures go through it at once.
    """

    runtime: ort.InferenceSession
    card: Card
    classes: int
    output: str
    batch: int | None
    at_once: int

    def run(self, rows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return a row of scores, of shape (classes,), for each row of the input.

        Raises:
            ModelFailed: The model cannot work on them, or gave another shape.
        """
        step = self.batch or self.at_once
        groups = [rows[start : start + step] for start in range(0, len(rows), step)]
        return np.concatenate([self._run_at_once(group, self.batch or len(group)) for group in groups])

    def _run_at_once(self, rows: Sequence[NDArray[np.float32]], size: int) -> NDArray[np.float32]:
        batch = np.stack([*rows, *[rows[-1]] * (size - len(rows))])
        try:
            (answer,) = self.runtime.run([self.output], {self.card.input.name: batch})
        except Exception as error:  # onnxruntime has no error of its own that all others are
            raise ModelFailed("The model failed on the picture.") from error
        return self._rows_of(answer, size)[: len(rows)]

    def _rows_of(self, answer: object, size: int) -> NDArray[np.float32]:
        """Return the output as (size, classes); axes of length 1 behind the classes do not matter."""
        if not isinstance(answer, np.ndarray) or answer.dtype.kind != "f":
            raise ModelFailed("The model gave no array of numbers.")
        if answer.shape[:1] != (size,) or answer.size != size * self.classes:
            raise ModelFailed(f"The model gave the shape {answer.shape}; ({size}, {self.classes}) was expected.")
        return np.asarray(answer.reshape(size, self.classes), np.float32)


def load_session(loaded: LoadedCard, threads: int) -> Session:
    """Load a model, and hold it to its card.

    Args:
        threads: How many threads one picture may use.

    Raises:
        ModelFault: It is missing or altered, is no model, wants data from other files, or is not as its card says.
    """
    card = loaded.card
    weights = read_weights(Path(loaded.folder), card)
    try:
        providers = available_providers()
        runtime = ort.InferenceSession(weights, _options(threads), providers=providers)
    except Exception as error:  # as above
        raise ModelFault(f"onnxruntime cannot load it: {_first_line(error)}") from error
    at_once = MAX_BATCH if CUDA in providers else CPU_BATCH
    return Session(
        runtime, card, len(loaded.labels), _check_output(runtime, card), _check_input(runtime, card), at_once
    )


def available_providers() -> list[str]:
    offered = ort.get_available_providers()
    return [provider for provider in PROVIDERS if provider in offered]


def _options(threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL
    # Weights in other files are looked for in this folder alone, which holds none: the hash pins one file.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    return options


def _check_input(runtime: ort.InferenceSession, card: Card) -> int | None:
    """Return the size of the batch that the model is fixed to, if it is."""
    given = next((given for given in runtime.get_inputs() if given.name == card.input.name), None)
    if given is None:
        names = ", ".join(repr(each.name) for each in runtime.get_inputs())
        raise ModelFault(f"it has no input {card.input.name!r}, but {names}.")
    side = card.input.size
    wanted = (3, side, side) if card.input.layout is Layout.NCHW else (side, side, 3)
    shape = tuple(given.shape)
    if given.type != "tensor(float)" or len(shape) != 4 or not _fits(shape[1:], wanted):
        raise ModelFault(f"its input is {given.type} of shape {shape}, and not float of shape (n, {wanted}).")
    return shape[0] if isinstance(shape[0], int) and shape[0] > 0 else None


def _check_output(runtime: ort.InferenceSession, card: Card) -> str:
    names: list[str] = [each.name for each in runtime.get_outputs()]
    wanted = card.output.name or (names[0] if len(names) == 1 else "")
    if wanted not in names:
        raise ModelFault(f"its card must name one of its outputs: {', '.join(map(repr, names))}.")
    return wanted


def _fits(shape: Sequence[object], wanted: Sequence[int]) -> bool:
    """Tell whether each axis has the wanted length, or may have any."""
    return all(not isinstance(axis, int) or axis in (length, -1) for axis, length in zip(shape, wanted, strict=True))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300].rstrip(".") + "."
