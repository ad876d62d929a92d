"""The text of a variant's specification: what stands in its address, and what names a preset."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.domain.errors import InvalidInput
from app.domain.image import ImageId
from app.domain.placing import Crop, Gravity
from app.domain.variant import Fit, FocalPoint, VariantFormat, VariantSpec, variant_prefix

_EDITED: Final = re.compile(r"e([1-9][0-9]{0,8})_(.+)")
_SMALLEST_BLUR: Final = 0.05
_GRAVITIES: Final = {gravity.lower().replace("_", ""): gravity for gravity in Gravity}
_SHARES: Final = 1000
"""A focal point is told in thousandths of the sides."""


def write_spec(spec: VariantSpec) -> str:
    """Return the one text of all specifications that look the same; `parse_spec` reads it."""
    crop = spec.crop
    parts = (
        f"w{spec.width}" if spec.width else "",
        f"h{spec.height}" if spec.height else "",
        spec.fit.lower(),
        _write_place(spec),
        spec.format.lower(),
        f"q{spec.quality}" if spec.quality and spec.format is not VariantFormat.PNG else "",
        f"bg{spec.background[1:]}" if spec.background else "",
        f"blur{spec.blur:.1f}" if spec.blur >= _SMALLEST_BLUR else "",
        f"sharp{spec.sharpen}" if spec.sharpen else "",
        f"rot{spec.rotate}" if spec.rotate else "",
        f"crop{crop.x}.{crop.y}.{crop.width}.{crop.height}" if crop else "",
        f"frame{spec.frame}" if spec.frame else "",
        "animated" if spec.is_animated else "",
    )
    return "_".join(part for part in parts if part)


def read_spec(text: str) -> VariantSpec:
    """Return the specification whose parts stand in the text in any order, joined by `_`; the rest is the default.

    Raises:
        InvalidInput: A part is not known, stands there twice, or is out of its range.
    """
    fields: dict[str, Any] = {}
    for part in text.split("_"):
        read = _read_part(part)
        if read is None or read.keys() & fields.keys():
            raise InvalidInput(f"{text[:80]!r} is no specification of a variant.")
        fields |= read
    return VariantSpec(**fields)


def parse_spec(text: str) -> VariantSpec:
    """Return the specification of a text that `write_spec` wrote.

    Raises:
        InvalidInput: It is none, or says the same in another way.
    """
    spec = read_spec(text)
    if write_spec(spec) != text:
        raise InvalidInput(f"{text[:80]!r} is no specification of a variant.")
    return spec


def write_version(spec: VariantSpec, revision: int) -> str:
    """Return the text of a specification, led by the revision of the edits that it is of; 0 is the original."""
    return f"e{revision}_{write_spec(spec)}" if revision else write_spec(spec)


def parse_version(text: str) -> tuple[VariantSpec, int]:
    """Return the specification and the revision of a text of `write_version`. Raises: InvalidInput."""
    match = _EDITED.fullmatch(text)
    return (parse_spec(match[2]), int(match[1])) if match else (parse_spec(text), 0)


def variant_key(image_id: ImageId, spec: VariantSpec, extension: str, revision: int = 0) -> str:
    """Return the key of a variant's bytes; that of AUTO serves the JPEG or PNG that it comes down to."""
    digest = hashlib.sha256(write_version(spec, revision).encode()).hexdigest()[:32]
    return f"{variant_prefix(image_id)}{digest}.{extension}"


def _write_place(spec: VariantSpec) -> str:
    """Return the gravity, or the focal point in its place, where it makes a difference."""
    point = spec.focal_point
    if point is not None and spec.fit is Fit.COVER:
        return f"focal{round(point.x * _SHARES)}.{round(point.y * _SHARES)}"
    still = (Gravity.CENTER,) if spec.fit is Fit.COVER else (Gravity.CENTER, Gravity.ATTENTION)
    is_placed = spec.fit in (Fit.COVER, Fit.CONTAIN) and spec.gravity not in still
    return spec.gravity.lower().replace("_", "") if is_placed else ""


def _read_part(part: str) -> dict[str, Any] | None:
    """Return the field that a part of the text gives, by its name; None for no such part."""
    for pattern, name, read in _PARTS:
        if match := pattern.fullmatch(part):
            return {name: read(*match.groups())}
    return None


def _part(pattern: str, name: str, read: Callable[..., object]) -> tuple[re.Pattern[str], str, Callable[..., object]]:
    return re.compile(pattern.replace("N", "([0-9]{1,5})")), name, read


def _one_of(values: Mapping[str, object], name: str) -> tuple[re.Pattern[str], str, Callable[..., object]]:
    return re.compile(f"({'|'.join(values)})"), name, values.__getitem__


_PARTS: Final = (
    _part("wN", "width", int),
    _part("hN", "height", int),
    _one_of({fit.lower(): fit for fit in Fit}, "fit"),
    _one_of(_GRAVITIES, "gravity"),
    _part(r"focalN\.N", "focal_point", lambda x, y: FocalPoint(int(x) / _SHARES, int(y) / _SHARES)),
    _one_of({each.lower(): each for each in VariantFormat}, "format"),
    _part("qN", "quality", int),
    _part("bg([0-9a-f]{6})", "background", lambda digits: f"#{digits}"),
    _part(r"blur([0-9]{1,3}\.[0-9])", "blur", float),
    _part("sharpN", "sharpen", int),
    _part("rotN", "rotate", int),
    _part(r"cropN\.N\.N\.N", "crop", lambda *sides: Crop(*map(int, sides))),
    _part("frameN", "frame", int),
    _part("animated", "is_animated", lambda: True),
)
