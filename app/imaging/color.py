"""Colours into sRGB, by the profile or the gamma that the picture brings along."""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms

MAX_PROFILE_BYTES: Final = 4 * 2**20
_SPACES: Final = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}
_SCREEN_GAMMA: Final = 2.2
_GAMMAS: Final = (0.05, 10.0)
"""What of a PNG's gamma is believed."""

_NO_DIFFERENCE: Final = 0.05
"""That of libpng (`PNG_GAMMA_THRESHOLD`): 0.45455 stands for sRGB."""


def to_srgb(image: Image.Image, info: Mapping[Any, Any]) -> Image.Image:
    """Return an RGB picture in sRGB; a profile that is damaged or of another kind of picture is passed over.

    Args:
        image: In mode L, RGB or CMYK.
        info: What Pillow tells of the picture; anything at all may stand in it.
    """
    profile = info.get("icc_profile")
    if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES:
        transform = _make_transform(profile, image.mode)
        if transform is not None:
            return transform.apply(image)
    elif "srgb" not in info:
        image = _correct_gamma(image, info.get("gamma"))
    return image if image.mode == "RGB" else image.convert("RGB")


def to_srgb_with_alpha(image: Image.Image, info: Mapping[Any, Any]) -> Image.Image:
    """Return the picture in sRGB, mode RGB; RGBA when something of it is transparent.

    Args:
        image: In mode L, LA, RGB, RGBA or CMYK.
        info: As for `to_srgb`.
    """
    if image.mode not in ("LA", "RGBA"):
        return to_srgb(image, info)
    alpha = image.getchannel("A")
    picture = to_srgb(image.convert(image.mode[:-1]), info)
    if alpha.histogram()[255] < alpha.width * alpha.height:
        picture.putalpha(alpha)
    return picture


def _correct_gamma(image: Image.Image, gamma: object) -> Image.Image:
    """Return the picture as browsers show a PNG of this gamma (PNG third edition, 13.13): by a power of each sample."""
    if not isinstance(gamma, float) or not _GAMMAS[0] <= gamma <= _GAMMAS[1] or image.mode not in ("L", "RGB"):
        return image
    exponent = 1 / (gamma * _SCREEN_GAMMA)
    if abs(exponent - 1) < _NO_DIFFERENCE:
        return image
    return image.point([round(255 * (value / 255) ** exponent) for value in range(256)] * len(image.getbands()))


# Photographs come in series with one profile, and a transform of CMYK takes 20 ms to make.
@lru_cache(maxsize=4)
def _make_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the way from the profile to sRGB; None where there is nothing to do or no way."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space != _SPACES[mode] or _is_srgb(source):
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    return (profile.profile.profile_description or "").startswith("sRGB")
