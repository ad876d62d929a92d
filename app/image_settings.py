"""Settings of what is made of images."""

import re
from typing import Annotated

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from app.domain.errors import InvalidInput
from app.domain.image import ImageFormat
from app.domain.variant import VariantSpec
from app.domain.variant_text import parse_spec, read_spec, write_spec
from app.imaging.heif import has_heif
from app.imaging.limits import DEFAULT_FORMATS, ImageLimits, PoolLimits

_LIMITS = ImageLimits()
_POOL = PoolLimits()
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def _formats_here() -> tuple[ImageFormat, ...]:
    """Return what is taken when nothing is set: HEIC is for who installs its decoder."""
    return (*DEFAULT_FORMATS, ImageFormat.HEIC) if has_heif() else DEFAULT_FORMATS


class ImageSettings(BaseSettings):
    """A part of `Settings`. A preset is given as `name=specification`, as in `card=w640_h360_cover`."""

    formats: Annotated[tuple[ImageFormat, ...], NoDecode, Field(min_length=1)] = Field(default_factory=_formats_here)
    fill_from_metadata: bool = True
    max_frame_pixels: Annotated[int, Field(ge=1)] = _LIMITS.max_frame_pixels
    max_scans: Annotated[int, Field(ge=1)] = _LIMITS.max_scans
    max_parts: Annotated[int, Field(ge=1)] = _LIMITS.max_parts
    decode_timeout_s: Annotated[float, Field(ge=1, le=600)] = _POOL.timeout_s
    decode_memory_bytes: Annotated[int, Field(ge=256 * 2**20)] = _POOL.max_memory_bytes
    presets: Annotated[dict[str, VariantSpec], NoDecode] = {}
    only_presets: bool = False

    @field_validator("formats", mode="before")
    @classmethod
    def _split_formats(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(name.strip().upper() for name in value.split(",") if name.strip()))

    @field_validator("formats")
    @classmethod
    def _check_formats(cls, formats: tuple[ImageFormat, ...]) -> tuple[ImageFormat, ...]:
        if ImageFormat.HEIC in formats and not has_heif():
            raise ValueError("HEIC needs the extra `heif`: pip install 'gf-images[heif]'")
        return formats

    @field_validator("presets", mode="before")
    @classmethod
    def _parse_presets(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
        names = [name.strip() for name, _, _ in pairs]
        if len(set(names)) < len(names):
            raise ValueError("each preset must have a name of its own")
        return {name: _read_preset(name, text.strip()) for name, (_, _, text) in zip(names, pairs, strict=True)}

    @model_validator(mode="after")
    def _check_only_presets(self) -> "ImageSettings":
        if self.only_presets and not self.presets:
            raise ValueError("GF_PRESETS must name at least one preset when GF_ONLY_PRESETS is on")
        return self


def _read_preset(name: str, text: str) -> VariantSpec:
    if not _NAME.fullmatch(name):
        raise ValueError(f"the preset {name[:80]!r} must be named by lower-case letters, digits and hyphens")
    try:
        return parse_spec(write_spec(read_spec(text)))  # without what makes no difference
    except InvalidInput as error:
        raise ValueError(f"the preset {name!r}: {error}") from error
