"""HEIC, by the optional package pillow-heif (https://pillow-heif.readthedocs.io), which is the extra `heif`."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

_PACKAGE: Final = "pillow_heif"


def has_heif() -> bool:
    """Tell whether the package is installed."""
    return find_spec(_PACKAGE) is not None


@cache
def register_heif() -> None:
    """Let Pillow read HEIC: the main picture alone, on one core."""
    options = {"thumbnails": False, "depth_images": False, "aux_images": False, "decode_threads": 1}
    import_module(_PACKAGE).register_heif_opener(**options)
