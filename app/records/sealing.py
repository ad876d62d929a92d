"""Sealing: what the records keep, and yet cannot tell."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.errors import Expired


class FernetSealer:
    """Fernet (https://github.com/fernet/spec) under keys derived (HKDF, RFC 5869) from a signing key and a secret.

    Args:
        signing_keys: The newest first, which seals; all of them open.
    """

    def __init__(self, signing_keys: tuple[str, ...]) -> None:
        self._signing_keys = signing_keys

    def seal(self, text: str, secret: str) -> str:
        return self._box(secret).encrypt(text.encode()).decode()

    def unseal(self, sealed: str, secret: str) -> str:
        try:
            return self._box(secret).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Expired("The answer was sealed with a signing key that is gone; use a new key.") from error

    def _box(self, secret: str) -> MultiFernet:
        return MultiFernet([Fernet(_derive(signing_key, secret)) for signing_key in self._signing_keys])


def _derive(signing_key: str, secret: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=secret.encode(), info=b"gf-images.idempotency")
    return base64.urlsafe_b64encode(derivation.derive(signing_key.encode()))
