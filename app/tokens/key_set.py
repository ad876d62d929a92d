"""The keys of an identity provider (RFC 7517): those that can sign, each with the one algorithm that it is for."""

from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MAX_KEYS = 100
MIN_RSA_BITS = 2048

_ALGORITHMS: Mapping[tuple[str, object], tuple[str, ...]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""By type and curve; the first is taken when a key does not say. Symmetric keys are none: their set is public."""

PROVIDER_ALGORITHMS = frozenset(name for names in _ALGORITHMS.values() for name in names)


def read_key_set(document: Mapping[str, object]) -> Mapping[str, jwt.PyJWK]:
    """Return the usable keys by their ids; what is not understood is passed over, as RFC 7517, 5 wants it."""
    listed = document.get("keys")
    found: dict[str, jwt.PyJWK] = {}
    for fields in listed[:MAX_KEYS] if isinstance(listed, list) else []:
        key = _read_key(fields) if isinstance(fields, dict) else None
        if key is not None and key.key_id is not None:
            found.setdefault(key.key_id, key)
    return found


def _read_key(fields: Mapping[str, object]) -> jwt.PyJWK | None:
    algorithm = _algorithm_of(fields)
    if algorithm is None or not isinstance(fields.get("kid"), str) or fields.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in fields.items() if name != "d"}
    try:
        key = jwt.PyJWK(public, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return None if isinstance(key.key, RSAPublicKey) and key.key.key_size < MIN_RSA_BITS else key


def _algorithm_of(fields: Mapping[str, object]) -> str | None:
    kind, curve, named = fields.get("kty"), fields.get("crv"), fields.get("alg")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return None
    possible = _ALGORITHMS.get((kind, curve), ())
    if named is None:
        return next(iter(possible), None)
    return named if isinstance(named, str) and named in possible else None
