"""Colours into sRGB, by the profile that the picture brings along."""

from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageCms

MAX_PROFILE_BYTES: Final = 4 * 2**20
_SPACES: Final = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Return an RGB picture in sRGB; a profile that is damaged or of another kind of picture is passed over.

    Args:
        image: In mode L, RGB or CMYK.
        profile: The ICC profile as Pillow's `info` has it: bytes, or anything at all.
    """
    if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES:
        transform = _make_transform(profile, image.mode)
        if transform is not None:
            return transform.apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def to_srgb_with_alpha(image: Image.Image, profile: object) -> Image.Image:
    """Return the picture in sRGB, mode RGB; RGBA when something of it is transparent.

    Args:
        image: In mode L, LA, RGB, RGBA or CMYK.
        profile: As for `to_srgb`.
    """
    if image.mode not in ("LA", "RGBA"):
        return to_srgb(image, profile)
    alpha = image.getchannel("A")
    picture = to_srgb(image.convert(image.mode[:-1]), profile)
    if alpha.histogram()[255] < alpha.width * alpha.height:
        picture.putalpha(alpha)
    return picture


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
