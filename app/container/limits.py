"""What holds callers back, as the settings say: rates, quotas, and doing things once."""

from datetime import timedelta

from app.container.parts import Parts, now
from app.domain.backlog import BacklogLimits
from app.domain.quota import Quota
from app.domain.rate import OperationClass
from app.domain.share import MailLimits
from app.records.sealing import FernetSealer
from app.services.admission import AdmissionService
from app.services.idempotency import IdempotencyService
from app.services.rates import RateService
from app.settings import Settings

ANSWERING_TIME = timedelta(seconds=20)
"""Longer than it takes to write down an answer: after it, what ran the request is gone."""


def wire_rates(settings: Settings, parts: Parts) -> RateService:
    return RateService(parts.rates, now, parts.meter, rate_limits_of(settings))


def wire_idempotency(settings: Settings, parts: Parts) -> IdempotencyService:
    lease = timedelta(seconds=settings.graphql_timeout_s) + ANSWERING_TIME
    return IdempotencyService(parts.records.idempotency, FernetSealer(parts.signing_keys), now, lease)


def wire_admission(settings: Settings, parts: Parts) -> AdmissionService:
    """The limit of each user is one of its rates; that of all keeps the queue short for a load run, too."""
    of_user = settings.max_waiting_jobs_of_user if settings.rate_limits else None
    return AdmissionService(parts.records, BacklogLimits(settings.max_waiting_jobs or None, of_user or None))


def quota_of(settings: Settings) -> Quota:
    """Return what every user may have."""
    return Quota(
        settings.quota_bytes or None,
        settings.quota_images or None,
        settings.quota_pending_uploads or None,
    )


def mail_limits_of(settings: Settings) -> MailLimits:
    """Return how many mails are sent in a day."""
    return MailLimits(settings.mails_per_sender or None, settings.mails_per_receiver or None)


def rate_limits_of(settings: Settings) -> dict[OperationClass, int]:
    """Return the points a minute of each class; none when rates are not limited."""
    if not settings.rate_limits:
        return {}
    return {
        OperationClass.READ: settings.rate_read,
        OperationClass.WRITE: settings.rate_write,
        OperationClass.UPLOAD: settings.rate_upload,
        OperationClass.EXPENSIVE: settings.rate_expensive,
    }
