"""Imports: folders and files of this machine, and images from outside, as a job."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.domain import policy
from app.domain.errors import Forbidden, InvalidInput, SourceUnreadable
from app.domain.flow import Flow, clean_flow_names
from app.domain.image import new_image_id
from app.domain.job import MAX_ITEMS, Job, JobFilter, JobItem, JobKind, JobState, Progress, new_job_id
from app.domain.origin import Origin, clean_origin
from app.domain.page import MAX_PAGE_SIZE, PageRequest
from app.domain.upload import clean_client_type
from app.domain.viewer import User, Viewer
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock, ring_job
from app.services.admission import AdmissionService
from app.services.flows import FlowService

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".avif"})
"""Files of a folder that are tried; a file that is named itself is tried whatever its name is."""


@dataclass(frozen=True, slots=True)
class ImportService:
    records: Records
    bell: Bell
    flows: FlowService
    clock: Clock
    admission: AdmissionService
    roots: tuple[Path, ...]

    async def start_local(
        self, viewer: Viewer, path: str, *, flows: tuple[str, ...] = (), recursive: bool = False
    ) -> Job:
        """Start importing a file, or the pictures of a folder, that lies inside the configured roots.

        Raises:
            Unauthenticated, Forbidden: The viewer is no admin, or the path is outside the roots.
            SourceUnreadable, InvalidInput: There is no such path, or nothing in it, or too much.
            QueueFull, RateLimited: Too many jobs wait.
        """
        policy.require_admin(viewer)
        resolved = await asyncio.to_thread(self._resolve, path)
        return await self.start(viewer, (resolved,), flows=flows, recursive=recursive)

    async def start(
        self, viewer: Viewer, paths: tuple[Path, ...], *, flows: tuple[str, ...] = (), recursive: bool = False
    ) -> Job:
        """Start importing paths that the operator has named; the roots do not matter.

        An import of the same files by the same user that is still running is returned instead of a second one.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer or one of the flows.
            SourceUnreadable, InvalidInput: A path is not there, or there is nothing in it, or too much.
            QueueFull, RateLimited: Too many jobs wait.
        """
        user = policy.require_uploader(viewer)
        names = await self.flows.check_fillable(viewer, clean_flow_names(flows))
        files = await asyncio.to_thread(_list_files, paths, recursive)
        running = await self._find_running(user, files, names)
        if running is not None:
            return running
        job = self._new_job(JobKind.LOCAL, user, names, len(files))
        return await self._add(job, [JobItem(job.id, n, new_image_id(), file) for n, file in enumerate(files)])

    async def start_external(
        self, viewer: Viewer, origins: Sequence[Origin], *, flows: tuple[str, ...] = (), client_type: str | None = None
    ) -> Job:
        """Start fetching images from outside. The ids that they will have are fixed now.

        An address that may not be asked, or at which there is no picture, fails its own item.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer or one of the flows.
            InvalidInput: There are no addresses or too many, or one is empty or too long.
            QueueFull, RateLimited: Too many jobs wait.
        """
        user = policy.require_uploader(viewer)
        if not 1 <= len(origins) <= MAX_ITEMS:
            raise InvalidInput(f"Give 1 to {MAX_ITEMS} addresses, not {len(origins)}.", field=("external", "images"))
        cleaned = [clean_origin(origin, field=("external", "images", str(n))) for n, origin in enumerate(origins)]
        names = await self.flows.check_fillable(viewer, clean_flow_names(flows))
        job = replace(
            self._new_job(JobKind.EXTERNAL, user, names, len(cleaned)), client_type=clean_client_type(client_type)
        )
        items = [JobItem(job.id, n, new_image_id(), origin=origin) for n, origin in enumerate(cleaned)]
        return await self._add(job, items)

    async def add_to_flow(self, viewer: Viewer, name: str, origin: Origin) -> tuple[Flow, Job]:
        """Start fetching one image from outside into a flow that is there.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput, QueueFull, RateLimited: Nothing is started.
        """
        flow = await self.flows.get_fillable(viewer, name)
        origin = clean_origin(origin, field=())
        return flow, await self.start_external(viewer, (origin,), flows=(flow.name,))

    def _new_job(self, kind: JobKind, user: User, flows: tuple[str, ...], total: int) -> Job:
        return Job(
            id=new_job_id(),
            kind=kind,
            owner_id=user.id,
            flows=flows,
            client_type=None,
            created_at=self.clock(),
            progress=Progress(total=total),
        )

    async def _add(self, job: Job, items: Sequence[JobItem]) -> Job:
        await self.admission.check(job.owner_id)
        await self.records.jobs.add(job, items)
        await self.bell.ring(WORK_TOPIC)
        await ring_job(self.bell, job)
        return job

    def _resolve(self, path: str) -> Path:
        """Return the real path. What is outside the roots is refused before the disk is asked about it."""
        if "\0" in path or not path:
            raise InvalidInput("The path is empty or has a NUL character.", field=("local", "path"))
        resolved = Path(path).resolve()
        if not any(resolved.is_relative_to(root) for root in self.roots):
            raise Forbidden("The path is outside the folders that may be imported.", field=("local", "path"))
        return resolved

    async def _find_running(self, user: User, files: tuple[str, ...], flows: tuple[str, ...]) -> Job | None:
        filters = JobFilter(owner_id=user.id, kinds=(JobKind.LOCAL,), states=(JobState.QUEUED, JobState.RUNNING))
        page = await self.records.jobs.list(filters, PageRequest(size=MAX_PAGE_SIZE))
        candidates = [job for job in page.items if job.flows == flows and job.progress.total == len(files)]
        items = await self.records.jobs.items([job.id for job in candidates])
        for job in candidates:
            if tuple(item.source for item in items[job.id]) == files:
                return job
        return None


def _list_files(paths: Iterable[Path], recursive: bool) -> tuple[str, ...]:
    files: dict[str, None] = {}
    for path in paths:
        for file in _files_of(path, recursive):
            files[str(file)] = None
            if len(files) > MAX_ITEMS:
                raise InvalidInput(f"There are more than {MAX_ITEMS} files; import them in parts.", field=("path",))
    if not files:
        raise InvalidInput("There are no pictures to import.", field=("path",))
    return tuple(files)


def _files_of(path: Path, recursive: bool) -> Iterator[Path]:
    """Yield a file itself, or a folder's pictures in the order of their names; links are not followed."""
    try:
        if path.is_dir():
            yield from _files_in(path, recursive)
        elif path.exists():
            yield path
        else:
            raise SourceUnreadable(f"There is no file {path.name!r}.", field=("path",))
    except OSError as error:
        raise SourceUnreadable(f"The folder {path.name!r} cannot be read.", field=("path",)) from error


def _files_in(folder: Path, recursive: bool) -> Iterator[Path]:
    for child in sorted(folder.iterdir()):
        if child.is_symlink():
            continue
        if recursive and child.is_dir():
            yield from _files_in(child, recursive)
        elif child.suffix.lower() in SUFFIXES and child.is_file():
            yield child
