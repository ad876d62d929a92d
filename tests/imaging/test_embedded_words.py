"""Titles and keywords, by XMP, IPTC and EXIF, and none of it in what is made."""

import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.domain.image import MAX_TAG_LENGTH, MAX_TAGS, MAX_TITLE_LENGTH
from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.embedded import MAX_XMP_BYTES
from app.imaging.pipeline import render
from app.imaging.variant import render_variant
from tests.imaging.making import LIMITS, make_png, make_quarters, png_chunk, wide_profile

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="de">Brücke</rdf:li><rdf:li xml:lang="x-default">Bridge &amp; sea</rdf:li></rdf:Alt>
</dc:title><dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li> Old
 Bridge </rdf:li><rdf:li>sea</rdf:li><rdf:li/></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>' + XMP.partition("?>")[2].replace(
    "Bridge &amp; sea", "&b;"
)


def make_iptc(*datasets: tuple[int, int, bytes]) -> bytes:
    """Return an APP13 segment with these IPTC datasets: record, number, value."""
    data = b"".join(b"\x1c" + struct.pack(">BBH", record, number, len(v)) + v for record, number, v in datasets)
    block = b"Photoshop 3.0\x008BIM" + struct.pack(">HHI", 0x0404, 0, len(data)) + data + bytes(len(data) % 2)
    return b"\xff\xed" + struct.pack(">H", len(block) + 2) + block


def save_jpeg(path: Path, segment: bytes = b"", **options: object) -> Path:
    """Save a JPEG with a segment of one's own behind its start."""
    buffer = BytesIO()
    make_quarters().save(buffer, "JPEG", **options)
    path.write_bytes(buffer.getvalue()[:2] + segment + buffer.getvalue()[2:])
    return path


def save_with_xmp(path: Path, packet: bytes) -> Path:
    """Save a picture with an XMP packet; in a PNG by hand, as Pillow does not write it there."""
    if path.suffix == ".png":
        text = b"XML:com.adobe.xmp" + bytes(5) + packet
        path.write_bytes(make_png(8, 8, png_chunk(b"iTXt", text), bytes(72)))
    else:
        make_quarters().save(path, xmp=packet)
    return path


def xp(title: str, keywords: str) -> bytes:
    exif = Image.Exif()
    exif[0x9C9B], exif[0x9C9E] = title.encode("utf-16-le") + b"\0\0", keywords.encode("utf-16-le") + b"\0\0"
    return exif.tobytes()


def words(path: Path) -> tuple[str | None, tuple[str, ...]]:
    metadata = render(path, LIMITS).derived.metadata
    return metadata.title, metadata.keywords


@pytest.mark.parametrize("suffix", ["jpeg", "png", "webp", "avif"])
def test_xmp_is_read_from_every_format(tmp_path: Path, suffix: str) -> None:
    path = save_with_xmp(tmp_path / f"picture.{suffix}", XMP.encode())

    assert words(path) == ("Bridge & sea", ("sea", "Old Bridge"))


@pytest.mark.parametrize(
    ("datasets", "expected"),
    [
        ([(2, 5, "Fähre".encode()), (2, 25, b"boat"), (2, 25, b"lake")], ("Fähre", ("boat", "lake"))),
        ([(1, 90, b"\x1b%G"), (2, 5, "Fähre".encode()), (2, 25, b"boat")], ("Fähre", ("boat",))),
        ([(2, 5, "Fähre".encode("latin-1"))], ("Fähre", ())),
        ([(2, 25, b"")], (None, ())),
    ],
)
def test_iptc_is_read_in_its_alphabet(tmp_path: Path, datasets: list, expected: tuple) -> None:
    assert words(save_jpeg(tmp_path / "picture.jpeg", make_iptc(*datasets))) == expected


def test_what_windows_wrote_is_read(tmp_path: Path) -> None:
    assert words(save_jpeg(tmp_path / "picture.jpeg", exif=xp("Bär", "wald; tier;;"))) == ("Bär", ("wald", "tier"))


def test_xmp_goes_before_iptc_before_exif_each_for_itself(tmp_path: Path) -> None:
    bare = XMP.partition("<dc:title>")[0] + "".join(XMP.partition("</dc:title>")[2])
    iptc = make_iptc((2, 5, b"From IPTC"), (2, 25, b"iptc"))

    path = save_jpeg(tmp_path / "picture.jpeg", iptc, xmp=bare.encode(), exif=xp("From EXIF", "exif"))

    assert words(path) == ("From IPTC", ("sea", "Old Bridge"))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0" * 100,
        XMP.encode()[:-200],
        XMP.encode("utf-16"),
        BOMB.encode(),
        b"<a>" * 20_000,
        XMP.encode().replace(b"Bridge &amp; sea", b"x" * MAX_XMP_BYTES),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + XMP.encode(),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_damaged_or_hostile_packet_is_no_error(tmp_path: Path, packet: bytes, suffix: str) -> None:
    path = save_with_xmp(tmp_path / f"picture.{suffix}", packet)

    title, keywords = words(path)

    assert title in (None, "Bridge & sea")
    assert keywords in ((), ("sea", "Old Bridge"))
    if b"DOCTYPE" in packet:
        assert (title, keywords) == (None, ())


@pytest.mark.parametrize("segment", [make_iptc((2, 5, b"x"))[:-1], b"\xff\xed\x00\x04ab", make_iptc((9, 9, b"x" * 99))])
def test_damaged_iptc_is_no_error(tmp_path: Path, segment: bytes) -> None:
    segment = segment[:2] + struct.pack(">H", len(segment) - 2) + segment[4:]

    assert words(save_jpeg(tmp_path / "picture.jpeg", segment))[1] == ()


def test_what_is_too_long_is_cut(tmp_path: Path) -> None:
    many = [(2, 25, f"{n:03}".encode() + b"k" * 100) for n in range(200)]

    title, keywords = words(save_jpeg(tmp_path / "picture.jpeg", make_iptc((2, 5, b"t" * 999), *many)))

    assert len(title) == MAX_TITLE_LENGTH
    assert (len(keywords), {len(keyword) for keyword in keywords}) == (MAX_TAGS, {MAX_TAG_LENGTH})


def test_a_profile_tells_its_name(tmp_path: Path) -> None:
    path = save_jpeg(tmp_path / "picture.jpeg", icc_profile=wide_profile())

    assert render(path, LIMITS).derived.metadata.color_profile == "test built-in"


def assert_bare(data: bytes) -> None:
    """Hold a derivative to pixels alone, by what Pillow finds in it and by its very bytes."""
    with Image.open(BytesIO(data)) as picture:
        assert not {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(picture.info)
        assert dict(picture.getexif()) == {}
    for trace in (b"Exif\0", b"ns.adobe.com", b"Photoshop", b"ICC_PROFILE", b"GPS", b"NIKON", b"Bridge"):
        assert trace not in data, trace


def assert_all_bare(path: Path) -> None:
    for thumbnail in render(path, LIMITS).thumbnails:
        assert_bare(thumbnail)
    for chosen in VariantFormat:
        assert_bare(render_variant(path, VariantSpec(200, format=chosen), LIMITS).data)


def test_nothing_that_is_written_in_a_picture_gets_into_another(tmp_path: Path) -> None:
    iptc = make_iptc((2, 5, b"Bridge"))
    path = save_jpeg(tmp_path / "talkative.jpeg", iptc, xmp=XMP.encode(), exif=xp("Bridge", "GPS"), comment=b"GPS")

    assert_all_bare(path)


def test_no_place_of_a_real_photograph_gets_into_another_picture(corpora: Path) -> None:
    paths = sorted((corpora / "hostile" / "exif-gps").iterdir())
    assert len(paths) == 9

    for path in paths:
        assert render(path, LIMITS).derived.metadata.place is not None, path
        assert_all_bare(path)
