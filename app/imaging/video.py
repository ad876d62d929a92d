"""A frame of a video, taken by ffmpeg where it is installed (https://ffmpeg.org/ffmpeg.html)."""

import asyncio
import re
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.errors import CorruptImage, DecodeTimeout, UnsupportedFormat
from app.imaging.magic import MAGIC_LENGTH

AT_S: Final = 1
"""Which moment is shown; a video that is over by then is shown by its first frame."""

TIMEOUT_S: Final = 20.0
MAX_MEMORY_BYTES: Final = 1024**3

_DEMUXERS: Final = (
    # ISO media of the brands that hold films: AVIF and HEIC pictures are named otherwise.
    (re.compile(rb"\x00\x00\x00.ftyp(?:isom|iso[2-9]|mp4[12]|avc1|M4V |dash|qt  |MSNV|3gp.)", re.DOTALL), "mov"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "matroska"),  # WebM is of that family
)


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """Takes frames in a process of its own, with a limit on its memory, its time and what it opens.

    Attributes:
        program: The path of ffmpeg; None when it is not installed.
        max_pixels: Of a frame.
    """

    program: str | None
    max_pixels: int

    async def frame(self, path: Path) -> bytes | None:
        """Return a frame as a JPEG; None for a file that is no MP4, QuickTime, Matroska or WebM film.

        Raises:
            UnsupportedFormat: It is a video, and there is no ffmpeg.
            CorruptImage, DecodeTimeout
        """
        demuxer = await asyncio.to_thread(_find_demuxer, path)
        if demuxer is None:
            return None
        if self.program is None:
            raise UnsupportedFormat("The file is a video: to take a frame of it the server needs ffmpeg.")
        frame = await self._take(path, demuxer, AT_S) or await self._take(path, demuxer, 0)
        if not frame:
            raise CorruptImage("The video has no frame that can be read.")
        return frame

    async def _take(self, path: Path, demuxer: str, at_s: int) -> bytes:
        process = await asyncio.create_subprocess_exec(
            str(self.program),
            *("-nostdin", "-loglevel", "quiet", "-threads", "1", "-max_pixels", str(self.max_pixels)),
            *("-protocol_whitelist", "file", "-f", demuxer, "-ss", str(at_s), "-i", f"file:{path}"),
            *("-map", "0:v:0", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
            *("-f", "image2pipe", "pipe:1"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            resource.prlimit(process.pid, resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
            async with asyncio.timeout(TIMEOUT_S):
                frame, _ = await process.communicate()
        except ProcessLookupError:
            return b""  # it ended at once
        except TimeoutError as error:
            raise DecodeTimeout(f"The video was not read within {TIMEOUT_S:.0f} s.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return frame


def _find_demuxer(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(MAGIC_LENGTH)
    return next((demuxer for pattern, demuxer in _DEMUXERS if pattern.match(head)), None)
