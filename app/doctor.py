"""The doctor: what is configured, reachable and writable."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from PIL import features

from app.container.opening import open_services
from app.container.records import name_database
from app.container.stores import find_faults
from app.domain.errors import DatabaseUnavailable, DomainError
from app.domain.model import Model
from app.services.classification import ClassificationService
from app.settings import Settings

MIN_FREE_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    passed: bool
    text: str


async def examine(settings: Settings) -> list[Finding]:
    """Return what can be said of this installation; secrets are left out."""
    findings = [
        Finding(True, f"settings: {settings.env}, listens on {settings.host}:{settings.port}"),
        *(Finding(root.is_dir(), f"local root: {root}") for root in settings.local_roots),
        Finding(bool(features.check("avif") and features.check("webp")), f"decoders: {', '.join(settings.formats)}"),
    ]
    findings += [Finding(False, fault) for fault in await find_faults(settings, settings.storage)]
    try:
        async with open_services(settings, run_jobs=False) as services:
            findings.append(await _check(f"database: {name_database(settings)}", services.records.check))
            if settings.oidc_issuer is not None:
                findings.append(
                    await _check(f"identity provider: {settings.oidc_issuer}", services.sign_in.tokens.check)
                )
            for name, store in services.stores.items():
                findings.append(await _check(f"storage: {_name_store(name, settings)}", store.check))
            if services.mailer is not None:
                findings.append(await _check("mail server: lets us in", services.mailer.ping))
            findings += [await _try_model(services.classification, model) for model in services.classification.models]
            if services.bus.redis is not None:
                findings.append(await _check("Redis: calls workers, carries news", services.bus.check))
    except DatabaseUnavailable as error:
        return [*findings, Finding(False, f"database: {name_database(settings)}: {error}")]
    except (DomainError, OSError) as error:
        return [*findings, Finding(False, f"data folder {settings.data_dir}: {error}")]
    free = shutil.disk_usage(settings.data_dir).free
    findings.append(Finding(free >= MIN_FREE_BYTES, f"disk: {free // 1024**2} MiB free in {settings.data_dir}"))
    return findings


async def _try_model(classification: ClassificationService, model: Model) -> Finding:
    text = f"model: {model.name} {model.version}, {len(model.labels)} labels"
    try:
        await classification.check(model)
    except DomainError as error:
        return Finding(False, f"model: {error}")
    return Finding(True, f"{text}, used when none is named" if classification.is_default(model) else text)


def _name_store(name: str, settings: Settings) -> str:
    if name == "local":
        return "the data folder"
    if name == "ipfs" and (url := settings.ipfs_api_url):
        return f"{settings.ipfs_folder} of the IPFS node at {url.host}:{url.port}"
    return f"the bucket {settings.s3_bucket} at {settings.s3_endpoint_url or 'AWS'}"


async def _check(name: str, check: Callable[[], Awaitable[None]]) -> Finding:
    try:
        await check()
    except (DomainError, OSError) as error:
        return Finding(False, f"{name}: {error}")
    return Finding(True, name)
