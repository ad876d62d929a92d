"""The animation: an image of several frames."""

from dataclasses import dataclass

MAX_PREVIEW_FRAMES = 10


@dataclass(frozen=True, slots=True)
class Animation:
    """What moves.

    Attributes:
        duration_ms: Of one time through, as the file says; players show very short frames for longer.
        loop_count: How often it plays; 0 is for ever.
    """

    frame_count: int
    duration_ms: int
    loop_count: int

    @property
    def preview_frames(self) -> tuple[int, ...]:
        """The frames that give an impression of it, from 0: at most ten, spread evenly, the first among them."""
        count = min(self.frame_count, MAX_PREVIEW_FRAMES)
        return tuple(self.frame_count * n // count for n in range(count))
