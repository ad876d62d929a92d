"""What is written in a picture beside its pixels: EXIF as it is found in the wild, loops and all, never an error."""

import math
import re
import struct
import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from PIL.ExifTags import GPS, IFD, Base
from PIL.Image import Exif
from PIL.ImageFile import ImageFile

from app.domain.metadata import Metadata, Place
from app.imaging.embedded import read_profile_name, read_words

MAX_EXIF_BYTES: Final = 256 * 1024
"""A JPEG segment has 64 KiB; more than a few of them is no camera's work."""

_MAX_TEXT_LENGTH: Final = 200
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_OFFSET: Final = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")
# What Pillow's reader was seen to raise on damaged EXIF; a tag may also claim more than the memory holds.
_EXIF_ERRORS: Final = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


def read_orientation(info: Mapping[Any, Any]) -> int:
    """Return the orientation from Pillow's `info`, 1 to 8; 1 when there is none or it is out of range."""
    return _orientation(_load(info).get(Base.Orientation)) or 1


def read_metadata(image: ImageFile) -> Metadata:
    """Return all that is written in a picture whose pixels are not read yet."""
    title, keywords = read_words(image, _load(image.info))
    profile = read_profile_name(image.info)
    return replace(read_exif(image.info), title=title, keywords=keywords, color_profile=profile)


def read_exif(info: Mapping[Any, Any]) -> Metadata:
    """Return what the EXIF in Pillow's `info` says; what is missing, damaged or out of range is None."""
    root = _load(info)
    photo = _directory(root, IFD.Exif)
    return Metadata(
        camera_make=_text(root.get(Base.Make)),
        camera_model=_text(root.get(Base.Model)),
        lens_model=_text(photo.get(Base.LensModel)),
        exposure_time_s=_positive(photo.get(Base.ExposureTime)),
        f_number=_positive(photo.get(Base.FNumber)),
        iso=_iso(photo.get(Base.ISOSpeedRatings)),
        focal_length_mm=_positive(photo.get(Base.FocalLength)),
        taken_at=_time(photo.get(Base.DateTimeOriginal), photo.get(Base.OffsetTimeOriginal)),
        orientation=_orientation(root.get(Base.Orientation)),
        place=_place(_directory(root, IFD.GPSInfo)),
    )


def _load(info: Mapping[Any, Any]) -> Exif:
    """Return the EXIF that stood before the pixels; Pillow's `getexif` would decode a PNG to look behind them."""
    raw = info.get("exif")
    exif = raw if isinstance(raw, Exif) else Exif()  # that of a TIFF is the file itself
    try:
        with warnings.catch_warnings(action="ignore"):
            if isinstance(raw, bytes) and len(raw) <= MAX_EXIF_BYTES:
                exif.load(raw)
            dict(exif)  # tags are decoded when they are read: do it here, where it may fail
    except _EXIF_ERRORS:
        return Exif()
    return exif


def _directory(root: Exif, tag: int) -> dict[int, object]:
    try:
        with warnings.catch_warnings(action="ignore"):
            return dict(root.get_ifd(tag))
    except _EXIF_ERRORS:
        return {}


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return _UNPRINTABLE.sub(" ", value.partition("\0")[0]).strip()[:_MAX_TEXT_LENGTH] or None


def _number(value: object) -> float | None:
    """Return a finite number; of several, the first."""
    if isinstance(value, tuple) and value:
        value = value[0]
    try:
        number = float(value)  # type: ignore[arg-type]  # anything may stand here, and what is no number raises
    except (ArithmeticError, TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _iso(value: object) -> int | None:
    number = _positive(value)
    return int(number) if number is not None and 1 <= number < 2**31 else None


def _orientation(value: object) -> int | None:
    return value if isinstance(value, int) and 1 <= value <= 8 else None


def _time(value: object, offset: object) -> str | None:
    try:
        taken_at = datetime.strptime(_text(value) or "", "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007  # the camera's wall clock
    except ValueError:
        return None
    zone = _text(offset) or ""
    return taken_at + zone if _OFFSET.fullmatch(zone) else taken_at


def _place(gps: Mapping[int, object]) -> Place | None:
    latitude = _degrees(gps.get(GPS.GPSLatitude), gps.get(GPS.GPSLatitudeRef), "NS", 90)
    longitude = _degrees(gps.get(GPS.GPSLongitude), gps.get(GPS.GPSLongitudeRef), "EW", 180)
    if latitude is None or longitude is None:
        return None
    return Place(latitude, longitude, _altitude(gps.get(GPS.GPSAltitude), gps.get(GPS.GPSAltitudeRef)))


def _degrees(value: object, reference: object, signs: str, bound: int) -> float | None:
    """Return degrees from (degrees, minutes, seconds) and a letter; `signs` has the positive one first."""
    sign = _text(reference)
    if sign is None or sign not in signs or not isinstance(value, tuple) or len(value) != 3:
        return None
    parts = [_number(part) for part in value]
    total = math.fsum(part / 60**power for power, part in enumerate(parts) if part is not None)
    if None in parts or not 0 <= total <= bound:
        return None
    return round(total if sign == signs[0] else -total, 7)


def _altitude(value: object, reference: object) -> float | None:
    metres = _number(value)
    if metres is None or abs(metres) > 1_000_000:
        return None
    return -metres if reference in (1, b"\x01") else metres
