"""Settings of plugins."""

from pathlib import Path
from typing import Annotated

import orjson
from pydantic import field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from app.imaging.plugins import list_plugins


class PluginSettings(BaseSettings):
    """A part of `Settings`: which plugins look at images, in this order, and what each is told."""

    plugins: Annotated[tuple[str, ...], NoDecode] = ()
    plugin_options: Annotated[dict[str, dict[str, object]], NoDecode] = {}
    face_detector: Path | None = None

    @field_validator("face_detector", mode="before")
    @classmethod
    def _empty_detector_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("face_detector")
    @classmethod
    def _check_detector(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError(f"there is no file {str(path)!r}")
        return None if path is None else path.resolve()

    @field_validator("plugins", mode="before")
    @classmethod
    def _split_plugins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))

    @field_validator("plugin_options", mode="before")
    @classmethod
    def _parse_options(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value or "{}")
        except orjson.JSONDecodeError as error:
            raise ValueError('the options must be a JSON object, as in {"plugin": {"option": 5}}') from error

    @model_validator(mode="after")
    def _check_plugins(self) -> "PluginSettings":
        installed = set(list_plugins()) if self.plugins else set()
        for name in self.plugins:
            if name == "face-blur" and self.face_detector is None:
                raise ValueError("GF_FACE_DETECTOR must be set when GF_PLUGINS names face-blur")
            if name not in installed:
                raise ValueError(f"there is no plugin {name!r}; installed are {', '.join(sorted(installed)) or 'none'}")
        return self
