"""Plugins: what packages of the group `gf_images.plugins` say of a picture, inside an imaging process.

A package names a callable under the entry point; it is called once in each process with the options that the operator
set, and what it returns is called with each picture:

    def open_plugin(options: Mapping[str, object]) -> Plugin: ...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol

import orjson
from PIL import Image

from app.domain.errors import DomainError
from app.domain.image import ImageFormat, clean_tags
from app.domain.label import Prediction, check_score
from app.domain.plugin import PluginFailed
from app.imaging.edits.replay import decode_shown, encode_edited
from app.imaging.limits import ImageLimits
from app.imaging.source import decoder_errors, open_source
from app.imaging.steps import strip
from app.ports.imaging import EditedBytes, PluginCall, PluginFinding

GROUP: Final = "gf_images.plugins"
MAX_VETO_LENGTH: Final = 200
MAX_FACTS: Final = 50
MAX_NAME_LENGTH: Final = 64
MAX_VALUE_LENGTH: Final = 1000


@dataclass(frozen=True, slots=True)
class Given:
    """What a plugin is shown.

    Attributes:
        picture: The first frame at full size, upright, in sRGB, mode RGB or RGBA. It is the plugin's to change.
        image_id: 32 hex digits.
    """

    picture: Image.Image
    image_id: str
    owner_id: str
    title: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a plugin says.

    Attributes:
        tags: To be added to those of the image.
        labels: What it sees, and how sure it is, from 0 to 1; they stand beside those of models, as `plugin:<name>`.
        metadata: What else there is to say, by names of its own: 50 at most, 64 characters each; values of 1,000.
        veto: Why the image is refused; None when it is not. Its owner reads this.
        picture: What is shown in the place of the picture, in mode RGB or RGBA; None leaves it.
    """

    tags: tuple[str, ...] = ()
    veto: str | None = None
    picture: Image.Image | None = None
    labels: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


class Plugin(Protocol):
    def __call__(self, given: Given, /) -> Finding: ...


def list_plugins() -> tuple[str, ...]:
    """Return the names of all plugins that are installed."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))


def run_plugin(path: Path, call: PluginCall, limits: ImageLimits) -> PluginFinding:
    """Show a picture to one plugin and return what it says.

    Raises:
        PluginFailed: It raised something, or said what cannot be.
        SourceUnreadable, TooLarge
        InvalidImage: One of its kinds.
    """
    with open_source(path, limits) as source, decoder_errors(limits):
        picture, image_format = decode_shown(source), source.format
    try:
        plugin, version = _open_plugin(call.name, call.options)
        finding = plugin(Given(picture, call.image_id, call.owner_id, call.title, call.tags))
        return replace(_clean(finding, image_format, limits), version=version)
    except MemoryError as error:
        raise PluginFailed(f"The plugin {call.name!r} needs more memory than is allowed.") from error
    except DomainError as error:
        raise PluginFailed(f"The plugin {call.name!r} failed: {error.message}") from error
    except Exception as error:
        raise PluginFailed(f"The plugin {call.name!r} failed: {type(error).__name__}.") from error


@lru_cache(maxsize=32)
def _open_plugin(name: str, options: str) -> tuple[Plugin, str]:
    """Return a plugin and its version."""
    [entry] = entry_points(group=GROUP, name=name)
    open_plugin: Callable[[Mapping[str, object]], Plugin] = entry.load()
    return open_plugin(orjson.loads(options)), entry.dist.version if entry.dist else ""


def _clean(finding: object, image_format: ImageFormat, limits: ImageLimits) -> PluginFinding:
    """Return what a plugin said, when that is something. Raises: TypeError, ValueError, InvalidInput, TooLarge."""
    if not isinstance(finding, Finding):
        raise TypeError
    return PluginFinding(
        tags=clean_tags(tuple(map(str, finding.tags))),
        veto=None if finding.veto is None else str(finding.veto)[:MAX_VETO_LENGTH],
        picture=None if finding.picture is None else _encode(finding.picture, image_format, limits),
        labels=_clean_labels(finding.labels),
        facts=_clean_facts(finding.metadata),
    )


def _clean_labels(labels: Mapping[str, float]) -> tuple[Prediction, ...]:
    names = clean_tags(tuple(map(str, labels)))
    scores = (check_score(float(score), ("labels",)) for score in labels.values())
    return tuple(Prediction(name, score) for name, score in zip(names, scores, strict=True))


def _clean_facts(facts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    cleaned = tuple((str(name).strip(), str(value).strip()) for name, value in facts.items())
    if len(cleaned) > MAX_FACTS:
        raise ValueError(len(cleaned))
    for name, value in cleaned:
        if not 0 < len(name) <= MAX_NAME_LENGTH or len(value) > MAX_VALUE_LENGTH or not (name + value).isprintable():
            raise ValueError(name)
    return cleaned


def _encode(picture: Image.Image, image_format: ImageFormat, limits: ImageLimits) -> EditedBytes:
    if picture.mode not in ("RGB", "RGBA"):
        raise ValueError(picture.mode)
    if max(picture.size) > limits.max_side or picture.width * picture.height > limits.max_pixels:
        raise ValueError(picture.size)
    return encode_edited(strip(picture), image_format)
