"""A SQLite file between processes: shared, killed, and on a disk that is full."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from record_factories import NOW, OWNER, add_job

from app.domain.image import ImageId
from app.domain.job import JobId, JobState, Progress
from app.records.sqlite.database import open_records

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
IN_A_SMALL_DISK = ("unshare", "--mount", "--map-root-user", "sh", "-c")


def start(script: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", HERE / script, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def outcome_of(command: list[str]) -> tuple[str, str]:
    """Run a command to its end; return what it printed and what it complained about."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=False)
    return ended.stdout, ended.stderr


def run_together(script: str, path: Path, count: int) -> list[list[str]]:
    """Start processes, let them go on at the same time once all are ready, and return what each printed."""
    processes = [start(script, path) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].split() for process in processes]


def kill_after(process: subprocess.Popen[str], count: int) -> list[str]:
    """Kill a process when it has printed some lines; return all that it had printed whole."""
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(count)]
    process.kill()
    rest, _ = process.communicate(timeout=30)
    return [line for line in [*lines, *rest.splitlines(keepends=True)] if line.endswith("\n")]


@pytest.mark.parametrize("count", [1, 40, 400])
async def test_keeps_what_was_acknowledged_before_a_kill(tmp_path: Path, count: int) -> None:
    path = tmp_path / "records.db"

    lines = kill_after(start("durable_writer_child.py", path), count)

    ids: dict[str, list[str]] = {"image": [], "job": []}
    for line in lines:
        noun, identity = line.split()
        ids[noun].append(identity)
    assert len(lines) >= count
    async with open_records(path) as records:
        images = await records.images.find_many([ImageId(identity) for identity in ids["image"]])
        jobs = await records.jobs.find_many([JobId(identity) for identity in ids["job"]])
        [integrity] = await records.database.read("PRAGMA integrity_check")
        [tags] = await records.database.read("SELECT count(*) AS tags FROM image_tags")
        [kept] = await records.database.read("SELECT count(*) AS images FROM images")
        await records.check()

    assert set(images) == set(ids["image"])
    assert set(jobs) == set(ids["job"])
    assert {(job.state, job.progress) for job in jobs.values()} <= {(JobState.COMPLETED, Progress(1, 1, 0))}
    assert integrity[0] == "ok"
    assert tags["tags"] == 3 * kept["images"]


async def test_two_processes_claim_disjoint_items(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    async with open_records(path) as records:
        await add_job(records, 400)
        shares = run_together("claimer_child.py", path, 2)

    assert sorted(int(position) for share in shares for position in share) == list(range(400))
    assert all(shares)


async def test_processes_cannot_pass_a_quota_together(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    async with open_records(path) as records:
        shares = run_together("announcer_child.py", path, 3)

        usage = await records.uploads.usage(OWNER, NOW)

    assert sum(map(len, shares)) == 50
    assert (usage.pending, usage.pending_bytes) == (50, 50_000)


def test_a_full_disk_is_told_and_recovered_from(tmp_path: Path) -> None:
    try:
        subprocess.run([*IN_A_SMALL_DISK, "mount -t tmpfs none /mnt"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small disk can be mounted here: {error}")
    mount = f"mount -t tmpfs -o size=2m none {tmp_path}"
    run = "exec " + shlex.join((sys.executable, str(HERE / "full_disk_child.py"), str(tmp_path)))

    outcome = subprocess.run(
        [*IN_A_SMALL_DISK, f"{mount} && {run}"],
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT,
        check=False,
    )

    assert (outcome.stdout, outcome.stderr) == ("recovered\n", "")


def test_a_quota_is_told_as_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a quota: the write fails with another code than on a full disk."""
    command = [sys.executable, str(HERE / "quota_child.py"), str(tmp_path / "records.db")]

    assert outcome_of(command) == ("recovered\n", "")
