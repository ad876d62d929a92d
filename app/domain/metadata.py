"""What is written in a picture beside its pixels."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photograph was taken: degrees north and east, WGS 84; metres above the sea."""

    latitude: float
    longitude: float
    altitude_m: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What a plugin says of a picture, under a name of its own."""

    plugin: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the camera wrote (EXIF 2.32), and whoever worked on the picture; None is not known.

    Attributes:
        taken_at: The camera's wall clock in ISO 8601, with the offset only when the camera wrote one.
        title: By XMP, IPTC or EXIF, in this order.
        keywords: From the same places.
        color_profile: The name that the ICC profile has for itself.
        facts: What plugins say, in their order.
    """

    camera_make: str | None = None
    camera_model: str | None = None
    lens_model: str | None = None
    exposure_time_s: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    taken_at: str | None = None
    orientation: int | None = None
    place: Place | None = None
    title: str | None = None
    keywords: tuple[str, ...] = ()
    color_profile: str | None = None
    facts: tuple[Fact, ...] = ()
