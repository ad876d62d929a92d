"""What a file is, by its first bytes: its name and its announced type count for nothing."""

import re
from collections.abc import Collection
from typing import Final

from app.domain.errors import NotAnImage, UnsupportedFormat
from app.domain.image import ImageFormat

MAGIC_LENGTH: Final = 64
"""As many bytes are looked at."""

_KNOWN: Final = (
    (re.compile(rb"\xff\xd8\xff"), ImageFormat.JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), ImageFormat.PNG),
    (re.compile(rb"GIF8[79]a"), ImageFormat.GIF),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), ImageFormat.WEBP),
    # A file type box whose major or compatible brands name AVIF (AV1 Image File Format, section 6).
    (re.compile(rb"\x00\x00\x00.ftyp(?:....){0,12}?avi[fs]", re.DOTALL), ImageFormat.AVIF),
    # The same of HEVC in HEIF (ISO/IEC 23008-12, annex B); what does not name its codec is read by the same decoder.
    (re.compile(rb"\x00\x00\x00.ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL), ImageFormat.HEIC),
    (re.compile(rb"II[*+]\x00|MM\x00[*+]"), ImageFormat.TIFF),
)

_REFUSED: Final = re.compile(
    rb"""BM....\x00\x00\x00\x00        # BMP
    | 8BPS                             # Photoshop
    | \x00\x00[\x01\x02]\x00           # ICO, CUR
    | \x00\x00\x00.ftyp                # films and other ISO media
    | \x00\x00\x00\x0cjP\x20\x20       # JPEG 2000
    | \xff\x4f\xff\x51                 # JPEG 2000 codestream
    | \x00\x00\x00\x0cJXL | \xff\x0a   # JPEG XL
    | P[1-7]\s                         # Netpbm
    | %!PS | %PDF                      # PostScript, PDF
    | \s*<svg | \s*<\?xml              # SVG
    """,
    re.DOTALL | re.VERBOSE,
)


def detect_format(head: bytes, taken: Collection[ImageFormat]) -> ImageFormat:
    """Return the format of a file that begins with `head`, its first `MAGIC_LENGTH` bytes.

    Args:
        taken: The formats that are taken in.

    Raises:
        NotAnImage: It is no picture that is known.
        UnsupportedFormat: It is a picture, but of another format.
    """
    found = next((image_format for pattern, image_format in _KNOWN if pattern.match(head)), None)
    if found is not None and found in taken:
        return found
    if found is not None or _REFUSED.match(head):
        raise UnsupportedFormat(f"The file is of a format that is not taken; {', '.join(taken)} are.")
    raise NotAnImage("The file is no image.")
