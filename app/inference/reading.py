"""From the numbers that a model gives to predictions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.label import Prediction
from app.domain.model import ModelFailed
from app.inference.card import Output, OutputKind

TOLERANCE = 1e-3
"""How far probabilities may lie outside of 0 to 1: what single precision does to sums of many."""


def read_row(row: NDArray[np.float32], labels: Sequence[str], output: Output) -> tuple[Prediction, ...]:
    """Return what one row of the output says: the best `top` of those that reach the threshold, best first.

    Args:
        row: Of shape (classes,).

    Raises:
        ModelFailed: There is a value that is no number, or none that a probability can be.
    """
    if not np.isfinite(row).all():
        raise ModelFailed("The model gave values that are not numbers.")
    scores = _probabilities(row.astype(np.float64), output)
    best = np.argsort(-scores, kind="stable")[: output.top]
    named: dict[str, float] = {}
    for place in best:
        score = round(float(scores[place]), 6)  # as it is shown, so that 0.4 reaches a threshold of 0.4
        if score >= output.threshold:
            named.setdefault(labels[place], score)  # some label files name a class twice
    return tuple(Prediction(name, score) for name, score in named.items())


def _probabilities(row: NDArray[np.float64], output: Output) -> NDArray[np.float64]:
    if output.kind is OutputKind.PROBABILITIES:
        if row.min() < -TOLERANCE or row.max() > 1 + TOLERANCE:
            raise ModelFailed("The model gave values that are no probabilities.")
        return np.clip(row, 0, 1)
    if output.is_multi_label:
        return np.asarray(0.5 * (1 + np.tanh(row / 2)))  # the sigmoid, without an overflow
    powers = np.exp(row - row.max())
    return np.asarray(powers / powers.sum())
