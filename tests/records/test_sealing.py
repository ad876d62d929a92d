"""What the records keep, and cannot tell."""

from base64 import urlsafe_b64decode

import pytest

from app.domain.errors import Expired
from app.records.sealing import FernetSealer

OLD, NEW = "o" * 32, "n" * 32


def test_opens_what_it_sealed() -> None:
    sealer = FernetSealer((NEW,))

    sealed = sealer.seal("grüße", "secret")

    assert "grüße".encode() not in urlsafe_b64decode(sealed)
    assert sealer.unseal(sealed, "secret") == "grüße"


def test_opens_what_an_older_key_sealed() -> None:
    sealed = FernetSealer((OLD,)).seal("text", "secret")

    assert FernetSealer((NEW, OLD)).unseal(sealed, "secret") == "text"


@pytest.mark.parametrize(("keys", "secret"), [((NEW,), "secret"), ((OLD,), "other")])
def test_opens_nothing_else(keys: tuple[str, ...], secret: str) -> None:
    sealed = FernetSealer((OLD,)).seal("text", "secret")

    with pytest.raises(Expired):
        FernetSealer(keys).unseal(sealed, secret)
