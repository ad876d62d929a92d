"""What only a store on an S3 server has to mind: damaged bytes, uploads in parts, replaced uploads, used addresses."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import aioboto3
import pytest

from app.blobs.s3.client import S3Place, open_client
from app.blobs.s3.setup import find_fault, set_up
from app.blobs.s3.signing import S3Signer
from app.blobs.s3.writing import PART_BYTES
from app.domain.errors import AlreadyUploaded, Conflict, DamagedObject
from app.ports.objects import ObjectStat, ReadHeaders

KEY = f"{'0a' * 16}.jpeg"
STAGING_KEY = f"staging/{'0a' * 16}"
BIG = bytes(range(256)) * (PART_BYTES // 256) + b"and a little"


async def read_all(store, key, start=0, end=None):
    async with aclosing(store.read(key, start, end)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def replace_bytes(s3, key, data):
    """Change an object behind the store's back, and leave its metadata."""
    head = await s3.client.head_object(Bucket=s3.bucket, Key=key)
    await s3.client.put_object(Bucket=s3.bucket, Key=key, Body=data, Metadata=head["Metadata"])


async def test_reads_what_was_put_in_parts(s3):
    await s3.put(KEY, BIG)

    assert await read_all(s3, KEY) == BIG
    assert (await s3.find(KEY)).etag.endswith("-2")


async def test_notices_damage_when_it_reads_an_object_whole(s3):
    await s3.put(KEY, b"pixels" * 1000)
    await replace_bytes(s3, KEY, b"pixelz" * 1000)

    with pytest.raises(DamagedObject):
        await read_all(s3, KEY)
    with pytest.raises(DamagedObject):
        async with s3.local_file(KEY):
            pass

    assert await read_all(s3, KEY, 0, 6) == b"pixelz"


async def test_a_moved_object_keeps_its_hash(s3):
    await s3.put(STAGING_KEY, b"pixels")
    await s3.move(STAGING_KEY, KEY, sha256="0" * 64)

    with pytest.raises(DamagedObject):
        await read_all(s3, KEY)


async def test_refuses_to_move_what_was_replaced_since_it_was_inspected(s3):
    await s3.put(STAGING_KEY, b"inspected")
    inspected = await s3.find(STAGING_KEY)
    await s3.put(STAGING_KEY, b"something else")

    with pytest.raises(Conflict):
        await s3.move(STAGING_KEY, KEY, etag=inspected.etag)

    assert await s3.find(KEY) is None
    assert await read_all(s3, STAGING_KEY) == b"something else"


async def test_a_staging_place_that_was_used_looks_free_and_can_be_written_by_the_server_alone(s3, make_chunks):
    await s3.put(STAGING_KEY, b"pixels")
    await s3.move(STAGING_KEY, KEY)

    with pytest.raises(s3.client.exceptions.ClientError, match="PreconditionFailed"):
        await s3.client.put_object(Bucket=s3.bucket, Key=STAGING_KEY, Body=b"x", IfNoneMatch="*")
    await s3.put_new(STAGING_KEY, make_chunks(b"again"), 5)

    assert await read_all(s3, STAGING_KEY) == b"again"
    with pytest.raises(AlreadyUploaded):
        await s3.put_new(STAGING_KEY, make_chunks(b"again"), 5)


async def test_the_sweeper_gives_up_what_was_begun_and_never_ended(s3):
    await s3.client.create_multipart_upload(Bucket=s3.bucket, Key=KEY)
    await s3.put(STAGING_KEY, b"pixels")
    await s3.move(STAGING_KEY, KEY)

    kept = await s3.sweep(datetime.now(UTC) - timedelta(hours=1))
    removed = await s3.sweep(datetime.now(UTC) + timedelta(hours=1))

    assert (kept, removed) == (0, 2)
    assert "Uploads" not in await s3.client.list_multipart_uploads(Bucket=s3.bucket)
    assert [stat.key async for stat in s3.list()] == [KEY]


async def test_a_cancelled_write_leaves_no_parts(s3):
    writing = asyncio.create_task(s3.put(KEY, BIG * 3))
    while "Uploads" not in await s3.client.list_multipart_uploads(Bucket=s3.bucket):
        assert not writing.done()

    writing.cancel()
    await asyncio.wait({writing})

    assert "Uploads" not in await s3.client.list_multipart_uploads(Bucket=s3.bucket)
    assert await s3.find(KEY) is None


async def test_sets_a_bucket_up_as_often_as_it_is_asked(s3_server, s3):
    place = s3_server.new_place()

    for _ in range(2):
        await set_up(s3.client, place, ["https://pages.example"])

    rules = (await s3.client.get_bucket_lifecycle_configuration(Bucket=place.bucket))["Rules"]
    [cors] = (await s3.client.get_bucket_cors(Bucket=place.bucket))["CORSRules"]
    kept = {rule["ID"]: ({"Prefix": "", **rule, **rule.get("Filter", {})}["Prefix"], rule["Status"]) for rule in rules}
    assert kept == {"gf-images-parts": ("", "Enabled"), "gf-images-staging": ("staging/", "Enabled")}
    assert [rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule] == [2]
    assert [rule["AbortIncompleteMultipartUpload"] for rule in rules if "Expiration" not in rule] == [
        {"DaysAfterInitiation": 1}
    ]
    assert (cors["AllowedOrigins"], sorted(cors["AllowedMethods"])) == (
        ["https://pages.example"],
        ["GET", "HEAD", "PUT"],
    )


@pytest.mark.parametrize(
    ("place", "origin"),
    [
        (S3Place("pictures", "us-east-1"), "https://pictures.s3.amazonaws.com"),
        (S3Place("pictures", "eu-central-1"), "https://pictures.s3.eu-central-1.amazonaws.com"),
        (S3Place("our.pictures", "eu-central-1"), "https://s3.eu-central-1.amazonaws.com"),
        (S3Place("pictures", "x", "http://127.0.0.1:9000"), "http://127.0.0.1:9000"),
        (S3Place("pictures", "x", "http://10.0.0.1:9000", "https://s3.example"), "https://s3.example"),
    ],
    ids=str,
)
async def test_names_the_origin_to_which_it_sends_clients(monkeypatch, place, origin):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made up")
    stat = ObjectStat(KEY, 1, "etag", datetime.now(UTC))
    async with open_client(aioboto3.Session(), place, public=True) as client:
        signer = S3Signer(client, place.bucket)
        signed = await signer.sign_get(stat, ReadHeaders("image/jpeg", "inline", "private"))

    assert signer.origin == origin
    assert signed.startswith(f"{origin}/")


async def test_tells_of_a_bucket_that_is_not_there(s3_server):
    place = s3_server.new_place()

    assert place.bucket in (await find_fault(place))


async def test_tells_of_keys_that_the_server_refuses(s3_server, s3, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")

    assert "refuses these keys" in (await find_fault(s3_server.new_place()))
