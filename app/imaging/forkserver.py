"""The process that forks imaging processes: it has Pillow loaded, no secrets, and nothing else to do.

Run as `python -m app.imaging.forkserver FD LIMITS`. On the control socket FD each byte brings the socket of one new
process. When the control socket closes, because the server is done or was killed, the whole process group is killed.
"""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Final

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from app.domain.image import ImageFormat
from app.imaging.answering import serve
from app.imaging.heif import register_heif
from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.worker import answer

PRELOADED: Final = (
    AvifImagePlugin,
    GifImagePlugin,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,  # which reads EXIF, too
    WebPImagePlugin,
)
"""What Pillow would else load over the first picture of every process."""


def fork_for(control_fd: int, work: Callable[[Connection], None]) -> None:
    """Fork a process that does the work for each socket that comes, until the control socket closes."""
    # A service manager may send these to every process; the server decides when its work is done.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the dead
    gc.freeze()
    with socket.socket(fileno=control_fd) as control:
        while fds := socket.recv_fds(control, 1, 1)[1]:
            if os.fork() == 0:
                control.close()
                work(Connection(fds[0]))
                os._exit(0)
            os.close(fds[0])
    os.killpg(0, signal.SIGKILL)


def main(control_fd: int, limits: ImageLimits, pool: PoolLimits) -> None:
    Image.preinit()
    if ImageFormat.HEIC in limits.formats:
        register_heif()
    fork_for(control_fd, partial(serve, pool=pool, answer=partial(answer, limits=limits)))


if __name__ == "__main__":
    _limits, _pool = json.loads(sys.argv[2])
    _limits["formats"] = tuple(map(ImageFormat, _limits["formats"]))
    main(int(sys.argv[1]), ImageLimits(**_limits), PoolLimits(**_pool))
