"""`gf-images storage check` on a hundred images that are really in a folder and on a real S3 server or IPFS node."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.container.stores import open_store
from app.data_dir import DataDir
from app.domain.image import Derived, Image, ImageFormat, ImageId, ImageState, Metadata, Placeholder, new_image_id
from app.domain.replica import Replica, ReplicaState, expected_objects
from app.domain.viewer import UserId
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.records.sqlite.database import open_records
from app.settings import Settings
from app.storage_commands import storage
from tests.ipfs_node import IpfsNode
from tests.s3_server import S3Server
from tests.serving import ADMIN_KEY

T = TypeVar("T")

COUNT = 100
LONG_AGO = datetime.now(UTC) - timedelta(days=1)
chooser = random.Random(7)


@dataclass
class Installation:
    """A data folder and another store with the same images, and no server."""

    data_dir: Path
    other: str
    settings: dict[str, str]

    def run(self, *arguments: str) -> Result:
        """Run a command in this process, since another one takes seconds to start."""
        own = {"GF_DATA_DIR": str(self.data_dir), "GF_ADMIN_KEY": ADMIN_KEY}
        return CliRunner().invoke(storage, list(arguments), env={**own, **self.settings}, catch_exceptions=False)

    def do(self, work: Callable[[Records, dict[str, BlobStore]], Awaitable[T]]) -> T:
        """Work on the records and the stores themselves."""

        async def run() -> T:
            async with self.open() as (records, stores):
                return await work(records, stores)

        return asyncio.run(run())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[Records, dict[str, BlobStore]]]:
        settings, data_dir = Settings(**self.values()), DataDir(self.data_dir)
        async with open_records(data_dir.database) as records, AsyncExitStack() as stack:
            names = ("local", self.other)
            yield records, {name: await open_store(name, settings, data_dir, stack) for name in names}

    def values(self) -> dict[str, object]:
        """Return the settings that lead to the stores, as they are called inside."""
        return {
            name.removeprefix("GF_").lower(): value
            for name, value in self.settings.items()
            if name.startswith(("GF_S3_", "GF_IPFS_"))
        }


ON_IPFS = [pytest.param(names, marks=pytest.mark.ipfs) for names in ("local,ipfs", "ipfs,local")]


@pytest.fixture(params=["local,s3", "s3,local", *ON_IPFS])
def installation(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    # A command silences the process that it runs in, which is this one.
    monkeypatch.setattr("app.storage_commands.configure_logging", lambda _level: None)
    [other] = set(request.param.split(",")) - {"local"}
    if other == "s3":
        server: S3Server = request.getfixturevalue("s3_server")
        settings = server.settings | {"GF_S3_BUCKET": server.new_place().bucket}
    else:
        node: IpfsNode = request.getfixturevalue("ipfs_node")
        settings = node.settings | {"GF_IPFS_FOLDER": node.new_folder()}
    made = Installation(tmp_path / "data", other, settings | {"GF_STORAGE": request.param})
    made.data_dir.mkdir(mode=0o700)
    assert made.run("setup").exit_code == 0
    return made


def make_bytes() -> bytes:
    return chooser.randbytes(chooser.randrange(2_000, 20_000))


async def add_images(
    records: Records, stores: dict[str, BlobStore], *, count: int, names: Sequence[str] = ()
) -> dict[str, bytes]:
    """Keep images with their thumbnails in stores; return the bytes under each key."""
    objects: dict[str, bytes] = {}
    names = names or tuple(stores)
    for _ in range(count):
        original, thumbnails = make_bytes(), [make_bytes() for _ in range(3)]
        image = Image(
            id=new_image_id(),
            owner_id=UserId("user:ada"),
            title="",
            state=ImageState.PROCESSING,
            format=ImageFormat.JPEG,
            width=8,
            height=8,
            byte_size=len(original),
            sha256=hashlib.sha256(original).hexdigest(),
            frame_count=1,
            created_at=LONG_AGO,
            derived=Derived(
                thumbnail_bytes=(len(thumbnails[0]), len(thumbnails[1]), len(thumbnails[2])),
                placeholder=Placeholder("", "", "", "#000000"),
                palette=(),
                difference_hash="0" * 16,
                metadata=Metadata(),
                thumbnail_sha256=tuple(hashlib.sha256(data).hexdigest() for data in thumbnails),
            ),
        )
        for expected, data in zip(expected_objects(image), (original, *thumbnails), strict=True):
            objects[expected.key] = data
            await asyncio.gather(*(stores[name].put(expected.key, data) for name in names))
        await records.images.add(image, ())
        await records.replicas.put([Replica(image.id, name, ReplicaState.STORED) for name in names])
    return objects


def sizes(objects: dict[str, bytes]) -> dict[str, int]:
    return {key: len(data) for key, data in objects.items()}


async def held(_: Records, stores: dict[str, BlobStore]) -> dict[str, dict[str, int]]:
    """Return the size of each object in each store."""
    return {name: {stat.key: stat.byte_size async for stat in store.list()} for name, store in stores.items()}


def last_line(result: Result) -> str:
    return result.stdout.splitlines()[-1]


def found_in(output: str) -> set[tuple[str, str, str]]:
    """Return (store, finding, key) of each row of the table."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in output.splitlines() if line.startswith("│")]
    return {(row[0], row[1], row[2]) for row in rows}


async def tamper(_: Records, stores: dict[str, BlobStore], *, objects: dict[str, bytes]) -> set[tuple[str, str, str]]:
    """Flip a byte in ten originals, delete five, cut five short, in one or the other store, and leave ten strays."""
    originals = chooser.sample([key for key in objects if "/" not in key], 20)
    done: set[tuple[str, str, str]] = set()
    for number, key in enumerate(originals):
        name, data = list(stores)[number % 2], objects[key]
        if number < 10:
            place = chooser.randrange(len(data))
            await stores[name].put(key, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        elif number < 15:
            await stores[name].delete(key)
        else:
            await stores[name].put(key, data[: chooser.randrange(len(data))])
        done.add((name, "MISSING" if 10 <= number < 15 else "DAMAGED", key))
    keys = [f"{new_image_id()}.jpeg" for _ in range(6)] + [originals[0].replace(".jpeg", ".png"), "notes/readme.txt"]
    keys += [f"thumbnails/{new_image_id()}_thumb_small.jpeg", f"variants/{new_image_id()}_{new_image_id()}.webp"]
    for number, key in enumerate(keys):
        name = list(stores)[number % 2]
        await stores[name].put(key, b"stray")
        done.add((name, "STRAY", key))
    return done


def test_names_all_thirty_faults_with_no_false_alarm_and_mends_them(installation: Installation) -> None:
    objects = installation.do(partial(add_images, count=COUNT))
    clean = installation.run("check")
    faults = installation.do(partial(tamper, objects=objects))

    found, mended = installation.run("check"), installation.run("check", "--repair")
    swept, after = installation.run("check", "--delete-strays"), installation.run("check")

    assert (clean.exit_code, last_line(clean)) == (0, "0 wrong, 0 of them put right.")
    assert len(faults) == 30
    assert (found.exit_code, found_in(found.stdout)) == (1, faults)
    assert (mended.exit_code, found_in(mended.stdout)) == (1, faults)
    assert last_line(mended) == "30 wrong, 20 of them put right."
    assert last_line(swept) == "10 wrong, 10 of them put right."
    assert (after.exit_code, last_line(after)) == (0, "0 wrong, 0 of them put right.")
    assert installation.do(held) == {"local": sizes(objects), installation.other: sizes(objects)}


def test_mends_thumbnails_and_tells_what_has_no_good_copy(installation: Installation) -> None:
    primary, replica = installation.settings["GF_STORAGE"].split(",")
    objects = installation.do(partial(add_images, count=4))
    lost, flipped, whole, _ = [key for key in objects if "/" not in key]
    small = next(key for key in objects if key.endswith("small.jpeg"))

    async def spoil(_: Records, stores: dict[str, BlobStore]) -> None:
        for store in stores.values():
            await store.delete(lost)
        await stores[primary].put(flipped, b"x" * len(objects[flipped]))
        await stores[replica].put(flipped, objects[flipped][:-1])
        await stores[primary].put(small, b"y" * len(objects[small]))

    async def find_states(records: Records, _: dict[str, BlobStore]) -> list[set[str]]:
        known = await records.replicas.find_many([ImageId(key[:32]) for key in (lost, flipped, whole)])
        return [{replica.state.value for replica in known[ImageId(key[:32])]} for key in (lost, flipped, whole)]

    installation.do(spoil)
    done = installation.run("check", "--repair")

    assert done.exit_code == 1
    assert found_in(done.stdout) == {
        (primary, "MISSING", lost),
        (replica, "MISSING", lost),
        (primary, "DAMAGED", flipped),
        (replica, "DAMAGED", flipped),
        (primary, "DAMAGED", small),
    }
    assert last_line(done) == "5 wrong, 1 of them put right."
    assert installation.do(find_states) == [{"MISSING"}, {"DAMAGED"}, {"STORED"}]


def test_a_replica_that_was_added_later_is_filled(installation: Installation) -> None:
    primary, replica = installation.settings["GF_STORAGE"].split(",")
    objects = installation.do(partial(add_images, count=3, names=(primary,)))

    done = installation.run("check", "--repair")

    assert done.exit_code == 0
    assert found_in(done.stdout) == {(replica, "UNREPLICATED", key) for key in objects}
    assert installation.do(held) == {"local": sizes(objects), installation.other: sizes(objects)}


def test_tells_of_a_store_that_does_not_answer(installation: Installation) -> None:
    address = {"s3": "GF_S3_ENDPOINT_URL", "ipfs": "GF_IPFS_API_URL"}[installation.other]
    installation.settings[address] = "http://127.0.0.1:9"

    done = installation.run("check")

    assert (done.exit_code, done.stderr.strip()) == (2, f"{installation.other}: does not answer, and was not checked.")


def test_copies_an_installation_and_goes_on_where_it_was_broken_off(installation: Installation) -> None:
    other = installation.other
    installation.settings["GF_STORAGE"] = "local"
    objects = installation.do(partial(add_images, count=20, names=("local",)))

    async def break_off(records: Records, stores: dict[str, BlobStore]) -> None:
        half = await records.images.scan(None, 10)
        for image in half:
            for expected in expected_objects(image):
                await stores[other].put(expected.key, objects[expected.key])
        await records.replicas.put([Replica(image.id, other, ReplicaState.STORED) for image in half])
        await stores[other].delete(half[0].original_key)

    installation.do(break_off)
    done, again = installation.run("copy", "local", other), installation.run("copy", "local", other)

    assert (done.exit_code, again.exit_code) == (0, 0), done.stderr
    assert "11 copied, 0 failed" in done.stdout
    assert "0 copied, 0 failed" in again.stdout
    assert installation.do(held) == {"local": sizes(objects), installation.other: sizes(objects)}


def test_copies_an_installation_back_into_a_folder(installation: Installation) -> None:
    other = installation.other
    installation.settings["GF_STORAGE"] = other
    objects = installation.do(partial(add_images, count=5, names=(other,)))

    done = installation.run("copy", other, "local")
    installation.settings["GF_STORAGE"] = f"local,{other}"
    checked = installation.run("check")

    assert (done.exit_code, checked.exit_code) == (0, 0), done.stderr + checked.stdout
    assert installation.do(held) == {"local": sizes(objects), other: sizes(objects)}


def test_a_copy_needs_two_stores_that_are_set(installation: Installation) -> None:
    installation.settings["GF_STORAGE"] = "local"
    setting = {"s3": "GF_S3_BUCKET", "ipfs": "GF_IPFS_API_URL"}[installation.other]
    installation.settings[setting] = ""

    unset, same, unknown = (installation.run("copy", "local", name) for name in (installation.other, "local", "tape"))

    assert unset.stderr.strip() == f"{setting}: must be set for the store {installation.other}."
    assert same.stderr.strip() == "INVALID_INPUT: The store 'local' cannot be copied to itself."
    assert [done.exit_code for done in (unset, same, unknown)] == [2, 2, 2]
