"""What is made of an image's pixels, and of its edits, as the values of JSON objects."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.domain.animation import Animation
from app.domain.edit import decode_operations, encode_operations
from app.domain.image import Derived, Edited, ImageFormat, Placeholder, Shown
from app.domain.metadata import Fact, Metadata, Place


def derived_of_fields(fields: Mapping[str, Any]) -> Derived:
    """Return what `asdict` took apart."""
    metadata = dict(fields["metadata"])
    place = metadata.pop("place")
    keywords = tuple(metadata.pop("keywords", ()))
    facts = tuple(Fact(**fact) for fact in metadata.pop("facts", ()))
    animation = fields.get("animation")
    return Derived(
        thumbnail_bytes=tuple(fields["thumbnail_bytes"]),
        placeholder=Placeholder(**fields["placeholder"]),
        palette=tuple(fields["palette"]),
        difference_hash=fields["difference_hash"],
        metadata=Metadata(**metadata, place=None if place is None else Place(**place), keywords=keywords, facts=facts),
        animation=None if animation is None else Animation(**animation),
        thumbnail_sha256=tuple(fields.get("thumbnail_sha256", ())),
    )


def edited_fields(edited: Edited) -> dict[str, Any]:
    return {**asdict(edited), "operations": encode_operations(edited.operations)}


def edited_of_fields(fields: Mapping[str, Any]) -> Edited:
    """Return what `edited_fields` took apart."""
    original = fields["original"]
    derived = original["derived"]
    return Edited(
        revision=fields["revision"],
        operations=decode_operations(fields["operations"]),
        format=ImageFormat(fields["format"]),
        byte_size=fields["byte_size"],
        sha256=fields["sha256"],
        hides_original=fields.get("hides_original", False),
        original=Shown(**{**original, "derived": None if derived is None else derived_of_fields(derived)}),
    )
