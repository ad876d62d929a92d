"""The adapters behind the ports, opened as the settings say."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from app.blobs.signing import LocalSigner
from app.container.bus import Bus, open_bus
from app.container.records import open_records
from app.container.stores import Stores, open_stores
from app.data_dir import DataDir
from app.imaging.edits.assets import Overlays
from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.pool import open_pool
from app.inference.classifier import OnnxClassifier, open_classifier
from app.mail.smtp import SmtpMailer
from app.metering.imaging import MeteredImaging
from app.metering.prometheus import PrometheusMeter
from app.ports.identity import TokenVerifier
from app.ports.imaging import Imaging
from app.ports.mail import Mailer
from app.ports.objects import BlobStore
from app.ports.rates import RateCounters
from app.ports.records import Records
from app.ports.remote import Fetcher, Poster
from app.ports.work import Bell
from app.rates.counters import open_counters
from app.remote.fetcher import open_fetcher
from app.remote.poster import open_poster
from app.settings import Settings
from app.tokens.claims import Trust
from app.tokens.verifier import open_verifier


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters behind the ports."""

    records: Records
    stores: Stores
    signer: LocalSigner
    signing_keys: tuple[str, ...]
    bus: Bus
    bell: Bell
    stopping: asyncio.Event
    """Set when this process is to end: nothing new is begun then."""
    imaging: Imaging
    classifier: OnnxClassifier
    fetcher: Fetcher
    rates: RateCounters
    poster: Poster
    mailer: Mailer | None
    """None when no mail is set up."""
    meter: PrometheusMeter
    tokens: TokenVerifier

    @property
    def blobs(self) -> BlobStore:
        """All stores as one."""
        return self.stores.blobs


def now() -> datetime:
    return datetime.now(UTC)


async def open_parts(settings: Settings, data_dir: DataDir, stack: AsyncExitStack) -> Parts:
    limits = ImageLimits(
        max_bytes=settings.max_upload_bytes,
        max_pixels=settings.max_pixels,
        max_side=settings.max_side,
        max_frames=settings.max_frames,
        max_frame_pixels=settings.max_frame_pixels,
        max_scans=settings.max_scans,
        max_parts=settings.max_parts,
        formats=settings.formats,
    )
    # The jobs keep `workers` processes busy; one more is there to look at the header of what was just uploaded.
    pool = PoolLimits(
        processes=settings.workers + 1,
        timeout_s=settings.decode_timeout_s,
        max_memory_bytes=settings.decode_memory_bytes,
    )
    signing_keys = tuple(key.get_secret_value() for key in settings.signing_keys) or (data_dir.signing_key(),)
    meter = PrometheusMeter()
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    bus = await stack.enter_async_context(open_bus(settings, meter))
    records: Records = await stack.enter_async_context(open_records(settings, data_dir))
    classifier = open_classifier(settings.models_dir, settings.model, limits, settings.workers)
    return Parts(
        records=records,
        stores=await open_stores(settings, data_dir, records, meter, now, stack),
        signer=LocalSigner(signing_keys),
        signing_keys=signing_keys,
        fetcher=await stack.enter_async_context(open_fetcher(settings.fetch_allow_cidrs)),
        rates=await stack.enter_async_context(open_counters(redis_url, meter)),
        poster=await stack.enter_async_context(open_poster(settings.fetch_allow_cidrs)),
        mailer=SmtpMailer(settings.mail_server) if settings.mail_server else None,
        bus=bus,
        bell=bus.bell,
        stopping=asyncio.Event(),
        imaging=MeteredImaging(await stack.enter_async_context(open_pool(limits, pool, overlays_of(settings))), meter),
        classifier=await stack.enter_async_context(classifier),
        meter=meter,
        tokens=await stack.enter_async_context(open_tokens(settings)),
    )


def overlays_of(settings: Settings) -> Overlays:
    return Overlays(
        watermark=str(settings.watermark) if settings.watermark else None,
        position=settings.watermark_position,
        opacity=settings.watermark_opacity,
        scale=settings.watermark_scale,
        font=str(settings.font) if settings.font else None,
    )


def open_tokens(settings: Settings) -> AbstractAsyncContextManager[TokenVerifier]:
    """Open what checks tokens: of the operator's own application, and of a provider when one is set."""
    provider = None
    if settings.oidc_issuer is not None and settings.oidc_audience is not None:
        provider = Trust(settings.oidc_issuer, settings.oidc_audience, settings.role_claim)
    own = Trust(settings.jwt_issuer, settings.jwt_audience, settings.role_claim)
    return open_verifier({name: key.get_secret_value() for name, key in settings.jwt_keys.items()}, own, provider)
