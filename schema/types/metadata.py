"""What is written in the original beside its pixels."""

from __future__ import annotations

import strawberry

from app.domain import metadata as domain


@strawberry.type(description="Where a photograph was taken, WGS 84.")
class Place:
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")
    altitude_m: float | None = strawberry.field(description="Metres above the sea.")


@strawberry.type(description="What a plugin of the server says of an image.")
class Fact:
    plugin: str = strawberry.field(description="The plugin's name.")
    name: str = strawberry.field(description="What it is about, by a name that the plugin chose.")
    value: str = strawberry.field(description="What it says.")


@strawberry.type(description="What is written in the original: EXIF, XMP, IPTC, ICC; null is not known.")
class Metadata:
    camera_make: str | None = strawberry.field(description="Who made the camera.")
    camera_model: str | None = strawberry.field(description="The camera's model.")
    lens_model: str | None = strawberry.field(description="The lens's model.")
    exposure_time_s: float | None = strawberry.field(description="Exposure time in seconds.")
    f_number: float | None = strawberry.field(description="Focal length over aperture.")
    iso: int | None = strawberry.field(description="Sensitivity, ISO 12232.")
    focal_length_mm: float | None = strawberry.field(description="Focal length in millimetres.")
    taken_at: str | None = strawberry.field(
        description="The camera's wall clock, ISO 8601; with an offset only when the camera wrote one."
    )
    orientation: int | None = strawberry.field(description="EXIF orientation of the original, 1 to 8.")
    title: str | None = strawberry.field(description="A title by whoever worked on it: of XMP, IPTC or EXIF.")
    keywords: list[str] = strawberry.field(description="Keywords from the same places, at most 50.")
    color_profile: str | None = strawberry.field(description="The name that its ICC profile has for itself.")
    facts: list[Fact] = strawberry.field(description="What plugins said of it when it was taken in.")
    place: Place | None = strawberry.field(description="Where it was taken; null for all but owner and admin.")

    @classmethod
    def from_domain(cls, metadata: domain.Metadata, *, with_place: bool) -> Metadata:
        place = metadata.place if with_place else None
        return cls(
            camera_make=metadata.camera_make,
            camera_model=metadata.camera_model,
            lens_model=metadata.lens_model,
            exposure_time_s=metadata.exposure_time_s,
            f_number=metadata.f_number,
            iso=metadata.iso,
            focal_length_mm=metadata.focal_length_mm,
            taken_at=metadata.taken_at,
            orientation=metadata.orientation,
            title=metadata.title,
            keywords=list(metadata.keywords),
            color_profile=metadata.color_profile,
            facts=[Fact(plugin=fact.plugin, name=fact.name, value=fact.value) for fact in metadata.facts],
            place=Place(latitude=place.latitude, longitude=place.longitude, altitude_m=place.altitude_m)
            if place
            else None,
        )
