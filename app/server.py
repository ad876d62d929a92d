"""The server around an application: where it listens, what it says when it starts, and how it stops."""

import gc
import shlex
import socket
from collections.abc import Callable

import typer
import uvicorn
from starlette.applications import Starlette

from app import __version__
from app.container.bundle import Services
from app.settings import Settings
from app.web.frames import FrameProtocol

GRACEFUL_SHUTDOWN_S = 10
"""How long requests may go on when the server is told to stop."""

NEW_OBJECTS = 20_000
"""After how many the young ones are looked through for garbage; a page of a list makes hundreds, and leaves none."""

MAX_SOCKET_MESSAGE_BYTES = 64 * 1024

UNSENT_BYTES = 128 * 1024
"""What the kernel takes of one connection beyond what is on its way. It would take 4 MB from whoever never reads, while
the readers of a long log had all of that made for them (https://lwn.net/Articles/560082/)."""

Announce = Callable[[Starlette, str], None]


class Server(uvicorn.Server):
    """Uvicorn, which says where it is once it answers, and says inside when it stops."""

    def __init__(self, config: uvicorn.Config, application: Starlette, announce: Announce) -> None:
        super().__init__(config)
        self.application = application
        self.announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _settle_memory()
            for listening in self.servers[0].sockets:
                _hold_little_unsent(listening)
            host, port = self.config.host, self.servers[0].sockets[0].getsockname()[1]
            self.announce(self.application, f"http://{f'[{host}]' if ':' in host else host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        services: Services = self.application.state.services
        services.stopping.set()
        await super().shutdown(sockets)


def _settle_memory() -> None:
    """Leave what is there for good out of garbage collections: each full one would stop everything for 0.1 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


def _hold_little_unsent(listening: socket.socket) -> None:
    """Have the connections of a socket hold little that is not on its way, where the system knows how."""
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # Linux and macOS
    if option is not None:
        listening.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)


def run_server(settings: Settings, application: Starlette, announce: Announce) -> None:
    """Serve until a signal; leave with exit code 3 when it cannot start."""
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # a line for each request would keep signatures
        server_header=False,
        proxy_headers=False,  # the application looks at them, by its own setting
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        ws=FrameProtocol,
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
    )
    server = Server(config, application, announce)
    server.run()
    if not server.started:
        raise typer.Exit(3)


def announce_server(application: Starlette, base: str) -> None:
    """Print where the server is, the admin key when it is new, and an example that can be pasted."""
    settings: Settings = application.state.settings
    services: Services = application.state.services
    key = "$GF_ADMIN_KEY" if settings.admin_key else f"$(cat {shlex.quote(str(settings.data_dir / 'admin.key'))})"
    lines = [f"GF Images {__version__} is ready.", f"  page      {base}/", f"  GraphQL   {base}/graphql"]
    if services.new_admin_key:
        lines.append(f"  admin key {services.new_admin_key}  (shown only now; kept in {settings.data_dir}/admin.key)")
    lines += [
        "Try it:",
        f"  curl -s {base}/graphql -H 'Content-Type: application/json' -H \"GF-Api-Key: {key}\" \\",
        '    -d \'{"query": "{ viewer { user { name } role } server { version formats } }"}\'',
    ]
    _say(lines)


def announce_worker(application: Starlette, base: str) -> None:  # noqa: ARG001 - as servers are announced
    """Print that the worker waits for calls, and where its health can be seen."""
    _say([f"GF Images {__version__} works.", f"  health    {base}/readyz", f"  metrics   {base}/metrics"])


def _say(lines: list[str]) -> None:
    print("\n".join(lines), flush=True)  # noqa: T201 - the one thing that is said to a person
