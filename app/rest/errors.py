"""Refusals of the REST routes: the words that old clients know failures by."""

from collections.abc import Mapping

from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError, ForeignUpload

INVALID_VALUE = "verify__invalid_value_error"
MISSING_KEY = "verify__missing_key_error"
INVALID_KEY_VALUE = "verify__invalid_key_value_error"
MISSING_INPUT = "verify__input_data_missing_in_req_error"
TOO_LONG = "verify__string_too_long_error"
INVALID_EXTENSION = "verify__invalid_image_extension_error"
NO_INTEGER = "int_parse_error"
NO_JSON = "json_decode_error"
NO_BASE64 = "base64_decoding_error"
NOT_FOUND = "mongodb_not_found_error"

_FOREIGN = "user_incorrect"
_DENIED = "policy__op_denied"
_EXISTS = "mongodb_insert_error"
_UNDECODABLE = "image_decoding_error"
_SERVER_FAILED = "panic_error"
_UNFETCHED = "http_client_req_error"
_UNSENT = "aws_ses_service_send_message_error"

ERROR_TYPES: Mapping[ErrorCode, str] = {
    ErrorCode.INVALID_INPUT: INVALID_VALUE,
    ErrorCode.UNAUTHENTICATED: _DENIED,
    ErrorCode.FORBIDDEN: _DENIED,
    ErrorCode.NOT_FOUND: NOT_FOUND,
    ErrorCode.NOT_UPLOADED: NOT_FOUND,
    ErrorCode.CONFLICT: _EXISTS,
    ErrorCode.ALREADY_UPLOADED: _EXISTS,
    ErrorCode.ALREADY_COMPLETED: _EXISTS,
    ErrorCode.INVALID_SIGNATURE: _DENIED,
    ErrorCode.EXPIRED: _DENIED,
    ErrorCode.TYPE_MISMATCH: INVALID_EXTENSION,
    ErrorCode.UNSUPPORTED_FORMAT: INVALID_EXTENSION,
    ErrorCode.NOT_AN_IMAGE: _UNDECODABLE,
    ErrorCode.CORRUPT: _UNDECODABLE,
    ErrorCode.TOO_MANY_PIXELS: _UNDECODABLE,
    ErrorCode.TOO_MANY_FRAMES: _UNDECODABLE,
    ErrorCode.TOO_MANY_SCANS: _UNDECODABLE,
    ErrorCode.TOO_MANY_PARTS: _UNDECODABLE,
    ErrorCode.DECODE_TIMEOUT: _UNDECODABLE,
    ErrorCode.DECODER_DIED: _UNDECODABLE,
    ErrorCode.SOURCE_UNREADABLE: "s3_file_download_error",
    ErrorCode.FETCH_REFUSED: _UNFETCHED,
    ErrorCode.FETCH_FAILED: _UNFETCHED,
    ErrorCode.FETCH_STATUS: "http_client_req_status_error",
    ErrorCode.FETCH_INCOMPLETE: _UNFETCHED,
    ErrorCode.UNDELIVERABLE: _UNSENT,
    ErrorCode.MAIL_NOT_SET_UP: _UNSENT,
    ErrorCode.MAIL_UNAVAILABLE: _UNSENT,
    ErrorCode.QUOTA_EXCEEDED: _DENIED,
    ErrorCode.INSUFFICIENT_STORAGE: "s3_file_upload_error",
    ErrorCode.STORAGE_UNAVAILABLE: "s3_file_upload_error",
    ErrorCode.DAMAGED_OBJECT: "s3_file_download_error",
    ErrorCode.BUSY: _SERVER_FAILED,
    ErrorCode.DATABASE_UNAVAILABLE: _SERVER_FAILED,
    ErrorCode.RATE_LIMITED: _DENIED,
    ErrorCode.LEASE_LOST: _SERVER_FAILED,
    ErrorCode.TOO_MANY_ATTEMPTS: _SERVER_FAILED,
    ErrorCode.CANCELLED: _DENIED,
    ErrorCode.IMAGE_NOT_READY: _EXISTS,
    ErrorCode.MODEL_UNAVAILABLE: _SERVER_FAILED,
    ErrorCode.MODEL_FAILED: _SERVER_FAILED,
    ErrorCode.MODEL_TIMEOUT: _SERVER_FAILED,
    ErrorCode.INTERNAL: _SERVER_FAILED,
}
"""What is not here is a wrong value."""


class Refusal(Exception):
    """A request that no service gets to see: a word that old clients know, and a text that is safe to show."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


def error_type_of(error: DomainError) -> str:
    """Return the old word for an expected failure."""
    return _FOREIGN if isinstance(error, ForeignUpload) else word_for(error.code)


def word_for(code: ErrorCode) -> str:
    return ERROR_TYPES.get(code, INVALID_VALUE)
