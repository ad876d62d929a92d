"""The weights of a model: one file, whose hash the card pins."""

import hashlib
import os
from pathlib import Path
from typing import Final

from app.inference.card import WEIGHTS, Card, ModelFault

MAX_WEIGHTS_BYTES: Final = 2**31 - 1
"""What one protobuf message may have (https://protobuf.dev/programming-guides/encoding/#size-limit)."""


def read_weights(folder: Path, card: Card) -> bytes:
    """Return the bytes of a model, which are those that its card pins. Raises: ModelFault."""
    try:
        with (folder / WEIGHTS).open("rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_WEIGHTS_BYTES:
                raise ModelFault(f"{WEIGHTS} has more than {MAX_WEIGHTS_BYTES} bytes.")
            weights = file.read()
    except OSError as error:
        raise ModelFault(f"{WEIGHTS} is missing or cannot be read.") from error
    sha256 = hashlib.sha256(weights).hexdigest()
    if sha256 != card.sha256:
        raise ModelFault(f"{WEIGHTS} has the SHA-256 {sha256}; its card says {card.sha256}.")
    return weights
