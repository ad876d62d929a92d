"""Servers and workers that are processes of their own, called together by Redis."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.metrics import read_metrics
from tests.pictures import make_picture
from tests.redis_server import RedisServer
from tests.serving import ROOT, RunningServer


@pytest.fixture
def distributed(tmp_path: Path, own_redis: RedisServer) -> Iterator[RunningServer]:
    """A server that runs no jobs."""
    server = RunningServer(tmp_path / "data", {"GF_REDIS_URL": own_redis.url})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def worker(distributed: RunningServer) -> Iterator[RunningServer]:
    worker = RunningServer(distributed.data_dir, distributed.settings, command="worker")
    worker.start()
    yield worker
    if worker.process is not None:
        worker.stop()


def test_a_worker_does_what_the_server_accepts(distributed: RunningServer, worker: RunningServer) -> None:
    job_id = distributed.upload(make_picture(seed=801), "JPEG")["job"]["id"]

    events = distributed.watch_to_end(job_id)

    assert [event["step"] for event in events] == ["FETCH", "TRANSFORM", "PERSIST", "DONE"]
    assert read_metrics(worker)['gf_item_seconds_count{kind="UPLOADED"}'] == 1
    assert 'gf_item_seconds_count{kind="UPLOADED"}' not in read_metrics(distributed)


def test_goes_on_without_redis_and_tells(
    distributed: RunningServer, worker: RunningServer, own_redis: RedisServer
) -> None:
    before = [httpx.get(f"{process.url}/readyz", timeout=5) for process in (distributed, worker)]
    own_redis.kill()

    job_id = distributed.upload(make_picture(seed=802), "JPEG")["job"]["id"]
    events = distributed.watch_to_end(job_id)
    after = [httpx.get(f"{process.url}/readyz", timeout=5) for process in (distributed, worker)]

    assert len(events) == 4
    assert [answer.json()["redis"] for answer in before + after] == ["ok", "ok", "failed", "failed"]
    assert {answer.status_code for answer in before + after} == {200}
    assert read_metrics(distributed)["gf_redis_up"] == 0


def test_a_job_waits_for_a_worker_to_start(distributed: RunningServer, own_redis: RedisServer) -> None:
    job_id = distributed.upload(make_picture(seed=803), "JPEG")["job"]["id"]
    own_redis.kill()  # and with it the call
    own_redis.start()

    worker = RunningServer(distributed.data_dir, distributed.settings, command="worker")
    worker.start()
    try:
        events = distributed.watch_to_end(job_id, timeout_s=30)
    finally:
        worker.stop()

    assert [event["kind"] for event in events] == ["OK", "OK", "OK", "COMPLETED"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "GF_REDIS_URL: must be set for workers; without it the server runs the jobs."),
        ("localhost:6379", "GF_REDIS_URL: the address must begin with redis://, rediss:// or unix://"),
    ],
)
def test_a_worker_needs_redis(tmp_path: Path, url: str, message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "worker"],
        env={"GF_DATA_DIR": str(tmp_path), "GF_REDIS_URL": url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr.strip()) == (2, message)
