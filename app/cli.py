"""The command line: gf-images serve, worker, import, transform, keys, storage, migrate-records, schema, doctor."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.command import load_settings, run
from app.container.bundle import Services
from app.container.opening import open_services
from app.database_commands import check_database, migrate_records
from app.doctor import examine
from app.domain import policy
from app.domain.audit import Door, things_in
from app.domain.errors import InvalidInput
from app.domain.job import EventKind, Job, JobEvent, JobKind, JobState, JobStep
from app.domain.keys import NODE_PREFIX, ApiKey, NewKey, node_id_of
from app.domain.rate import NOBODY
from app.domain.viewer import Role, Scope, User, Viewer
from app.main import create_app
from app.server import announce_server, announce_worker, run_server
from app.services.keys import ADMIN_ID
from app.settings import Settings
from app.storage_commands import check_stores, storage
from app.web.logs import configure_logging
from app.worker.application import create_worker
from schema.build import print_sdl

T = TypeVar("T")

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
keys = typer.Typer(no_args_is_help=True, help="API keys: create, list and revoke them.")
cli.add_typer(keys, name="keys")
cli.add_typer(storage, name="storage")
cli.command("migrate-records")(migrate_records)
console = Console(highlight=False, soft_wrap=True)


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on; GF_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on, 0 for a free one; GF_PORT.")] = None,
) -> None:
    """Run the server, with its jobs, until it is told to stop."""
    settings = load_settings(host=host, port=port)
    configure_logging(settings.log_level)
    check_database(settings)
    check_stores(settings)
    try:
        application = create_app(settings)
    except InvalidInput as error:
        typer.echo(f"GF_TRUSTED_DOCUMENTS_PATH: {error.message}", err=True)
        raise typer.Exit(2) from error
    run_server(settings, application, announce_server)


@cli.command()
def worker(
    host: Annotated[str | None, typer.Option(help="The address of its health page; GF_HOST.")] = None,
    port: Annotated[int, typer.Option(help="The port of its health page, 0 for a free one.")] = 0,
) -> None:
    """Work jobs off, called by Redis (GF_REDIS_URL), until it is told to stop. Its health and metrics are on a page."""
    settings = load_settings(host=host, port=port)
    if settings.redis_url is None:
        typer.echo("GF_REDIS_URL: must be set for workers; without it the server runs the jobs.", err=True)
        raise typer.Exit(2)
    configure_logging(settings.log_level)
    check_database(settings)
    check_stores(settings)
    run_server(settings, create_worker(settings), announce_worker)


@cli.command("import")
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of this machine.", exists=True)],
    flow: Annotated[list[str] | None, typer.Option(help="Where the images go; may be given again.")] = None,
    recursive: Annotated[bool, typer.Option(help="Whether folders in folders count, too.")] = True,
) -> None:
    """Import files and folders, and show how far it is; a broken-off import goes on when it is called again."""
    settings = load_settings()
    configure_logging("error")
    files = tuple(path.resolve() for path in paths)
    job = run(_import(settings, files, tuple(flow or ()), recursive=recursive))
    if job.state is not JobState.COMPLETED:
        raise typer.Exit(1)


@cli.command("transform")
def transform_all() -> None:
    """Make thumbnails, placeholders and palette of every image anew, and show how far it is."""
    settings = load_settings()
    configure_logging("error")
    if any(job.state is not JobState.COMPLETED for job in run(_transform_all(settings))):
        raise typer.Exit(1)


@keys.command("create")
def create_key(
    user: Annotated[str, typer.Argument(help="Whose key; the user is made when new.")],
    role: Annotated[Role, typer.Option(help="What a new user may do.", case_sensitive=False)] = Role.EDITOR,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may be used for, all when not given; may be given again.", case_sensitive=False),
    ] = None,
    days: Annotated[int | None, typer.Option(help="How long it is good; for ever when not given.", min=1)] = None,
) -> None:
    """Make a key and print it: the only time that it is shown."""
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None

    new = NewKey(name, tuple(dict.fromkeys(scope or (Scope.ADMIN,))), expires_at)

    async def create(services: Services) -> str:
        async with services.audit.record(Door.COMMAND, "createApiKey", NOBODY, "") as account:
            key, secret = await services.keys.create(user, role, new)
            account.name((node_id_of(key), key.user_id))
        return secret

    typer.echo(run(_with_services(load_settings(), create)))


@keys.command("list")
def list_keys() -> None:
    """List all keys, without their secrets."""

    async def list_all(services: Services) -> list[str]:
        return [_describe_key(key, user) for key, user in await services.keys.list()]

    for line in run(_with_services(load_settings(), list_all)):
        typer.echo(line)


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")]) -> None:
    """Revoke a key, at once."""

    async def revoke(services: Services) -> None:
        things = things_in([f"{NODE_PREFIX}{key_id}"])
        async with services.audit.record(Door.COMMAND, "revokeApiKey", NOBODY, "", things):
            await services.keys.revoke(key_id)

    run(_with_services(load_settings(), revoke))


@cli.command("schema")
def print_schema() -> None:
    """Print the GraphQL schema in its definition language."""
    typer.echo(print_sdl(), nl=False)


@cli.command("doctor")
def doctor() -> None:
    """Say what is set, and whether everything can be reached and written."""
    findings = run(examine(load_settings()))
    for finding in findings:
        console.print(
            f"[{'green' if finding.passed else 'red'}]{'ok  ' if finding.passed else 'FAIL'}[/] {finding.text}"
        )
    if not all(finding.passed for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; expected failures are one line and exit code 2."""
    cli()


def _describe_key(key: ApiKey, user: User) -> str:
    state = "revoked" if key.revoked_at else "valid" if key.is_valid(datetime.now(UTC)) else "expired"
    end = f" until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else ""
    return f"{key.id}  {user.role:<6}  {user.name}  {key.name}  {','.join(key.scopes)}  {state}{end}"


async def _with_services(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    async with open_services(settings, run_jobs=False) as services:
        return await work(services)


async def _import(settings: Settings, files: tuple[Path, ...], flows: tuple[str, ...], *, recursive: bool) -> Job:
    """Start the import, or find it running already, and show it until it has ended."""
    async with open_services(settings) as services:
        viewer = Viewer((await services.keys.find_users((ADMIN_ID,)))[ADMIN_ID])
        job = await services.imports.start(viewer, files, flows=flows, recursive=recursive)
        return await _follow(services, viewer, job, doing="importing", done="imported")


async def _transform_all(settings: Settings) -> list[Job]:
    """Do one job after the other, and return them as they ended."""
    async with open_services(settings) as services:
        viewer = Viewer((await services.keys.find_users((ADMIN_ID,)))[ADMIN_ID])
        ended = []
        async for image_ids in services.image_jobs.list_ready(viewer):
            job = await services.image_jobs.start(viewer, JobKind.TRANSFORM, image_ids)
            ended.append(await _follow(services, viewer, job, doing="transforming", done="transformed"))
    return ended


async def _follow(services: Services, viewer: Viewer, job: Job, *, doing: str, done: str) -> Job:
    """Show a job until it has ended, then how it did, and return it as it is then."""
    await _show_progress(services, viewer, job, doing)
    ended = await services.jobs.find(viewer, job.id)
    if ended is None:
        raise policy.no_job(job.id)
    progress = ended.progress
    console.print(f"{progress.done} {done}, {progress.failed} failed, {ended.state.lower()}: {ended.id}")
    return ended


async def _show_progress(services: Services, viewer: Viewer, job: Job, doing: str) -> None:
    items = (await services.jobs.items((job.id,)))[job.id]
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(doing, total=job.progress.total)
        async with aclosing(services.jobs.watch(viewer, job.id)) as events:
            async for event in events:
                if event.position is None or not _settles(event):
                    continue
                if event.error:
                    item = items[event.position]
                    bar.console.print(f"{item.source or item.image_id}: {event.error.code} {event.error.message}")
                bar.advance(task)


def _settles(event: JobEvent) -> bool:
    """Tell whether an event is the last of its item's work."""
    return event.kind is EventKind.ERROR or event.step is JobStep.DONE
