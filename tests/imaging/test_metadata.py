"""EXIF, honest and hostile."""

import struct
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from app.domain.metadata import Metadata, Place
from app.imaging.inspect import inspect
from app.imaging.metadata import MAX_EXIF_BYTES, read_exif, read_orientation
from app.imaging.pipeline import render
from tests.imaging.making import LIMITS, make_png, make_quarters, png_chunk, save

PHOTO, GPS = 0x8769, 0x8825


def make_exif(
    root: dict[int, object] | None = None,
    photo: dict[int, object] | None = None,
    gps: dict[int, object] | None = None,
) -> dict[str, bytes]:
    """Return what Pillow has in `info` of a picture with such EXIF."""
    exif = Image.Exif()
    exif.update(root or {})
    exif.get_ifd(PHOTO).update(photo or {})
    exif.get_ifd(GPS).update(gps or {})
    return {"exif": exif.tobytes()}


def make_tiff(*entries: tuple[int, int, int, bytes], data: bytes = b"", following: int = 0) -> dict[str, bytes]:
    """Return EXIF by hand: entries of tag, type, count and value or offset; `data` stands behind them."""
    body = b"".join(struct.pack("<HHI4s", tag, kind, count, value) for tag, kind, count, value in entries)
    directory = struct.pack("<H", len(entries)) + body + struct.pack("<I", following)
    return {"exif": b"Exif\0\0II*\0\x08\0\0\0" + directory + data}


def test_reads_what_the_camera_wrote():
    info = make_exif(
        {0x010F: "Maker", 0x0110: "Model 5", 0x0112: 6},
        {
            0x829A: IFDRational(1, 250),
            0x829D: IFDRational(28, 10),
            0x8827: 400,
            0x9003: "2024:02:29 23:59:58",
            0x9011: "+05:30",
            0x920A: IFDRational(35, 1),
            0xA434: "35mm F2.8",
        },
        {1: "S", 2: (33.0, 51.0, 36.0), 3: "E", 4: (151.0, 12.0, 30.0), 5: b"\x01", 6: IFDRational(25, 2)},
    )

    assert read_exif(info) == Metadata(
        camera_make="Maker",
        camera_model="Model 5",
        lens_model="35mm F2.8",
        exposure_time_s=0.004,
        f_number=2.8,
        iso=400,
        focal_length_mm=35.0,
        taken_at="2024-02-29T23:59:58+05:30",
        orientation=6,
        place=Place(-33.86, 151.2083333, -12.5),
    )


@pytest.mark.parametrize("info", [{}, {"exif": b""}, {"exif": b"Exif\0\0"}, {"exif": "text"}, {"exif": b"x" * 100}])
def test_a_picture_without_exif_knows_nothing(info: dict[str, object]):
    assert read_exif(info) == Metadata()
    assert read_orientation(info) == 1


def test_a_time_without_a_zone_has_none():
    assert read_exif(make_exif(photo={0x9003: "2024:01:02 03:04:05"})).taken_at == "2024-01-02T03:04:05"


@pytest.mark.parametrize("zone", ["Z", "+25:00", "+5:30", "abc", "+05:30; drop"])
def test_a_broken_zone_is_left_out(zone: str):
    info = make_exif(photo={0x9003: "2024:01:02 03:04:05", 0x9011: zone})

    assert read_exif(info).taken_at == "2024-01-02T03:04:05"


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "2024:02:30 00:00:00", "yesterday", "", "    :  :     :  :  "])
def test_a_broken_time_is_not_known(text: str):
    assert read_exif(make_exif(photo={0x9003: text})).taken_at is None


@pytest.mark.parametrize("text", ["Maker\0\x01secret", "  Maker  ", "Maker\0" + "\0" * 50])
def test_text_ends_at_its_nul(text: str):
    assert read_exif(make_exif({0x010F: text})).camera_make == "Maker"


def test_text_is_bounded_and_printable():
    metadata = read_exif(make_exif({0x010F: "x" * 5000, 0x0110: "a\x1b[31m\r\nb"}))

    assert metadata.camera_make == "x" * 200
    assert metadata.camera_model == "a [31m b"


@pytest.mark.parametrize("value", [IFDRational(0, 0), IFDRational(1, 0), IFDRational(0, 1), IFDRational(-1, 2)])
def test_numbers_out_of_range_are_not_known(value: IFDRational):
    tags = (0x829A, 0x829D, 0x920A)
    entries = [(tag, 10, 1, struct.pack("<I", 200)) for tag in tags]
    photo = struct.pack("<H", 3) + b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    photo = photo.ljust(200 - 26) + struct.pack("<ii", value.numerator, value.denominator)
    info = make_tiff((PHOTO, 4, 1, struct.pack("<I", 26)), data=photo)

    metadata = read_exif(info)

    assert (metadata.exposure_time_s, metadata.f_number, metadata.focal_length_mm) == (None, None, None)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (1.0, 0.0, 0.0), 3: "E", 4: (181.0, 0.0, 0.0)},
        {1: "X", 2: (1.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (1.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (IFDRational(0, 0),) * 3, 3: "E", 4: (IFDRational(0, 0),) * 3},
        {2: (1.0, 0.0, 0.0), 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (1.0, 0.0, 0.0)},
    ],
)
def test_half_a_place_is_none(gps: dict[int, object]):
    assert read_exif(make_exif(gps=gps)).place is None


def test_an_orientation_of_another_type_is_passed_over():
    assert read_orientation(make_tiff((0x0112, 2, 2, b"6\0\0\0"))) == 1
    assert read_orientation(make_tiff((0x0112, 5, 1, struct.pack("<I", 2)))) == 1
    assert read_orientation(make_tiff((0x0112, 3, 1, b"\6\0\0\0"))) == 6


@pytest.mark.parametrize("kind", range(14))
def test_every_type_may_stand_for_every_tag(kind: int):
    tags = (0x010F, 0x0110, 0x0112, PHOTO, GPS)

    metadata = read_exif(make_tiff(*((tag, kind, 3, b"\x08\0\0\0") for tag in tags), data=bytes(64)))

    assert metadata.place is None
    assert metadata.taken_at is None


@pytest.mark.parametrize("target", [0, 8, 26, 4_000_000_000])
def test_directories_that_point_at_themselves_end(target: int):
    pointer = struct.pack("<I", target)

    metadata = read_exif(make_tiff((PHOTO, 4, 1, pointer), (GPS, 4, 1, pointer), following=8))

    assert metadata == Metadata()


def test_tags_that_claim_the_whole_memory_are_passed_over():
    entries = [(0x010F, 2, 2**32 - 1, b"\x08\0\0\0"), (0x0112, 3, 2**31, b"\x08\0\0\0")]

    assert read_exif(make_tiff(*entries)) == Metadata()


def test_more_exif_than_a_camera_writes_is_not_read():
    info = make_tiff((0x0112, 3, 1, b"\6\0\0\0"), data=bytes(MAX_EXIF_BYTES))

    assert read_orientation(info) == 1


def test_hostile_exif_never_fails_the_picture(tmp_path: Path):
    exif = make_tiff((0x0112, 3, 1, b"\6\0\0\0"), (PHOTO, 4, 1, b"\x08\0\0\0"), (0x9999, 77, 9, b"\xff\xff\xff\xff"))[
        "exif"
    ]

    for part in range(6, len(exif), 3):
        path = save(make_quarters((12, 8)), tmp_path / f"cut-{part}.jpeg", exif=exif[:part])

        assert {inspect(path, LIMITS).width, inspect(path, LIMITS).height} == {12, 8}
        assert len(render(path, LIMITS).thumbnails) == 3


def test_exif_behind_the_pixels_is_not_looked_for(tmp_path: Path):
    path = tmp_path / "picture.png"
    data = make_png(4, 2, pixels=bytes(10))
    exif = make_tiff((0x0112, 3, 1, b"\6\0\0\0"))["exif"].removeprefix(b"Exif\0\0")
    path.write_bytes(data[:-12] + png_chunk(b"eXIf", exif) + data[-12:])

    assert inspect(path, LIMITS).width == 4
    assert render(path, LIMITS).derived.metadata.orientation is None
