"""Presets: the variants that the operator has named, and whether there may be others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.domain.errors import NotFound
from app.domain.image import ThumbnailSize
from app.domain.variant import VariantFormat, VariantSpec
from app.domain.variant_text import write_spec

_PREVIEW = VariantSpec(width=ThumbnailSize.MEDIUM.bound, height=ThumbnailSize.MEDIUM.bound)
"""Of the frames of an animation, which are always there."""


@dataclass(frozen=True, slots=True)
class Presets:
    """Attributes:
    named: By their names.
    are_all: Whether nothing else can be had; a preset can be had in every format, and of every frame.
    """

    named: Mapping[str, VariantSpec] = field(default_factory=dict)
    are_all: bool = False

    def get(self, name: str) -> VariantSpec:
        """Raises: NotFound."""
        try:
            return self.named[name]
        except KeyError as error:
            raise NotFound(
                f"There is no preset {name[:80]!r}; there are: {self._list()}.", field=("preset",)
            ) from error

    def check(self, spec: VariantSpec) -> None:
        """Let pass what can be had. Raises: NotFound."""
        if self.are_all and _shape(spec) not in map(_shape, (*self.named.values(), _PREVIEW)):
            raise NotFound(f"There are only the presets of this server: {self._list()}.", field=("preset",))

    def widths(self) -> tuple[int, ...]:
        """Return the widths that can be had of the whole image, the narrowest first."""
        shapes = {spec.width: _shape(spec) for spec in self.named.values() if spec.width}
        return tuple(sorted(width for width, shape in shapes.items() if shape == write_spec(VariantSpec(width=width))))

    def _list(self) -> str:
        return ", ".join(self.named) or "none"


def _shape(spec: VariantSpec) -> str:
    """Return what a variant shows, whatever its format."""
    return write_spec(replace(spec, format=VariantFormat.AUTO, frame=0))
