"""Signed addresses: what they allow, for how long, and that nothing else passes."""

import string
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.blobs.signing import LocalSigner
from app.domain.errors import Expired, InvalidSignature
from app.domain.image import ImageFormat, ImageId
from app.domain.upload import Upload, UploadGrant
from app.domain.viewer import UserId

NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
IMAGE_ID = ImageId("0a" * 16)
KEY = f"{IMAGE_ID}.jpeg"
OLD, NEW, FOREIGN = "old-" * 8, "new-" * 8, "foreign-" * 4
ALPHABET = string.ascii_letters + string.digits + "-_."


def make_signer(*keys, at=NOW):
    return LocalSigner(keys or (NEW,), clock=lambda: at)


def make_upload(expires_at=NOW + timedelta(minutes=15), image_format=ImageFormat.PNG, *, is_exact=True):
    return Upload(
        image_id=IMAGE_ID,
        owner_id=UserId("user:1"),
        format=image_format,
        byte_size=12_345,
        title="",
        flows=("general",),
        tags=(),
        sha256=None,
        client_type=None,
        created_at=NOW,
        expires_at=expires_at,
        is_exact=is_exact,
    )


def token_of(signer, upload=None):
    return signer.sign_upload(upload or make_upload()).url.removeprefix("/uploads/")


def signature_of(signer, key=KEY):
    [signature] = parse_qs(urlsplit(signer.object_path(key, public=False)).query)["signature"]
    return signature


def altered(text):
    """Yield the text with each of its characters replaced by every other, left out, and doubled."""
    for place, old in enumerate(text):
        yield text[:place] + text[place + 1 :]
        for new in ALPHABET + "=+/!% é\0":
            yield text[: place + 1] + new + text[place + 1 :]
            if new != old:
                yield text[:place] + new + text[place + 1 :]


def test_tells_the_client_where_and_how_to_send_the_bytes():
    signed = make_signer().sign_upload(make_upload())

    assert signed.url.startswith("/uploads/")
    assert signed.headers == (("Content-Type", "image/png"),)
    assert (signed.max_bytes, signed.expires_at) == (12_345, NOW + timedelta(minutes=15))


def test_an_upload_address_grants_what_was_announced():
    signer = make_signer()

    grant = signer.verify_upload(token_of(signer), NOW)

    assert grant == UploadGrant(IMAGE_ID, 12_345, "image/png")


def test_an_upload_address_grants_at_most_so_many_bytes_of_any_type_by_the_name_that_old_pages_give_them():
    signer = make_signer()
    upload = make_upload(image_format=ImageFormat.GIF, is_exact=False)

    signed = signer.sign_upload(upload)
    grant = signer.verify_upload(token_of(signer, upload), NOW)

    assert (signed.headers, signed.max_bytes) == ((("Content-Type", "image/png"),), 12_345)
    assert grant == UploadGrant(IMAGE_ID, 12_345, "image/png", is_exact=False)


def test_an_upload_address_ends_with_its_ticket():
    signer = make_signer()
    token = token_of(signer)

    signer.verify_upload(token, NOW + timedelta(minutes=15, seconds=-1))
    with pytest.raises(Expired):
        signer.verify_upload(token, NOW + timedelta(minutes=15))


def test_an_upload_address_altered_at_any_position_is_refused():
    signer = make_signer()
    tokens = set(altered(token_of(signer)))

    assert len(tokens) > 10_000
    for token in tokens:
        with pytest.raises(InvalidSignature):
            signer.verify_upload(token, NOW)


def test_an_object_signature_altered_at_any_position_is_refused():
    signer = make_signer()
    signatures = set(altered(signature_of(signer)))

    assert len(signatures) > 3_000
    for signature in signatures:
        with pytest.raises(InvalidSignature):
            signer.check_object(KEY, signature)


@pytest.mark.parametrize("text", ["", ".", "..", "a", "x" * 100_000, "." * 1_000, "é", "\ud800", "=.=", "\u0663" * 9])
def test_refuses_what_is_no_signature(text):
    with pytest.raises(InvalidSignature):
        make_signer().verify_upload(text, NOW)
    with pytest.raises(InvalidSignature):
        make_signer().check_object(KEY, text)


def test_refuses_what_another_key_signed():
    with pytest.raises(InvalidSignature):
        make_signer(NEW).verify_upload(token_of(make_signer(FOREIGN)), NOW)
    with pytest.raises(InvalidSignature):
        make_signer(NEW).check_object(KEY, signature_of(make_signer(FOREIGN)))


def test_a_new_key_signs_while_the_old_one_is_still_taken():
    rotated = make_signer(NEW, OLD)

    rotated.verify_upload(token_of(make_signer(OLD)), NOW)
    rotated.check_object(KEY, signature_of(make_signer(OLD)))

    assert token_of(rotated) == token_of(make_signer(NEW))
    assert signature_of(rotated) == signature_of(make_signer(NEW))
    with pytest.raises(InvalidSignature):
        make_signer(NEW).verify_upload(token_of(make_signer(OLD)), NOW)


def test_a_signature_serves_for_one_purpose_only():
    signer = make_signer()

    with pytest.raises(InvalidSignature):
        signer.verify_upload(signature_of(signer), NOW)
    with pytest.raises(InvalidSignature):
        signer.check_object(KEY, token_of(signer))
    with pytest.raises(InvalidSignature):
        signer.check_object(KEY, f"1764000000.{token_of(signer).rpartition('.')[2]}")


def test_a_signature_serves_for_one_object_only():
    signer = make_signer()

    with pytest.raises(InvalidSignature):
        signer.check_object(f"{'0b' * 16}.jpeg", signature_of(signer))


def test_public_objects_have_plain_addresses():
    assert make_signer().object_path(KEY, public=True) == f"/media/{KEY}"


def test_a_signed_address_stays_the_same_for_the_rest_of_its_hour():
    paths = [
        make_signer(at=NOW.replace(minute=minute, second=0)).object_path(KEY, public=False) for minute in range(60)
    ]

    assert len(set(paths)) == 1
    assert make_signer(at=NOW + timedelta(hours=1)).object_path(KEY, public=False) not in paths


@pytest.mark.parametrize("minute", [0, 1, 30, 59])
def test_a_signed_address_is_good_for_one_to_two_hours(minute):
    at = NOW.replace(minute=minute, second=0)
    signature = signature_of(make_signer(at=at))

    make_signer(at=at + timedelta(hours=1)).check_object(KEY, signature)
    with pytest.raises(Expired):
        make_signer(at=at + timedelta(hours=2)).check_object(KEY, signature)


@pytest.mark.parametrize("keys", [(), ("",), ("short",), (NEW, "short"), (b"x" * 31,)])
def test_refuses_to_sign_without_strong_keys(keys):
    with pytest.raises(ValueError, match="32 bytes"):
        LocalSigner(keys)
