"""Pictures known to the pixel, and files that are broken on purpose."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms

from app.domain.image import ThumbnailSize
from app.imaging.limits import ImageLimits
from app.imaging.pipeline import render

LIMITS = ImageLimits()
QUARTERS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (230, 230, 40))
"""The colours of `make_quarters`: upper left, upper right, lower left, lower right."""


def make_quarters(size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Return an RGB picture of four colours, so that every turn of it looks different."""
    picture = Image.new("RGB", (2, 2))
    for index, color in enumerate(QUARTERS):
        picture.putpixel((index % 2, index // 2), color)
    return picture.resize(size, Image.Resampling.NEAREST)


def make_ripples(width: int, height: int) -> Image.Image:
    """Return an RGB picture with something of every frequency."""
    picture = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            pixel = x * 255 // max(1, width - 1), y * 255 // max(1, height - 1), (x * x + 3 * y * y) % 256
            picture.putpixel((x, y), pixel)
    return picture


def save(picture: Image.Image, path: Path, **options: object) -> Path:
    """Save the picture in the format that the name says."""
    picture.save(path, **options)
    return path


def exif_with_orientation(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def rendered(path: Path, size: ThumbnailSize = ThumbnailSize.LARGE) -> Image.Image:
    """Return a thumbnail of the file, decoded."""
    thumbnails = render(path, LIMITS).thumbnails
    return Image.open(BytesIO(thumbnails[list(ThumbnailSize).index(size)]))


def assert_near(actual: tuple[int, ...], expected: tuple[int, ...], tolerance: int) -> None:
    assert max(abs(a - e) for a, e in zip(actual, expected, strict=True)) <= tolerance, (actual, expected)


def make_png(width: int, height: int, chunks: bytes = b"", pixels: bytes = b"") -> bytes:
    """Return a PNG of 8-bit gray that claims any size at all."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + chunks
        + png_chunk(b"IDAT", zlib.compress(pixels))
        + png_chunk(b"IEND", b"")
    )


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_scan_bomb(size: tuple[int, int], scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated until it has `scans` more: each is a pass over all."""
    buffer = BytesIO()
    Image.new("L", size, 128).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + data[-2:]


def profile_of(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def wide_profile() -> bytes:
    """Return an RGB profile whose red and green are each other's in sRGB: nobody can mistake whether it was used."""
    data = bytearray(profile_of("sRGB"))
    red, green = (data.index(tag, 128) for tag in (b"rXYZ", b"gXYZ"))
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    name = data.find("sRGB".encode("utf-16-be"))
    data[name : name + 8] = "test".encode("utf-16-be")
    return bytes(data)
