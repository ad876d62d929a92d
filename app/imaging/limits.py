"""The limits of what is decoded, and of the processes that decode."""

from dataclasses import dataclass

from app.domain.image import ImageFormat

DEFAULT_FORMATS = (ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.GIF, ImageFormat.WEBP, ImageFormat.AVIF)


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a picture may have at most; one that has more is refused from its header.

    Attributes:
        max_pixels: Width times height, px.
        max_side: Width and height each, px. A picture of 1 x 40,000,000 px is 349 KB of PNG and 700 MiB of memory.
        max_frame_pixels: Frames times width times height, px.
        formats: What is decoded at all.
        max_scans: Scans of a JPEG. A progressive one of 342 KB with 2,000 scans takes over a minute.
        max_parts: Segments of a JPEG, chunks of a PNG and blocks of a GIF that have fewer than 100 bytes each.
    """

    max_bytes: int = 40 * 2**20
    max_pixels: int = 50_000_000
    max_side: int = 20_000
    max_frames: int = 500
    max_frame_pixels: int = 200_000_000
    max_scans: int = 100
    max_parts: int = 10_000
    formats: tuple[ImageFormat, ...] = DEFAULT_FORMATS


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """What the processes may take.

    Attributes:
        processes: How many pictures are worked on at once.
        max_waiting: How many calls may wait for a process; one more is refused at once.
        max_wait_s: How long a call waits for a process before it is refused.
        timeout_s: How long a picture may take; the process is killed then.
        max_memory_bytes: The address space of each process, code and libraries included.
        max_calls: A process is replaced after so many pictures, which undoes what its heap has lost to fragments.
        nice: Added to the niceness of each process, so that the event loop of the server is served first.
    """

    processes: int = 2
    max_waiting: int = 64
    max_wait_s: float = 30.0
    timeout_s: float = 20.0
    max_memory_bytes: int = 2**30
    max_calls: int = 1000
    nice: int = 5
