"""The metrics of a real server: exact after what is known to have happened, and for operators alone."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from tests.listening import listen
from tests.metrics import read_metrics
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

START = "mutation ($input: StartJobInput!) { startJob(input: $input) { job { id } userErrors { code message } } }"


def changes(before: dict[str, float], after: dict[str, float], prefix: str) -> dict[str, float]:
    """Return what changed of the readings that begin with a name."""
    found = {name: value - before.get(name, 0) for name, value in after.items() if name.startswith(prefix)}
    return {name: change for name, change in found.items() if change and "_created" not in name}


def test_counts_and_times_an_upload(running_server: RunningServer) -> None:
    before = read_metrics(running_server)
    data = make_picture(seed=331)
    upload = running_server.init(data, "JPEG")["upload"]
    assert [running_server.put(upload, data).status_code for _ in range(2)] == [200, 409]
    job_id = running_server.complete(upload["imageId"])["job"]["id"]
    running_server.watch_to_end(job_id)

    after = read_metrics(running_server)

    assert changes(before, after, "gf_uploads_total") == {
        'gf_uploads_total{code="OK",stage="init"}': 1,
        'gf_uploads_total{code="OK",stage="transfer"}': 1,
        'gf_uploads_total{code="ALREADY_UPLOADED",stage="transfer"}': 1,
        'gf_uploads_total{code="OK",stage="complete"}': 1,
    }
    assert changes(before, after, "gf_item_seconds_count") == {'gf_item_seconds_count{kind="UPLOADED"}': 1}
    assert changes(before, after, "gf_step_seconds_count") == {
        f'gf_step_seconds_count{{step="{step}"}}': 1 for step in ("FETCH", "TRANSFORM", "PERSIST")
    }
    in_steps = sum(changes(before, after, "gf_step_seconds_sum").values())
    assert 0 < in_steps <= after['gf_item_seconds_sum{kind="UPLOADED"}'] < 60
    assert changes(before, after, "gf_imaging_seconds_count") == {
        f'gf_imaging_seconds_count{{operation="{operation}"}}': 1 for operation in ("inspect", "render")
    }
    storage = changes(before, after, "gf_storage_seconds_count")
    assert storage['gf_storage_seconds_count{operation="put"}'] == 3
    assert storage['gf_storage_seconds_count{operation="put_new"}'] == 1
    assert storage['gf_storage_seconds_count{operation="move"}'] == 1
    assert changes(before, after, "gf_item_errors") == changes(before, after, "gf_lease") == {}


def test_sums_up_the_bytes_of_thumbnails(running_server: RunningServer) -> None:
    before = read_metrics(running_server)
    payload = running_server.upload(make_picture(size=(1600, 1200), seed=332), "JPEG")
    running_server.watch_to_end(payload["job"]["id"])

    made = changes(before, read_metrics(running_server), "gf_thumbnail_bytes")

    query = "query ($id: ID!) { image(id: $id) { thumbnails { byteSize } } }"
    thumbnails = running_server.graphql(query, id=payload["image"]["id"])["image"]["thumbnails"]
    sizes = [float(thumbnail["byteSize"]) for thumbnail in thumbnails]
    assert [made[f'gf_thumbnail_bytes_sum{{size="{size}"}}'] for size in ("SMALL", "MEDIUM", "LARGE")] == sizes
    assert [made[f'gf_thumbnail_bytes_count{{size="{size}"}}'] for size in ("SMALL", "MEDIUM", "LARGE")] == [1, 1, 1]


def test_counts_what_goes_wrong_by_its_code(running_server: RunningServer, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "no_picture.jpg").write_bytes(b"no picture" * 50)
    (folder / "picture.jpg").write_bytes(make_picture(seed=333))
    running_server.stop()
    running_server.settings["GF_LOCAL_ROOTS"] = str(folder)
    running_server.start()
    running_server.upload(b"no picture at all" * 50, "PNG")
    started = running_server.graphql(START, input={"local": {"path": str(folder)}})["startJob"]
    running_server.watch_to_end(started["job"]["id"])

    readings = read_metrics(running_server)

    assert readings['gf_uploads_total{code="NOT_AN_IMAGE",stage="complete"}'] == 1
    assert readings['gf_item_errors_total{code="NOT_AN_IMAGE"}'] == 1
    assert readings['gf_item_seconds_count{kind="LOCAL"}'] == 1
    assert readings["gf_item_retries_total"] == 0
    assert (readings['gf_items{state="queued"}'], readings['gf_items{state="running"}']) == (0, 0)


async def test_counts_those_who_watch_and_keeps_nothing_of_those_who_left(running_server: RunningServer) -> None:
    flow = 'subscription { flowUpdates(name: "general") { cursor } }'
    jobs = "subscription { viewerJobs { id } }"
    names = ('gf_watchers{kind="flowUpdates"}', 'gf_watchers{kind="viewerJobs"}')
    async with listen(running_server, flow) as first, listen(running_server, flow) as second:
        await first.next()
        await second.next()
        async with listen(running_server, jobs):
            await settle(running_server, names, (2, 1))
        await asyncio.to_thread(running_server.upload, make_picture(seed=334), "JPEG")
        # What is told to both at once is watched by two all the same.
        assert (await first.next())["cursor"] == (await second.next())["cursor"]
        await settle(running_server, names, (2, 0))

    await settle(running_server, names, (0, 0))


async def settle(server: RunningServer, names: tuple[str, ...], expected: tuple[int, ...]) -> None:
    """Wait until the readings are as expected."""
    deadline = time.monotonic() + 10
    while (found := tuple(read_metrics(server).get(name) for name in names)) != expected:
        assert time.monotonic() < deadline, found


def get_status(server: RunningServer, **headers: str) -> int:
    return httpx.get(f"{server.url}/metrics", headers=headers).status_code


def test_speaks_openmetrics_when_asked(shared_server: RunningServer) -> None:
    answer = httpx.get(f"{shared_server.url}/metrics", headers={"Accept": "application/openmetrics-text"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_tells_nothing_to_who_comes_through_a_proxy(shared_server: RunningServer) -> None:
    forwarded = {"X-Forwarded-For": "127.0.0.1"}

    assert get_status(shared_server, **forwarded) == 401
    assert get_status(shared_server, **forwarded, **{"GF-Api-Key": ADMIN_KEY}) == 200


@pytest.fixture
def stopped_server(running_server: RunningServer) -> RunningServer:
    running_server.stop()
    return running_server


def test_tells_in_production_admins_alone(stopped_server: RunningServer) -> None:
    editor = stopped_server.run_cli("keys", "create", "ada").split()[-1]
    stopped_server.settings["GF_ENV"] = "production"
    stopped_server.start()

    statuses = [get_status(stopped_server, **({"GF-Api-Key": key} if key else {})) for key in (None, editor, ADMIN_KEY)]

    assert statuses == [401, 403, 200]


def test_can_be_turned_off(stopped_server: RunningServer) -> None:
    stopped_server.settings["GF_METRICS"] = "off"
    stopped_server.start()

    assert get_status(stopped_server, **{"GF-Api-Key": ADMIN_KEY}) == 404
