"""The colours of an image as somebody's browser worked them out, with its time for it."""

import re
from dataclasses import dataclass

from app.domain.errors import InvalidInput
from app.domain.image import ImageId

MAX_PALETTE = 32
MAX_UNIX_S = 2**40

_COLOR = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ColorReport:
    """What one browser says of one image.

    Attributes:
        dominant_color: `#rrggbb`, lower case; so is each of the palette.
        started_at_s: When it began, unix seconds by its own clock; `ended_at_s` likewise.
        browser: A number that the client gives itself; 0 when it gives none.
    """

    image_id: ImageId
    dominant_color: str
    palette: tuple[str, ...]
    started_at_s: float
    ended_at_s: float
    browser: int


def clean_report(report: ColorReport) -> ColorReport:
    """Return the report with its colours in lower case.

    Raises:
        InvalidInput: A colour is none, there are too many, or the times or the browser are out of their range.
    """
    if len(report.palette) > MAX_PALETTE:
        raise InvalidInput(f"There are {len(report.palette)} colours; at most {MAX_PALETTE} are allowed.", field=("p",))
    if not 0 <= report.started_at_s <= report.ended_at_s <= MAX_UNIX_S:
        raise InvalidInput("The times are not unix seconds, or the end is before the start.", field=("st",))
    if not 0 <= report.browser < 2**31:
        raise InvalidInput(f"The browser is {report.browser}; 0 to {2**31 - 1} are allowed.", field=("f",))
    return ColorReport(
        image_id=report.image_id,
        dominant_color=_clean_color(report.dominant_color),
        palette=tuple(map(_clean_color, report.palette)),
        started_at_s=report.started_at_s,
        ended_at_s=report.ended_at_s,
        browser=report.browser,
    )


def _clean_color(color: str) -> str:
    match = _COLOR.fullmatch(color)
    if match is None:
        raise InvalidInput(f"{color[:32]!r} is no colour of six hex digits.", field=("c",))
    return f"#{match[1].lower()}"
