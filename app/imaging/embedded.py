"""What people wrote into a picture about it: a title and keywords, and the name of its profile."""

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree  # type: ignore[import-untyped]  # it ships no types
from PIL import ImageCms, ImageFile, IptcImagePlugin

from app.domain.image import MAX_TAG_LENGTH, MAX_TAGS, MAX_TITLE_LENGTH
from app.imaging.color import MAX_PROFILE_BYTES

MAX_XMP_BYTES: Final = 256 * 1024
"""A packet of a JPEG has 64 KiB at most; what is longer is a log of edits rather than words about the picture."""

_MAX_NAME_LENGTH: Final = 200
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_IPTC_CHARSET: Final = (1, 90)
_IPTC_TITLE: Final = (2, 5)
_IPTC_KEYWORDS: Final = (2, 25)
_UTF8: Final = b"\x1b%G"
_XP_TITLE: Final = 0x9C9B
_XP_KEYWORDS: Final = 0x9C9E
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")
# What was seen of parsers over damaged packets; Pillow's reader of IPTC raises SyntaxError.
_ERRORS: Final = (ArithmeticError, AttributeError, LookupError, OSError, SyntaxError, TypeError, ValueError)

Words = tuple[str | None, tuple[str, ...]]


def read_words(image: ImageFile.ImageFile, xp: Mapping[int, object]) -> Words:
    """Return the title and the keywords, each from the first place that has any: XMP, IPTC, EXIF.

    The order is that of the Guidelines for Handling Metadata of the Metadata Working Group, 2010.

    Args:
        xp: The EXIF tags of the main picture, among which Windows puts its own.
    """
    found = [_read_xmp(image.info.get("xmp")), _read_iptc(image), _read_xp(xp)]
    title = next((title for title, _ in found if title), None)
    return title, next((keywords for _, keywords in found if keywords), ())


def read_profile_name(info: Mapping[Any, Any]) -> str | None:
    """Return what the ICC profile calls itself."""
    profile = info.get("icc_profile")
    if not isinstance(profile, bytes) or not 0 < len(profile) <= MAX_PROFILE_BYTES:
        return None
    try:
        name = ImageCms.ImageCmsProfile(BytesIO(profile)).profile.profile_description
    except _ERRORS:
        return None
    return _clean(name or "", _MAX_NAME_LENGTH)


def _read_xmp(packet: object) -> Words:
    """Return what Dublin Core says in an XMP packet (ISO 16684-1, 8.3)."""
    if not isinstance(packet, bytes) or not 0 < len(packet) <= MAX_XMP_BYTES:
        return None, ()
    try:
        root: Element = ElementTree.fromstring(packet.rstrip(b"\0 \r\n\t"), forbid_dtd=True)
    except (ParseError, *_ERRORS):  # entities, too, are a ValueError to defusedxml
        return None, ()
    titles = sorted(_items(root, "title"), key=lambda item: item.get(_LANGUAGE) != "x-default")
    return _words((item.text for item in titles), (item.text for item in _items(root, "subject")))


def _items(root: Element, name: str) -> Iterable[Element]:
    return (item for part in root.iter(_DC + name) for item in part.iter(_RDF + "li"))


def _read_iptc(image: ImageFile.ImageFile) -> Words:
    """Return what IPTC-IIM 4.2 says in datasets 2:05 and 2:25."""
    try:
        found = IptcImagePlugin.getiptcinfo(image) or {}
    except _ERRORS:
        return None, ()
    is_utf8 = _UTF8 in _datasets(found.get(_IPTC_CHARSET))
    return _words(
        (_decode(data, is_utf8=is_utf8) for data in _datasets(found.get(_IPTC_TITLE))),
        (_decode(data, is_utf8=is_utf8) for data in _datasets(found.get(_IPTC_KEYWORDS))),
    )


def _datasets(found: object) -> list[bytes]:
    return [data for data in (found if isinstance(found, list) else [found]) if isinstance(data, bytes)]


def _decode(data: bytes, *, is_utf8: bool) -> str:
    """Decode what mostly is UTF-8 even when nothing says so."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace") if is_utf8 else data.decode("latin-1")


def _read_xp(tags: Mapping[int, object]) -> Words:
    """Return what Windows wrote: UTF-16, keywords with semicolons between them."""
    title, keywords = _decode_xp(tags.get(_XP_TITLE)), _decode_xp(tags.get(_XP_KEYWORDS))
    return _words([title], keywords.split(";"))


def _decode_xp(value: object) -> str:
    if isinstance(value, tuple) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        value = bytes(value)
    return value.decode("utf-16-le", "replace").partition("\0")[0] if isinstance(value, bytes) else ""


def _words(titles: Iterable[str | None], keywords: Iterable[str | None]) -> Words:
    """Return the first title, and each of the keywords once, all within what an image may have."""
    title = next(filter(None, (_clean(text or "", MAX_TITLE_LENGTH) for text in titles)), None)
    cleaned = (_clean(text or "", MAX_TAG_LENGTH) for text in keywords)
    return title, tuple(dict.fromkeys(filter(None, cleaned)))[:MAX_TAGS]


def _clean(text: str, max_length: int) -> str | None:
    return _UNPRINTABLE.sub(" ", text).strip()[:max_length].strip() or None
