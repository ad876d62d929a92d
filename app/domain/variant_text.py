"""The text of a variant's specification: what stands in its address, and what names a preset."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.domain.errors import InvalidInput
from app.domain.image import ImageId
from app.domain.placing import Crop, Gravity
from app.domain.variant import Fit, FocalPoint, VariantFormat, VariantSpec, variant_prefix

_VERSION: Final = re.compile(r"(?:e([1-9][0-9]{0,8})_)?(?:mark([0-9a-f]{12})_)?(.+)")
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
        "watermark" if spec.is_marked else "",
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


@dataclass(frozen=True, slots=True)
class Version:
    """A specification with what its bytes hang on besides.

    Attributes:
        revision: Of the edits of the image; 0 is the original.
        mark: 12 hex digits that stand for the watermark that lies over it; none where there is no watermark.
    """

    spec: VariantSpec
    revision: int = 0
    mark: str = ""


def write_version(version: Version) -> str:
    """Return the text of a specification, led by the revision and by the watermark that it is of."""
    led = f"e{version.revision}_" if version.revision else ""
    return led + (f"mark{version.mark}_" if version.mark else "") + write_spec(version.spec)


def parse_version(text: str) -> Version:
    """Return what `write_version` wrote. Raises: InvalidInput."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{text[:80]!r} is no version of a variant.")
    revision, mark, spec = match.groups()
    version = Version(parse_spec(spec), int(revision or 0), mark or "")
    if version.spec.is_marked != bool(version.mark):
        raise InvalidInput(f"{text[:80]!r} is no version of a variant.")
    return version


def variant_key(image_id: ImageId, version: Version, extension: str) -> str:
    """Return the key of a variant's bytes; that of AUTO serves the JPEG or PNG that it comes down to."""
    digest = hashlib.sha256(write_version(version).encode()).hexdigest()[:32]
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
    _part("watermark", "is_marked", lambda: True),
)
