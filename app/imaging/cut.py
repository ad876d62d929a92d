"""What is cut out of a stored picture for a variant: found once, taken from every frame of an animation."""

from dataclasses import dataclass, replace

from PIL import Image
from PIL.Image import Transpose

from app.domain.framing import Box, Frame, Size
from app.imaging.attention import attend
from app.imaging.color import to_srgb_with_alpha
from app.imaging.modes import simplify
from app.imaging.source import Source
from app.imaging.steps import decode, strip
from app.imaging.turns import exchange, turn_back, turns_of


@dataclass(frozen=True, slots=True)
class Cut:
    """Attributes:
    region: Of the stored picture; None for all of it.
    room: Where the region may be moved, to keep what draws the eye; None when it stays where it is.
    size: To which the region is brought, px, before the turns.
    turns: What shows the picture as it is wanted, in this order.
    """

    region: Box | None
    room: Box | None
    size: Size
    turns: tuple[Transpose, ...]


def find_cut(source: Source, frame: Frame, degrees: int) -> Cut:
    """Return where the region of a frame is in what is stored."""
    turns = turns_of(source.orientation, degrees)
    stored = source.image.size
    shown = exchange(stored, turns)
    region = turn_back(frame.region, shown, turns)
    room = turn_back(frame.room, shown, turns) if frame.room else None
    return Cut(None if region == (0, 0, *stored) else region, room, exchange(frame.content, turns), turns)


def hold(source: Source, cut: Cut) -> Cut:
    """Return a cut that stays where it is best on the current frame, for all frames alike."""
    if cut.region is None or cut.room is None:
        return cut
    source.image.load()
    return replace(cut, region=attend(simplify(source.image), cut.region, cut.room), room=None)


def take(source: Source, cut: Cut) -> Image.Image:
    """Return the cut of the current frame in sRGB, mode RGB or RGBA; sides are turned when few pixels are left."""
    info = source.image.info
    picture = strip(to_srgb_with_alpha(decode(source, cut.size, cut.region, cut.room), info))
    for turn in cut.turns:
        picture = picture.transpose(turn)
    return picture
