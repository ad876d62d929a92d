"""What the operator gives to be laid over pictures."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.placing import Gravity


@dataclass(frozen=True, slots=True)
class Overlays:
    """The watermark and the font.

    Attributes:
        watermark: The path of a picture; None when there is no watermark.
        position: Where the watermark is, unless an edit says otherwise.
        opacity: 0 to 1.
        scale: Its width as a part of the picture's.
        font: The path of a TrueType or OpenType font; None for Aileron, which comes with Pillow and has Latin letters.
    """

    watermark: str | None = None
    position: Gravity = Gravity.SOUTH_EAST
    opacity: float = 0.6
    scale: float = 0.2
    font: str | None = None

    def mark(self) -> str:
        """Return 12 hex digits that stand for the watermark as it lies over pictures; none when there is none.

        Raises: OSError.
        """
        if self.watermark is None:
            return ""
        told = f"{self.position} {self.opacity} {self.scale} ".encode()
        return hashlib.sha256(told + Path(self.watermark).read_bytes()).hexdigest()[:12]


NO_OVERLAYS: Final = Overlays()
