"""The process that forks inference processes: it has onnxruntime loaded, no secrets, and nothing else to do.

Run as `python -m app.inference.forkserver FD LIMITS`, as `app.imaging.forkserver` is.
"""

import json
import resource
import sys
from dataclasses import replace
from functools import partial

from app.imaging.answering import serve
from app.imaging.forkserver import fork_for
from app.imaging.limits import ImageLimits, PoolLimits
from app.inference.limits import Threads
from app.inference.session import CUDA, available_providers
from app.inference.worker import Worker


def main(control_fd: int, limits: ImageLimits, pool: PoolLimits, threads: Threads) -> None:
    if CUDA in available_providers():  # it maps more addresses than the machine has memory
        pool = replace(pool, max_memory_bytes=resource.RLIM_INFINITY)
    fork_for(control_fd, partial(serve, pool=pool, answer=Worker(limits, threads.each).answer))


if __name__ == "__main__":
    _limits, _pool, _threads = json.loads(sys.argv[2])
    main(int(sys.argv[1]), ImageLimits(**_limits), PoolLimits(**_pool), Threads(**_threads))
