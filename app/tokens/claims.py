"""What a token must say, and what of it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import jwt

from app.domain.errors import Unauthenticated
from app.domain.identity import Identity
from app.domain.viewer import Role

MAX_TOKEN_LENGTH: Final = 8 * 1024
MAX_SUBJECT_LENGTH = 255
MAX_NAME_LENGTH = 64
LEEWAY_S = 10
"""How far another clock may be ahead of ours. It lengthens no token: its end is looked at without."""

_REQUIRED = ["exp", "iat", "sub", "aud", "iss"]
_NAMES = ("name", "preferred_username", "email", "nickname")
_ROLES = (Role.ADMIN, Role.EDITOR, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are taken, and for whom they must be made."""

    issuer: str
    audience: str
    role_claim: str
    """Dots lead into objects: `realm_access.roles`."""


def read_header(token: str) -> Mapping[str, object]:
    """Return the head of a token, of which nothing is checked yet. Raises: Unauthenticated."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise untrusted()
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise untrusted() from error


def read_identity(token: str, key: jwt.PyJWK, trust: Trust) -> Identity:
    """Check a token with the one key, and by the one algorithm, that it names. Raises: Unauthenticated."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=trust.audience,
            issuer=trust.issuer,
            leeway=LEEWAY_S,
            options={"require": _REQUIRED},
        )
        expires_at = datetime.fromtimestamp(float(claims["exp"]), UTC)
    except jwt.ExpiredSignatureError as error:
        raise expired() from error
    except (jwt.PyJWTError, ValueError, OverflowError, TypeError, OSError, RecursionError) as error:
        # Numbers out of the range of dates are told in many ways.
        raise untrusted() from error
    subject = claims["sub"]
    if not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isprintable():
        raise untrusted()
    return Identity(trust.issuer, subject, _name_in(claims), _role_in(claims, trust.role_claim), expires_at)


def untrusted() -> Unauthenticated:
    """Return the one answer to all that is wrong with a token: why would help a forger alone."""
    return Unauthenticated("The token is none that this server trusts.")


def expired() -> Unauthenticated:
    return Unauthenticated("The token has expired.")


def _name_in(claims: Mapping[str, object]) -> str:
    for claim in (*_NAMES, "sub"):
        name = claims.get(claim)
        if isinstance(name, str):
            shown = "".join(filter(str.isprintable, name)).strip()[:MAX_NAME_LENGTH].strip()
            if shown:
                return shown
    return "user"


def _role_in(claims: Mapping[str, object], path: str) -> Role | None:
    """Return the highest of our roles that a claim names, in whatever case, by itself or in a list."""
    value: object = claims
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    named = {name.upper() for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)}
    return next((role for role in _ROLES if role in named), None)
