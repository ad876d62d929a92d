"""Opening a picture: trust nothing, check the header, decode no pixel."""

import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from PIL import AvifImagePlugin, Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from app.domain.errors import (
    CorruptImage,
    DecoderDied,
    SourceUnreadable,
    TooLarge,
    TooManyFrames,
    TooManyPixels,
    UnsupportedFormat,
)
from app.domain.image import ImageFormat
from app.imaging import gif
from app.imaging.heif import register_heif
from app.imaging.limits import ImageLimits
from app.imaging.magic import MAGIC_LENGTH, detect_format
from app.imaging.metadata import read_orientation
from app.imaging.parts import check_parts
from app.imaging.scans import check_scans

_DECODERS: Final = {ImageFormat.HEIC: "HEIF"}
"""What Pillow calls a decoder by another name."""

_STORED_TURNED: Final = {ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.GIF, ImageFormat.WEBP, ImageFormat.AVIF}
_ONE_PICTURE: Final = {ImageFormat.JPEG, ImageFormat.TIFF, ImageFormat.HEIC}
_NEW_SUBFILE_TYPE: Final = 254
_DNG_VERSION: Final = 50706

# What Pillow's decoders were seen to raise on damaged files.
_DECODER_ERRORS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Source:
    """An opened picture of which only the header has been read.

    Attributes:
        image: Stored as it is: not upright, in any mode that the format has.
        orientation: 1 to 8 (EXIF 2.32, tag 0x0112).
    """

    file: BinaryIO
    image: ImageFile.ImageFile
    format: ImageFormat
    frame_count: int
    orientation: int

    @property
    def width(self) -> int:
        """The width as shown, px."""
        return self.image.height if self.is_turned else self.image.width

    @property
    def height(self) -> int:
        """The height as shown, px."""
        return self.image.width if self.is_turned else self.image.height

    @property
    def is_turned(self) -> bool:
        """Whether the picture is shown with its sides exchanged."""
        return self.orientation > 4


@contextmanager
def open_source(path: Path, limits: ImageLimits) -> Iterator[Source]:
    """Open a picture and hold it, after every check that its header allows.

    Raises:
        SourceUnreadable: The file cannot be opened.
        TooLarge: It has too many bytes.
        InvalidImage: One of its kinds.
    """
    with _open_file(path) as file:
        _check_bytes(file, limits)
        image_format = detect_format(file.read(MAGIC_LENGTH), limits.formats)
        gif_frames = _walk_through(file, image_format, limits)
        with decoder_errors(limits):
            image = _open_image(file, image_format, limits)
        _check_size(image, limits)
        frame_count = gif_frames or _count_frames(image, image_format)
        _check_frames(frame_count, image, limits)
        # Decoders of the other formats turn what they read upright by themselves.
        orientation = read_orientation(image.info) if image_format in _STORED_TURNED else 1
        yield Source(file, image, image_format, frame_count, orientation)


@contextmanager
def decoder_errors(limits: ImageLimits) -> Iterator[None]:
    """Translate whatever Pillow raises over a picture.

    Raises:
        CorruptImage, TooManyPixels
        DecoderDied: The picture needs more memory than the process may have.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise TooManyPixels(f"The image has more than {limits.max_pixels} pixels.") from error
        except MemoryError as error:
            raise DecoderDied("The image needs more memory than is allowed.") from error
        except _DECODER_ERRORS as error:
            raise CorruptImage("The image is damaged or cut off.") from error


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceUnreadable("The file of the image cannot be read.") from error


def _check_bytes(file: BinaryIO, limits: ImageLimits) -> None:
    byte_size = os.fstat(file.fileno()).st_size
    if byte_size > limits.max_bytes:
        raise TooLarge(f"The image has {byte_size} bytes; at most {limits.max_bytes} are allowed.")


def _walk_through(file: BinaryIO, image_format: ImageFormat, limits: ImageLimits) -> int | None:
    """Refuse what its decoder would take too many steps for; return the number of frames of a GIF."""
    check_parts(file, image_format, limits.max_parts)
    if image_format is ImageFormat.JPEG:
        check_scans(file, limits.max_scans)
    if image_format is ImageFormat.GIF:
        return gif.scan(file, limits.max_frames + 1, limits.max_parts).frame_count
    return None


def _open_image(file: BinaryIO, image_format: ImageFormat, limits: ImageLimits) -> ImageFile.ImageFile:
    file.seek(0)
    Image.MAX_IMAGE_PIXELS = limits.max_pixels  # Pillow's own guard, at the same height
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each process of the pool has one core
    if image_format is ImageFormat.HEIC:
        register_heif()
    try:
        image = Image.open(file, formats=(_DECODERS.get(image_format, image_format.value),))
    except UnidentifiedImageError as error:
        if image_format is not ImageFormat.TIFF:
            raise
        raise UnsupportedFormat("The TIFF is damaged, or its pixels are of a kind that is not taken.") from error
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _refuse_raw(image)
        image.info["exif"] = image.getexif()
    return image


def _refuse_raw(image: TiffImagePlugin.TiffImageFile) -> None:
    """Let pass what is a picture of its own: raws of cameras are TIFFs that begin with a small preview."""
    if image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & 1 or _DNG_VERSION in image.tag_v2:
        raise UnsupportedFormat("The file is a raw of a camera, which is not taken.")


def _check_size(image: Image.Image, limits: ImageLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise TooManyPixels(f"The image has {width * height} pixels; at most {limits.max_pixels} are allowed.")
    if max(width, height) > limits.max_side:
        raise TooManyPixels(
            f"The image is {width} x {height} px; at most {limits.max_side} px are allowed for each side."
        )


def _count_frames(image: Image.Image, image_format: ImageFormat) -> int:
    """Return the number of frames; the further pictures of a JPEG (MPO), and pages, do not count."""
    return 1 if image_format in _ONE_PICTURE else int(getattr(image, "n_frames", 1))


def _check_frames(frames: int, image: Image.Image, limits: ImageLimits) -> None:
    if frames > limits.max_frames:
        raise TooManyFrames(f"The image has more than {limits.max_frames} frames.")
    if frames * image.width * image.height > limits.max_frame_pixels:
        raise TooManyFrames(
            f"The image has {frames} frames of {image.width} x {image.height} px; "
            f"at most {limits.max_frame_pixels} pixels in all are allowed."
        )
