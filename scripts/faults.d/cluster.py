"""What is broken: a server, or with Redis servers and workers, each a process of its own on one data folder."""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.redis_server import RedisServer, free_port
from tests.serving import RunningServer

ENGINES = ("embedded", "redis")


@dataclass
class Cluster:
    folder: Path
    servers: list[RunningServer] = field(default_factory=list)
    workers: list[RunningServer] = field(default_factory=list)
    redis: RedisServer | None = None

    @property
    def server(self) -> RunningServer:
        return self.servers[0]

    @property
    def processes(self) -> list[RunningServer]:
        return [*self.servers, *self.workers]

    @property
    def engines(self) -> list[RunningServer]:
        """The processes that work items off."""
        return self.workers or self.servers


@contextmanager
def open_cluster(engine: str, *, servers: int = 1, workers: int = 2, **settings: str) -> Iterator[Cluster]:
    """Hold a cluster of which nothing but Redis was started, on ports that outlive its processes.

    Args:
        workers: How many with Redis; embedded there are none.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends with whoever started it
    with ExitStack() as stack:
        cluster = Cluster(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gf-faults-"))))
        pictures = cluster.folder / "pictures"
        pictures.mkdir()
        shared = {"GF_LOCAL_ROOTS": str(pictures), "GF_RATE_LIMITS": "off", "GF_LOG_LEVEL": "error", **settings}
        if engine == "redis":
            redis = cluster.redis = RedisServer(cluster.folder)
            redis.start()
            stack.callback(redis.kill)
            shared["GF_REDIS_URL"] = redis.url
        for command, group, count in (
            ("serve", cluster.servers, servers),
            ("worker", cluster.workers, workers if engine == "redis" else 0),
        ):
            group += [
                RunningServer(cluster.folder / "data", shared, command=command, port=free_port()) for _ in range(count)
            ]
        stack.callback(lambda: [process.kill() for process in cluster.processes if process.process is not None])
        yield cluster
