"""Signed addresses of this server: where bytes are PUT, and where objects that are not public are read."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime

from itsdangerous import BadData, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from app.domain.errors import Expired, InvalidSignature
from app.domain.image import ImageId
from app.domain.upload import SignedUpload, Upload, UploadGrant

UPLOADS_PATH = "/uploads/"
MEDIA_PATH = "/media/"

WINDOW_S = 3_600
"""Within such a window of time the signed address of an object stays the same, so that caches can keep it."""

MIN_KEY_BYTES = 32

_UPLOAD_SALT = "gf-images.upload"
_OBJECT_SALT = "gf-images.object"
_VARIANT_SALT = "gf-images.variant"
_SHARE_SALT = "gf-images.share"
_EXACT = "PUT"
_AT_MOST = "PUT at most"
_OPTIONS = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
_SIGNATURE = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{43})")
_MAX_TOKEN_LENGTH = 1_024


class LocalSigner:
    """An `UploadSigner`, `UploadVerifier` and `AddressSigner` by HMAC-SHA256.

    Each purpose has a key of its own, derived from the secret one, so no signature serves for another purpose.
    """

    def __init__(
        self, keys: tuple[str | bytes, ...], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Sign with the first key; accept signatures of all, so that a new key can be put before the old.

        Raises:
            ValueError: There is no key, or one has less than 32 bytes.
        """
        secrets = [key.encode() if isinstance(key, str) else key for key in keys]
        if not secrets or any(len(secret) < MIN_KEY_BYTES for secret in secrets):
            raise ValueError(f"at least one signing key is needed, and each must have at least {MIN_KEY_BYTES} bytes")
        oldest_first = secrets[::-1]
        self._uploads = URLSafeSerializer(oldest_first, salt=_UPLOAD_SALT, signer_kwargs=_OPTIONS)
        self._objects, self._variants, self._shares = (
            Signer(oldest_first, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)
            for salt in (_OBJECT_SALT, _VARIANT_SALT, _SHARE_SALT)
        )
        self._clock = clock

    def sign_upload(self, upload: Upload) -> SignedUpload:
        content_type = upload.content_type
        allowed = _EXACT if upload.is_exact else _AT_MOST
        expires = int(upload.expires_at.timestamp())
        token = self._uploads.dumps([allowed, upload.image_id, upload.byte_size, content_type, expires])
        return SignedUpload(
            url=UPLOADS_PATH + token,
            headers=(("Content-Type", content_type),),
            expires_at=upload.expires_at,
            max_bytes=upload.byte_size,
        )

    def verify_upload(self, token: str, now: datetime) -> UploadGrant:
        if len(token) > _MAX_TOKEN_LENGTH or not token.isascii() or not _is_canonical(token.rpartition(".")[2]):
            raise InvalidSignature("The address of this upload was altered.")
        try:
            allowed, image_id, byte_size, content_type, expires = self._uploads.loads(token)
        except BadData as error:
            raise InvalidSignature("The address of this upload was altered.") from error
        if allowed not in (_EXACT, _AT_MOST):
            raise InvalidSignature("The address of this upload was altered.")
        if now.timestamp() >= expires:
            raise Expired("The address of this upload is past its time; ask for a new one.")
        return UploadGrant(ImageId(image_id), byte_size, content_type, is_exact=allowed == _EXACT)

    def object_path(self, key: str, *, public: bool) -> str:
        """Return the path of an object: plain when public, else signed and good for one to two hours."""
        path = MEDIA_PATH + key
        if public:
            return path
        expires = str((int(self._clock().timestamp()) // WINDOW_S + 2) * WINDOW_S)
        signature = self._objects.get_signature(_signed_text(key, expires)).decode()
        return f"{path}?signature={expires}.{signature}"

    def check_object(self, key: str, signature: str) -> None:
        match = _SIGNATURE.fullmatch(signature)
        if match is None or not self._is_signed(key, match[1], match[2]):
            raise InvalidSignature("The address of this object was altered.")
        if self._clock().timestamp() >= int(match[1]):
            raise Expired("The address of this object is past its time; ask for a new one.")

    def sign_variant(self, text: str) -> str:
        return self._variants.get_signature(text).decode()

    def check_variant(self, text: str, signature: str) -> None:
        if not (_is_canonical(signature) and self._variants.verify_signature(text.encode(), signature)):
            raise InvalidSignature("The address of this variant was altered.")

    def sign_share(self, text: str) -> str:
        return self._shares.get_signature(text).decode()

    def check_share(self, text: str, signature: str) -> None:
        if not (_is_canonical(signature) and self._shares.verify_signature(text.encode(), signature)):
            raise InvalidSignature("The address of this share was altered.")

    def _is_signed(self, key: str, expires: str, signature: str) -> bool:
        return _is_canonical(signature) and self._objects.verify_signature(_signed_text(key, expires), signature)


def _signed_text(key: str, expires: str) -> bytes:
    return f"GET {expires} {key}".encode()


def _is_canonical(signature: str) -> bool:
    """Tell whether a signature is spelled in the one way that it is made: base64 decoders take several."""
    try:
        return base64_encode(base64_decode(signature)) == signature.encode()
    except BadData:
        return False
