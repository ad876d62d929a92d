"""The tag: a word that people give to images."""

from dataclasses import dataclass

MAX_RENAMED = 10_000
"""Images of which a tag is renamed in one go; the rest is for the next call."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of one user's images, and how many of them have it."""

    name: str
    image_count: int


@dataclass(frozen=True, slots=True)
class Renaming:
    """How many images got the new tag, and how many still have the old one."""

    renamed: int
    remaining: int
