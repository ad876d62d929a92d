"""What is known of a picture before any pixel is decoded, and what is refused then."""

import hashlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.domain.errors import (
    CorruptImage,
    NotAnImage,
    SourceUnreadable,
    TooLarge,
    TooManyFrames,
    TooManyParts,
    TooManyPixels,
    TooManyScans,
    UnsupportedFormat,
)
from app.domain.image import ImageFormat
from app.imaging.inspect import inspect
from app.imaging.limits import DEFAULT_FORMATS
from tests.imaging.making import LIMITS, exif_with_orientation, make_png, make_quarters, make_scan_bomb, png_chunk, save


@pytest.mark.parametrize("image_format", DEFAULT_FORMATS)
def test_reads_format_size_and_hash(tmp_path: Path, image_format: ImageFormat):
    path = save(make_quarters((31, 17)), tmp_path / f"picture.{image_format.extension}")

    header = inspect(path, LIMITS)

    assert (header.format, header.width, header.height, header.frame_count) == (image_format, 31, 17, 1)
    assert header.byte_size == path.stat().st_size
    assert header.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_believes_the_bytes_not_the_name(tmp_path: Path):
    path = save(make_quarters(), tmp_path / "picture.png").rename(tmp_path / "picture.jpeg")

    assert inspect(path, LIMITS).format is ImageFormat.PNG


def test_takes_the_main_picture_of_an_mpo(tmp_path: Path):
    path = tmp_path / "picture.mpo"
    make_quarters((40, 30)).save(path, save_all=True, append_images=[make_quarters((20, 15))])

    header = inspect(path, LIMITS)

    assert (header.format, header.width, header.height, header.frame_count) == (ImageFormat.JPEG, 40, 30, 1)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("suffix", ["jpeg", "png", "webp"])
def test_gives_the_size_as_shown(tmp_path: Path, suffix: str, orientation: int):
    exif = exif_with_orientation(orientation)
    path = save(make_quarters((40, 30)), tmp_path / f"turned.{suffix}", exif=exif)

    header = inspect(path, LIMITS)

    assert (header.width, header.height) == (30, 40)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "avif"])
def test_counts_frames(tmp_path: Path, suffix: str):
    frames = [Image.new("RGB", (16, 16), (shade, 0, 0)) for shade in (0, 80, 160)]
    path = save(frames[0], tmp_path / f"film.{suffix}", save_all=True, append_images=frames[1:])

    assert inspect(path, LIMITS).frame_count == 3


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_rejects_more_frames_than_allowed(tmp_path: Path, suffix: str):
    frames = [Image.new("RGB", (16, 16), (shade, 0, 0)) for shade in (0, 80, 160)]
    path = save(frames[0], tmp_path / f"film.{suffix}", save_all=True, append_images=frames[1:])

    with pytest.raises(TooManyFrames):
        inspect(path, replace(LIMITS, max_frames=2))
    with pytest.raises(TooManyFrames):
        inspect(path, replace(LIMITS, max_frame_pixels=3 * 16 * 16 - 1))
    assert inspect(path, replace(LIMITS, max_frames=3, max_frame_pixels=3 * 16 * 16)).frame_count == 3


def test_stops_counting_the_frames_of_an_endless_film(tmp_path: Path):
    path = save(Image.new("P", (1, 1)), tmp_path / "film.gif")
    data = path.read_bytes()
    image = data.index(b",")
    path.write_bytes(data[:image] + data[image:-1] * 100_000 + data[-1:])

    with pytest.raises(TooManyFrames):
        inspect(path, LIMITS)


def test_rejects_an_animated_png_that_claims_two_milliards_of_frames(tmp_path: Path):
    path = tmp_path / "film.png"
    path.write_bytes(make_png(8, 8, png_chunk(b"acTL", b"\x7f\xff\xff\xff\0\0\0\0"), bytes(72)))

    with pytest.raises(TooManyFrames):
        inspect(path, LIMITS)


@pytest.mark.parametrize("size", [(65535, 65535), (50_000_001, 1), (1, 40_000_000), (20_001, 1)])
def test_rejects_more_pixels_than_allowed(tmp_path: Path, size: tuple[int, int]):
    path = tmp_path / "bomb.png"
    path.write_bytes(make_png(*size))

    with pytest.raises(TooManyPixels):
        inspect(path, LIMITS)


def test_takes_as_many_pixels_as_the_limit_says(tmp_path: Path):
    path = tmp_path / "large.png"
    path.write_bytes(make_png(12_000, 10_000))

    header = inspect(path, replace(LIMITS, max_pixels=120_000_000))

    assert (header.width, header.height) == (12_000, 10_000)


def test_rejects_more_bytes_than_allowed(tmp_path: Path):
    path = save(make_quarters(), tmp_path / "picture.png")

    with pytest.raises(TooLarge):
        inspect(path, replace(LIMITS, max_bytes=path.stat().st_size - 1))
    assert inspect(path, replace(LIMITS, max_bytes=path.stat().st_size)).byte_size == path.stat().st_size


def test_rejects_more_scans_than_allowed(tmp_path: Path):
    path = tmp_path / "bomb.jpeg"
    path.write_bytes(make_scan_bomb((64, 64), 100))

    with pytest.raises(TooManyScans):
        inspect(path, LIMITS)


@pytest.mark.parametrize("interleaved", [True, False])
def test_scans_of_a_sequential_picture_count_only_where_a_decoder_reads_them(tmp_path: Path, interleaved: bool):
    buffer = BytesIO()
    make_quarters((400, 300)).convert("L" if interleaved else "RGB").save(buffer, "JPEG")
    data = buffer.getvalue()
    scan = data.rindex(b"\xff\xda")
    repeated = bytearray(data[:-2] + data[scan:-2] * 200 + data[-2:])
    if not interleaved:
        repeated[scan + 4] = 1  # the first scan has one component of three: a decoder would go on to the others
    path = tmp_path / "repeated.jpeg"
    path.write_bytes(repeated)

    if interleaved:
        assert inspect(path, LIMITS).width == 400
    else:
        with pytest.raises(TooManyScans):
            inspect(path, LIMITS)


def test_does_not_count_what_looks_like_scans_behind_the_picture(tmp_path: Path):
    path = save(make_quarters(), tmp_path / "with-film.jpeg")
    path.write_bytes(path.read_bytes() + b"\xff\xda" * 200)

    assert inspect(path, LIMITS).width == 120


def test_does_not_count_what_looks_like_scans_inside_a_comment(tmp_path: Path):
    path = save(make_quarters(), tmp_path / "picture.jpeg", comment=b"\xff\xda" * 200)

    assert inspect(path, LIMITS).width == 120


def insert(data: bytes, mark: bytes, back: int, parts: bytes) -> bytes:
    """Return the bytes with others in them, `back` before a mark."""
    position = data.index(mark) - back
    return data[:position] + parts + data[position:]


TINY_PARTS = {
    "segments.jpeg": (b"\xff\xdb", 0, b"\xff\xfe\0\2"),
    "metadata.jpeg": (b"\xff\xdb", 0, b"\xff\xe1\0\2"),
    "markers.jpeg": (b"\xff\xdb", 0, b"\xff\xd0"),
    "filling.jpeg": (b"\xff\xdb", 0, b"\xff"),
    "words.png": (b"IDAT", 4, png_chunk(b"tEXt", b"a\0b")),
    "words-behind.png": (b"IEND", 4, png_chunk(b"tEXt", b"a\0b")),
    "unknown.png": (b"IDAT", 4, png_chunk(b"zzZz", b"")),
    "pixels.png": (b"IDAT", 4, png_chunk(b"IDAT", b"")),
    "comments.gif": (b"\x2c\0\0\0\0", 0, b"\x21\xfe\1a\0"),
    "comment.gif": (b"\x2c\0\0\0\0", 0, b"\x21\xfe" + b"\1a" * 9 + b"\0"),
    "application.gif": (b"\x2c\0\0\0\0", 0, b"\x21\xff\1a\0"),
}


@pytest.mark.parametrize("name", TINY_PARTS)
def test_rejects_more_tiny_parts_than_allowed(tmp_path: Path, name: str):
    path = save(make_quarters(), tmp_path / name)
    mark, back, part = TINY_PARTS[name]
    data = path.read_bytes()

    path.write_bytes(insert(data, mark, back, part * 200_000))
    with pytest.raises(TooManyParts):
        inspect(path, LIMITS)
    path.write_bytes(insert(data, mark, back, part * 400))
    assert inspect(path, LIMITS).width == 120


@pytest.mark.parametrize("name", ["long.jpeg", "long.png", "long.gif"])
def test_takes_parts_of_a_decent_size_however_many(tmp_path: Path, name: str):
    words = bytes(200)
    parts = {
        "long.jpeg": (b"\xff\xdb", 0, b"\xff\xfe\0\xca" + words),
        "long.png": (b"IDAT", 4, png_chunk(b"zzZz", words)),
        "long.gif": (b"\x2c\0\0\0\0", 0, b"\x21\xfe" + (b"\xc8" + words) * 20 + b"\0"),
    }
    path = save(make_quarters(), tmp_path / name)
    mark, back, part = parts[name]

    path.write_bytes(insert(path.read_bytes(), mark, back, part * 1000))

    assert inspect(path, replace(LIMITS, max_parts=1100)).width == 120


@pytest.mark.parametrize("data", [b"", b"x", b"<html></html>", bytes(4096), b"\xff\xd8", b"MZ", b"#!/bin/sh"])
def test_rejects_what_is_no_image(tmp_path: Path, data: bytes):
    path = tmp_path / "file"
    path.write_bytes(data)

    with pytest.raises(NotAnImage):
        inspect(path, LIMITS)


@pytest.mark.parametrize("suffix", ["bmp", "tiff", "ico", "ppm", "jp2", "eps", "pdf"])
def test_rejects_formats_that_are_not_taken(tmp_path: Path, suffix: str):
    path = save(make_quarters(), tmp_path / f"picture.{suffix}")

    with pytest.raises(UnsupportedFormat):
        inspect(path, LIMITS)


def test_none_of_the_other_decoders_ever_sees_a_file(tmp_path: Path):
    Image.init()
    others = {*Image.SAVE, "BLP"} - {*DEFAULT_FORMATS, "MPO", "IM"}
    refused = 0
    for name in sorted(others):
        path = tmp_path / f"picture.{name.lower()}"
        for mode in ("RGB", "P", "1", "L"):
            try:
                make_quarters().convert(mode).save(path, name)
            except (OSError, ValueError, KeyError, TypeError):
                continue  # it has no such mode, or needs a program of its own
            with pytest.raises((UnsupportedFormat, NotAnImage)):
                inspect(path, LIMITS)
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("text", ["<svg xmlns='http://www.w3.org/2000/svg'/>", "<?xml version='1.0'?><svg/>"])
def test_rejects_svg(tmp_path: Path, text: str):
    path = tmp_path / "picture.svg"
    path.write_text(text)

    with pytest.raises(UnsupportedFormat):
        inspect(path, LIMITS)


@pytest.mark.parametrize("head", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP"])
def test_rejects_a_magic_with_nothing_behind_it(tmp_path: Path, head: bytes):
    path = tmp_path / "picture"
    path.write_bytes(head + b"alert(1)")

    with pytest.raises(CorruptImage):
        inspect(path, LIMITS)


def test_tells_a_missing_file_from_a_broken_one(tmp_path: Path):
    with pytest.raises(SourceUnreadable):
        inspect(tmp_path / "missing.jpeg", LIMITS)
