"""A real server with the object routes alone, its records and its store."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from app.blobs.local import LocalStore
from app.blobs.signing import LocalSigner
from app.domain.flow import Flow
from app.domain.image import Image, ImageFormat, ImageState, ThumbnailSize, new_image_id, thumbnail_key
from app.domain.job import Job, JobItem, JobKind, Progress, new_job_id
from app.domain.upload import Upload
from app.domain.viewer import ANONYMOUS, Role, User, UserId, Viewer
from app.metering.prometheus import PrometheusMeter
from app.records.sqlite.database import SqliteRecords, open_records
from app.services.objects import ObjectService
from app.services.reception import ReceptionService
from app.web import objects, variants
from app.web.errors import EXCEPTION_HANDLERS

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OWNER_ID = UserId("user:owner")
VIEWERS = {
    "nobody": ANONYMOUS,
    "owner": Viewer(User(OWNER_ID, "owner", Role.EDITOR, START)),
    "stranger": Viewer(User(UserId("user:stranger"), "stranger", Role.EDITOR, START)),
    "admin": Viewer(User(UserId("user:admin"), "admin", Role.ADMIN, START)),
}


@dataclass
class ObjectServer:
    """The server from outside, by `client`, and what is behind it. `viewer` is who asks; `now` is its clock."""

    portal: BlockingPortal
    records: SqliteRecords
    store: LocalStore
    signer: LocalSigner
    services: SimpleNamespace = field(default_factory=SimpleNamespace)
    port: int = 0
    client: httpx.Client = field(init=False)
    now: datetime = START
    viewer: Viewer = ANONYMOUS
    viewers: dict[str, Viewer] = field(default_factory=VIEWERS.copy)

    def call(self, function: Callable, *arguments: object) -> object:
        """Await a coroutine function in the server's loop."""
        return self.portal.call(function, *arguments)

    def make_upload(self, **changes: object) -> tuple[Upload, str]:
        """Announce a PNG of ten bytes; return the ticket and its signed URL."""
        upload = Upload(
            image_id=new_image_id(),
            owner_id=OWNER_ID,
            format=ImageFormat.PNG,
            byte_size=10,
            title="",
            flows=("public",),
            tags=(),
            sha256=None,
            client_type=None,
            created_at=self.now,
            expires_at=self.now + timedelta(minutes=15),
        )
        upload = replace(upload, **changes)
        self.call(self.records.uploads.add, upload)
        return upload, self.signer.sign_upload(upload).url

    def complete(self, upload: Upload) -> None:
        """Do what `uploadComplete` does to the records."""
        image = self._new_image(upload.image_id, upload.format, b"")
        job = Job(new_job_id(), JobKind.UPLOADED, OWNER_ID, ("public",), None, self.now, progress=Progress(1))
        item = JobItem(job.id, 0, image.id)
        self.call(self.records.uploads.complete, image.id, image, ("public",), job, item)

    def make_image(self, data: bytes, *, public: bool = True, image_format: ImageFormat = ImageFormat.PNG) -> Image:
        """Keep an image with its original and one thumbnail of the same bytes."""
        image = self._new_image(new_image_id(), image_format, data)
        self.call(self.records.images.add, image, ("public" if public else "private",))
        self.call(self.store.put, image.original_key, data)
        self.call(self.store.put, thumbnail_key(image.id, ThumbnailSize.SMALL), data)
        return image

    def stored(self, upload: Upload) -> bytes | None:
        """Return the bytes that wait for an upload to be completed."""
        name = upload.image_id
        path = self.store.root / "staging" / name[:2] / name
        return path.read_bytes() if path.exists() else None

    def leftovers(self) -> list[Path]:
        folder = self.store.root / ".unfinished"
        return list(folder.iterdir()) if folder.exists() else []

    def connect(self) -> socket.socket:
        """Return a bare connection, for what no well-behaved client does."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds. Raises: AssertionError when it does not within 5 s."""
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in 5 s"
            time.sleep(0.005)

    def _new_image(self, image_id: str, image_format: ImageFormat, data: bytes) -> Image:
        return Image(
            id=image_id,
            owner_id=OWNER_ID,
            title="",
            state=ImageState.READY,
            format=image_format,
            width=1,
            height=1,
            byte_size=len(data),
            sha256="0" * 64,
            frame_count=1,
            created_at=self.now,
        )


@pytest.fixture(scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    root = tmp_path_factory.mktemp("server")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_records(root / "records.sqlite")) as records,
        # The protocol is named, or asyncio does not turn Nagle's algorithm off, and every answer takes 40 ms.
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener,
    ):
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = ObjectServer(portal, records, LocalStore(root / "objects"), signer=None)
        server.signer = LocalSigner(("a-signing-key-of-32-characters-xx",), lambda: server.now)
        for name, public in (("public", True), ("private", False)):
            server.call(records.flows.add, Flow(name, "", OWNER_ID, public, (), "local", START))
        server.port = listener.getsockname()[1]
        config = uvicorn.Config(make_app(server), log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        runner = uvicorn.Server(config)
        serving = portal.start_task_soon(runner.serve, [listener])
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as server.client:
            yield server
        runner.should_exit = True
        serving.result(timeout=10)


@pytest.fixture
def server(running_server: ObjectServer) -> ObjectServer:
    """The server of the module, asked by nobody in particular, its clock at the start."""
    running_server.now = START
    running_server.viewer = ANONYMOUS
    return running_server


@pytest.fixture(scope="module")
def small(running_server: ObjectServer) -> str:
    """The key of a public original of 1 KiB that no test changes."""
    return running_server.make_image(bytes(range(256)) * 4).original_key


@pytest.fixture(scope="module")
def big(running_server: ObjectServer) -> str:
    """The key of a public original of 1 MiB that no test changes."""
    return running_server.make_image(bytes(range(256)) * 4096).original_key


def make_app(server: ObjectServer) -> ASGIApp:
    app = Starlette(routes=[*variants.routes, *objects.routes], exception_handlers=EXCEPTION_HANDLERS)
    app.state.services = server.services = SimpleNamespace(
        reception=ReceptionService(server.records, server.store, server.signer, lambda: server.now, PrometheusMeter()),
        objects=ObjectService(server.records, server.store, server.signer),
    )

    async def as_viewer(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"viewer": server.viewer}
        await app(scope, receive, send)

    return as_viewer
