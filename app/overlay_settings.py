"""Settings of what is laid over pictures."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from app.domain.placing import Gravity


class OverlaySettings(BaseSettings):
    """A part of `Settings`: the watermark and the font of edits."""

    watermark: Path | None = None
    watermark_position: Gravity = Gravity.SOUTH_EAST
    watermark_opacity: Annotated[float, Field(ge=0, le=1)] = 0.6
    watermark_scale: Annotated[float, Field(ge=0.01, le=1)] = 0.2
    font: Path | None = None

    @field_validator("watermark", "font", mode="before")
    @classmethod
    def _empty_file_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("watermark", "font")
    @classmethod
    def _check_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError(f"there is no file {str(path)!r}")
        return None if path is None else path.resolve()

    @field_validator("watermark_position", mode="before")
    @classmethod
    def _fold_position(cls, position: object) -> object:
        return position.upper().replace("-", "_") if isinstance(position, str) else position
