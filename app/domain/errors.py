"""Every failure that a caller may expect, as one tree of typed errors.

DomainError
├── InvalidInput            INVALID_INPUT        a value is out of its range or shape
├── Unauthenticated         UNAUTHENTICATED      nobody is signed in
├── Forbidden               FORBIDDEN            signed in, but not allowed
├── NotFound                NOT_FOUND            no such thing, or none that the caller may see
│   └── ForeignUpload       NOT_FOUND            there is such an upload, but it is somebody else's
├── Conflict                CONFLICT             the thing exists, or is in another state
│   ├── NotUploaded         NOT_UPLOADED         complete was asked before the bytes arrived
│   ├── AlreadyUploaded     ALREADY_UPLOADED     the address of an upload was used before
│   ├── AlreadyCompleted    ALREADY_COMPLETED    the upload has its job already
│   └── JobFinished         JOB_FINISHED         the job has ended, or has nothing to retry
├── InvalidSignature        INVALID_SIGNATURE    an address was altered
├── Expired                 EXPIRED              an address or a ticket is past its time
├── TooLarge                TOO_LARGE            more bytes than allowed or announced
├── SizeMismatch            SIZE_MISMATCH        other bytes than announced, by count
├── HashMismatch            HASH_MISMATCH        other bytes than announced, by SHA-256
├── TypeMismatch            TYPE_MISMATCH        another type than announced
├── InvalidImage            (one of its kinds)   the bytes are not a picture that we take
│   ├── NotAnImage          NOT_AN_IMAGE
│   ├── UnsupportedFormat   UNSUPPORTED_FORMAT
│   ├── CorruptImage        CORRUPT              truncated or damaged
│   ├── TooManyPixels       TOO_MANY_PIXELS      by area, or by one side
│   ├── TooManyFrames       TOO_MANY_FRAMES
│   ├── TooManyScans        TOO_MANY_SCANS       a JPEG made to burn time
│   ├── TooManyParts        TOO_MANY_PARTS       countless tiny segments, chunks or blocks
│   ├── DecodeTimeout       DECODE_TIMEOUT
│   └── DecoderDied         DECODER_DIED         out of memory, or crashed
├── (model.py, plugin.py)   MODEL_UNAVAILABLE, MODEL_FAILED, MODEL_TIMEOUT, IMAGE_NOT_READY, PLUGIN_FAILED, VETOED
├── DatabaseUnavailable     DATABASE_UNAVAILABLE the database does not answer
├── StorageUnavailable      STORAGE_UNAVAILABLE  the store of objects does not answer
├── DamagedObject           DAMAGED_OBJECT       a store gave back other bytes than were written
├── SourceUnreadable        SOURCE_UNREADABLE    a local file is gone or closed to us
├── FetchRefused            FETCH_REFUSED        an address that is never asked
├── FetchFailed             FETCH_FAILED         no answer: unreachable, silent, or no HTTP
├── FetchStatus             FETCH_STATUS         another answer than the bytes
│   └── OriginUnavailable   FETCH_STATUS         429 and 5xx, which may pass
├── FetchIncomplete         FETCH_INCOMPLETE     the bytes came too slowly, or ended early
├── LeaseLost               LEASE_LOST           another worker holds the item now
├── TooManyAttempts         TOO_MANY_ATTEMPTS    the workers of this item keep dying
├── Cancelled               CANCELLED            the job was cancelled
├── Undeliverable           UNDELIVERABLE        its receiver will never take it
│   └── MailUnanswered      UNDELIVERABLE        handed over, and nobody said what became of it
├── MailNotSetUp            MAIL_NOT_SET_UP      this server sends no mail
├── MailUnavailable         MAIL_UNAVAILABLE     the mail server does not take it now
├── QuotaExceeded           QUOTA_EXCEEDED       the user has as much as is allowed
├── InsufficientStorage     INSUFFICIENT_STORAGE the disk is full
├── KeyReused               KEY_REUSED           an Idempotency-Key belongs to another request
├── RequestInProgress       REQUEST_IN_PROGRESS  the same request is being worked on; come back later
├── Busy                    BUSY                 come back after `retry_after_s`
│   └── QueueFull           BUSY                 too many jobs wait to be begun
└── RateLimited             RATE_LIMITED         the caller asked too often; come back after `retry_after_s`

Without a class, for only entries give them: LIMIT_EXCEEDED and TIMED_OUT when a request asks for too much or takes too
long, LAGGED when a listener is too far behind, PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED and
DOCUMENT_NOT_TRUSTED when a document is not one that the operator published, INTERNAL for a bug.
"""

from typing import ClassVar

from app.domain.error_code import ErrorCode


class DomainError(Exception):
    """An expected failure: a stable code, and a message that is safe to show to the caller.

    Args:
        message: What was wrong, with the value, ending in a full stop.
        field: The path of the offending input, outermost first.
    """

    code: ClassVar[ErrorCode]

    def __init__(self, message: str, *, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(DomainError):
    code = ErrorCode.INVALID_INPUT


class Unauthenticated(DomainError):
    code = ErrorCode.UNAUTHENTICATED


class Forbidden(DomainError):
    code = ErrorCode.FORBIDDEN


class NotFound(DomainError):
    code = ErrorCode.NOT_FOUND


class ForeignUpload(NotFound):
    """Told to callers as NotFound; only clients that rely on the difference learn of it."""


class Conflict(DomainError):
    code = ErrorCode.CONFLICT


class NotUploaded(Conflict):
    code = ErrorCode.NOT_UPLOADED


class AlreadyUploaded(Conflict):
    code = ErrorCode.ALREADY_UPLOADED


class AlreadyCompleted(Conflict):
    """The upload was completed before; `job_id` is the job that was started then."""

    code = ErrorCode.ALREADY_COMPLETED

    def __init__(self, message: str, *, job_id: str = "", field: tuple[str, ...] = ()) -> None:
        super().__init__(message, field=field)
        self.job_id = job_id


class JobFinished(Conflict):
    code = ErrorCode.JOB_FINISHED


class InvalidSignature(DomainError):
    code = ErrorCode.INVALID_SIGNATURE


class Expired(DomainError):
    code = ErrorCode.EXPIRED


class TooLarge(DomainError):
    code = ErrorCode.TOO_LARGE


class SizeMismatch(DomainError):
    code = ErrorCode.SIZE_MISMATCH


class HashMismatch(DomainError):
    code = ErrorCode.HASH_MISMATCH


class TypeMismatch(DomainError):
    code = ErrorCode.TYPE_MISMATCH


class InvalidImage(DomainError):
    """The bytes are not a picture that we take; trying again with the same bytes is useless."""


class NotAnImage(InvalidImage):
    code = ErrorCode.NOT_AN_IMAGE


class UnsupportedFormat(InvalidImage):
    code = ErrorCode.UNSUPPORTED_FORMAT


class CorruptImage(InvalidImage):
    code = ErrorCode.CORRUPT


class TooManyPixels(InvalidImage):
    code = ErrorCode.TOO_MANY_PIXELS


class TooManyFrames(InvalidImage):
    code = ErrorCode.TOO_MANY_FRAMES


class TooManyScans(InvalidImage):
    code = ErrorCode.TOO_MANY_SCANS


class TooManyParts(InvalidImage):
    code = ErrorCode.TOO_MANY_PARTS


class DecodeTimeout(InvalidImage):
    code = ErrorCode.DECODE_TIMEOUT


class DecoderDied(InvalidImage):
    code = ErrorCode.DECODER_DIED


class SourceUnreadable(DomainError):
    code = ErrorCode.SOURCE_UNREADABLE


class FetchRefused(DomainError):
    code = ErrorCode.FETCH_REFUSED


class FetchFailed(DomainError):
    """Nothing answered; the same for open, closed and filtered ports, so that nobody can look around by asking us."""

    code = ErrorCode.FETCH_FAILED


class FetchStatus(DomainError):
    code = ErrorCode.FETCH_STATUS


class OriginUnavailable(FetchStatus):
    """The origin says that it cannot answer now."""


class FetchIncomplete(DomainError):
    code = ErrorCode.FETCH_INCOMPLETE


class LeaseLost(DomainError):
    code = ErrorCode.LEASE_LOST


class TooManyAttempts(DomainError):
    code = ErrorCode.TOO_MANY_ATTEMPTS


class Cancelled(DomainError):
    code = ErrorCode.CANCELLED


class Undeliverable(DomainError):
    """Trying again is useless."""

    code = ErrorCode.UNDELIVERABLE


class MailUnanswered(Undeliverable):
    """A mail was handed over, and nobody said what became of it: to send it again might send it twice."""


class MailNotSetUp(DomainError):
    code = ErrorCode.MAIL_NOT_SET_UP


class MailUnavailable(DomainError):
    code = ErrorCode.MAIL_UNAVAILABLE


class QuotaExceeded(DomainError):
    code = ErrorCode.QUOTA_EXCEEDED


class InsufficientStorage(DomainError):
    code = ErrorCode.INSUFFICIENT_STORAGE
    retry_after_s = 60


class DatabaseUnavailable(DomainError):
    code = ErrorCode.DATABASE_UNAVAILABLE
    retry_after_s = 5


class StorageUnavailable(DomainError):
    code = ErrorCode.STORAGE_UNAVAILABLE
    retry_after_s = 5


class DamagedObject(DomainError):
    code = ErrorCode.DAMAGED_OBJECT


class Busy(DomainError):
    code = ErrorCode.BUSY
    retry_after_s = 1


class QueueFull(Busy):
    retry_after_s = 5


class KeyReused(DomainError):
    code = ErrorCode.KEY_REUSED


class RequestInProgress(DomainError):
    code = ErrorCode.REQUEST_IN_PROGRESS
    retry_after_s = 1


class RateLimited(DomainError):
    code = ErrorCode.RATE_LIMITED

    def __init__(self, message: str, *, retry_after_s: int = 1, field: tuple[str, ...] = ()) -> None:
        super().__init__(message, field=field)
        self.retry_after_s = retry_after_s


def retry_after_of(error: DomainError) -> int | None:
    """Return after how many seconds asking again makes sense; None when it makes none."""
    passing = Busy | DatabaseUnavailable | InsufficientStorage | RateLimited | RequestInProgress | StorageUnavailable
    return error.retry_after_s if isinstance(error, passing) else None
