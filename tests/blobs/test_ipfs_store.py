"""What only a store on IPFS has to mind: shared bytes, garbage collection, versions, a node that is away or another."""

import asyncio
import os
import socket
import time
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from app.blobs.ipfs.identifiers import Note, decode, encode
from app.blobs.ipfs.node import CALL_S, find_fault, open_node
from app.blobs.ipfs.store import READ_BYTES, IpfsStore
from app.domain.errors import Conflict, DamagedObject, StorageUnavailable

KEY = f"{'0a' * 16}.jpeg"
OTHER_KEY = f"{'0b' * 16}.jpeg"
STAGING_KEY = f"staging/{'0a' * 16}"
HELLO = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"
HELLO_IN_BASE58 = "zb2rhZfjRh2FHHB2RkHVEvL2vJnCTcu7kwRqgVsf9gpkLgteo"


async def ask(store: IpfsStore, command: str, **options: str) -> str:
    """Call the node past the store."""
    async with store.node.session.post(f"{store.node.api_url}/api/v0/{command}", params=options) as response:
        assert response.status == 200
        return await response.text()


async def read_all(store, key):
    async with aclosing(store.read(key)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def names_of_entries(store, key):
    folder, _, name = key.rpartition("/")
    path = "/".join(part for part in (store.root, folder, name[:2], name) if part)
    return sorted(entry.name for entry in await store.node.list(path))


def test_identifiers_are_the_same_in_both_bases():
    assert encode(decode(HELLO_IN_BASE58)) == HELLO


@pytest.mark.parametrize("text", ["", "QmUHXseZcd6W1ezqvRy6ARppbdwEawVAoeHiSFDJVB7Von", "z0", "b1"])
def test_refuses_what_is_no_identifier(text):
    with pytest.raises(ValueError, match=r"identifier|substring|digit|padding"):
        decode(text)


def test_notes_are_read_back_and_told_from_other_identifiers():
    note = Note(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "0" * 64)

    assert Note.from_cid(note.to_cid()) == note
    with pytest.raises(ValueError, match="no content"):
        Note.from_cid(HELLO)


@pytest.mark.ipfs
async def test_an_object_is_known_by_what_its_bytes_are(ipfs):
    await ipfs.put(KEY, b"hello")
    await ipfs.put(OTHER_KEY, b"hello")

    assert [(stat.cid, stat.etag) async for stat in ipfs.list()] == [(HELLO, HELLO)] * 2


@pytest.mark.ipfs
async def test_the_gateway_gives_what_is_stored(ipfs, ipfs_node):
    data = os.urandom(READ_BYTES + 1)
    await ipfs.put(KEY, data)
    cid = (await ipfs.find(KEY)).cid

    async with ipfs.node.session.get(f"{ipfs_node.settings['GF_IPFS_GATEWAY_URL']}/ipfs/{cid}") as response:
        assert await response.read() == data


@pytest.mark.ipfs
async def test_bytes_outlive_one_of_their_two_keys_and_go_with_the_last(ipfs):
    data = os.urandom(300_000)
    await ipfs.put(KEY, data)
    await ipfs.put(OTHER_KEY, data)
    cid = (await ipfs.find(KEY)).cid

    await ipfs.delete(KEY)
    await ask(ipfs, "repo/gc")
    assert await read_all(ipfs, OTHER_KEY) == data

    await ipfs.delete(OTHER_KEY)
    await ask(ipfs, "repo/gc")
    assert cid not in await ask(ipfs, "refs/local")
    assert cid not in await ask(ipfs, "pin/ls")


@pytest.mark.ipfs
async def test_replacing_leaves_one_version(ipfs):
    for data in (b"one", b"two", b"two", b"three"):
        await ipfs.put(KEY, data)

    number, note = await names_of_entries(ipfs, KEY)
    assert number == "4"
    assert note.startswith(f"4-{(await ipfs.find(KEY)).cid}-")
    assert await read_all(ipfs, KEY) == b"three"


@pytest.mark.ipfs
async def test_a_replacement_that_was_broken_off_changes_nothing(ipfs):
    await ipfs.put(KEY, b"before")
    before = await ipfs.find(KEY)
    note = Note(datetime.now(UTC), "0" * 64).to_cid()

    await ipfs.node.link(note, f"{ipfs.root}/0a/{KEY}/2-{HELLO}-0000")

    assert await ipfs.find(KEY) == before
    await ipfs.put(KEY, b"hello")
    assert await read_all(ipfs, KEY) == b"hello"


@pytest.mark.ipfs
async def test_the_sweeper_removes_what_was_begun_and_never_ended(ipfs):
    note = Note(datetime.now(UTC) - timedelta(hours=2), "0" * 64).to_cid()
    await ipfs.node.link(note, f"{ipfs.root}/staging/0a/{'0a' * 16}/1-{HELLO}-0000")
    await ipfs.put(f"staging/{'0b' * 16}", b"pixels")

    kept = await ipfs.sweep(datetime.now(UTC) - timedelta(hours=3))
    removed = await ipfs.sweep(datetime.now(UTC) - timedelta(hours=1))

    assert (kept, removed) == (0, 1)
    assert await names_of_entries(ipfs, STAGING_KEY) == []
    assert [stat.key async for stat in ipfs.list()] == [f"staging/{'0b' * 16}"]


@pytest.mark.ipfs
async def test_notices_damage_when_it_reads_an_object_whole(ipfs):
    await ipfs.put(STAGING_KEY, b"pixels")
    await ipfs.move(STAGING_KEY, KEY, sha256="0" * 64)

    with pytest.raises(DamagedObject):
        await read_all(ipfs, KEY)


@pytest.mark.ipfs
async def test_refuses_to_move_what_was_replaced_since_it_was_inspected(ipfs):
    await ipfs.put(STAGING_KEY, b"inspected")
    inspected = await ipfs.find(STAGING_KEY)
    await ipfs.put(STAGING_KEY, b"something else")

    with pytest.raises(Conflict):
        await ipfs.move(STAGING_KEY, KEY, etag=inspected.etag)

    assert await ipfs.find(KEY) is None
    assert await read_all(ipfs, STAGING_KEY) == b"something else"


@pytest.mark.ipfs
async def test_a_lost_block_is_told_in_time_and_mended_by_writing_again(ipfs):
    data = os.urandom(1000)
    await ipfs.put(KEY, data)
    await ask(ipfs, "block/rm", arg=(await ipfs.find(KEY)).cid, force="true")
    begun = time.monotonic()

    with pytest.raises(StorageUnavailable):
        await read_all(ipfs, KEY)

    assert time.monotonic() - begun < CALL_S + 3
    await ipfs.put(KEY, data)
    assert await read_all(ipfs, KEY) == data


@pytest.mark.ipfs
async def test_tells_a_node_from_something_else(ipfs_node, ipfs):
    gateway = ipfs_node.settings["GF_IPFS_GATEWAY_URL"]

    assert await find_fault(ipfs_node.api_url) is None
    assert (await find_fault(gateway)).startswith("GF_IPFS_API_URL: ")


@pytest.fixture
def silent_server():
    """The address of a server that takes every connection and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_a_node_that_is_away_is_no_fault_of_the_settings(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

        assert await find_fault(url) is None
        async with open_node(url) as node:
            with pytest.raises(StorageUnavailable):
                await IpfsStore(node, "/test", tmp_path).put(KEY, b"pixels")


async def test_a_node_that_hangs_is_told_in_time(silent_server, tmp_path):
    async with open_node(silent_server) as node:
        store = IpfsStore(node, "/test", tmp_path)
        begun = time.monotonic()

        results = await asyncio.gather(store.find(KEY), store.delete(KEY), store.check(), return_exceptions=True)

    assert [type(result) for result in results] == [StorageUnavailable] * 3
    assert time.monotonic() - begun < CALL_S + 2
