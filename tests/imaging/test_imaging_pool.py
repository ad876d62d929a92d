"""The pool: a hostile picture costs one process, and nobody waits for ever."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.domain.errors import Busy, CorruptImage, DecoderDied, DecodeTimeout, SourceUnreadable, TooManyPixels
from app.imaging.inspect import inspect
from app.imaging.limits import PoolLimits
from app.imaging.pipeline import render
from app.imaging.pool import ImagingPool, open_pool
from tests.imaging.making import LIMITS, make_png, make_quarters, make_scan_bomb, save
from tests.imaging.processes import cpu_ticks, descendants, fork_servers, imaging_processes, is_running, until

ALL_SCANS = replace(LIMITS, max_scans=1_000_000)
ONE = PoolLimits(processes=1)


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A JPEG of 1.1 MB that takes a minute and more."""
    path = tmp_path_factory.mktemp("bombs") / "scans.jpeg"
    path.write_bytes(make_scan_bomb((3000, 3000), 20_000))
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save(make_quarters((300, 200)), tmp_path / "picture.jpeg")


@asynccontextmanager
async def rendering(imaging: ImagingPool, path: Path) -> AsyncIterator[asyncio.Task[object]]:
    """Hold a rendering that is under way."""
    task = asyncio.create_task(imaging.render(path))
    await asyncio.sleep(0)
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_gives_what_the_functions_give(picture: Path):
    async with open_pool(LIMITS, PoolLimits()) as imaging:
        assert await imaging.inspect(picture) == inspect(picture, LIMITS)
        assert await imaging.render(picture) == render(picture, LIMITS)


async def test_errors_arrive_as_they_were_raised(tmp_path: Path):
    async with open_pool(LIMITS, ONE) as imaging:
        with pytest.raises(CorruptImage, match="damaged or cut off"):
            await imaging.render(make_file(tmp_path / "broken.png", make_png(30, 20, pixels=b"\0")))
        with pytest.raises(TooManyPixels, match="50000000"):
            await imaging.inspect(make_file(tmp_path / "huge.png", make_png(30_000, 20_000)))
        with pytest.raises(SourceUnreadable):
            await imaging.inspect(tmp_path / "missing.jpeg")


def make_file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


async def test_what_takes_too_long_is_killed(bomb: Path, picture: Path):
    async with open_pool(ALL_SCANS, replace(ONE, timeout_s=0.3)) as imaging:
        before = imaging_processes()

        with pytest.raises(DecodeTimeout):
            await imaging.render(bomb)

        await until(lambda: not is_running(before[0]))
        assert await imaging.render(picture) == render(picture, LIMITS)


async def test_a_killed_process_fails_its_own_picture_alone(bomb: Path, picture: Path):
    async with open_pool(ALL_SCANS, PoolLimits(processes=2)) as imaging, rendering(imaging, bomb) as doomed:
        expected = await imaging.render(picture)
        await until(lambda: max(map(cpu_ticks, imaging_processes())) > 30)  # 0.3 s: more than the picture took
        busy = max(imaging_processes(), key=cpu_ticks)
        neighbours = [asyncio.create_task(imaging.render(picture)) for _ in range(8)]

        os.kill(busy, signal.SIGKILL)

        with pytest.raises(DecoderDied):
            await doomed
        assert await asyncio.gather(*neighbours) == [expected] * 8


async def test_more_memory_than_allowed_fails_its_own_picture_alone(tmp_path: Path, picture: Path):
    large = save(Image.new("RGBA", (6000, 6000), (1, 2, 3, 4)), tmp_path / "large.png", compress_level=1)

    async with open_pool(LIMITS, replace(ONE, max_memory_bytes=300 * 2**20)) as imaging:
        with pytest.raises(DecoderDied):
            await imaging.render(large)
        assert await imaging.render(picture) == render(picture, LIMITS)


async def test_a_full_pool_is_busy_at_once(bomb: Path, picture: Path):
    async with open_pool(ALL_SCANS, replace(ONE, max_waiting=1)) as imaging:
        async with rendering(imaging, bomb), rendering(imaging, bomb):
            async with asyncio.timeout(0.5):
                with pytest.raises(Busy):
                    await imaging.inspect(picture)

        assert (await imaging.inspect(picture)).width == 300


async def test_waiting_has_an_end(bomb: Path, picture: Path):
    async with open_pool(ALL_SCANS, replace(ONE, max_wait_s=0.05)) as imaging:
        async with rendering(imaging, bomb):
            with pytest.raises(Busy):
                await imaging.inspect(picture)

        assert (await imaging.inspect(picture)).width == 300


async def test_whoever_gives_up_frees_the_process(bomb: Path, picture: Path):
    async with open_pool(ALL_SCANS, ONE) as imaging:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(imaging.render(bomb), 0.1)

        async with asyncio.timeout(5):
            assert (await imaging.inspect(picture)).width == 300


async def test_an_idle_process_that_died_is_replaced(picture: Path):
    async with open_pool(LIMITS, ONE) as imaging:
        (idle,) = imaging_processes()
        os.kill(idle, signal.SIGKILL)
        await until(lambda: not is_running(idle))

        assert (await imaging.inspect(picture)).width == 300
        assert imaging_processes() != [idle]


async def test_a_fork_server_that_died_is_replaced(picture: Path):
    async with open_pool(LIMITS, ONE) as imaging:
        (server,), (idle,) = fork_servers(), imaging_processes()
        for pid in (server, idle):
            os.kill(pid, signal.SIGKILL)
        await until(lambda: not is_running(server) and not is_running(idle))

        assert (await imaging.inspect(picture)).width == 300


async def test_a_process_is_replaced_after_its_time(picture: Path):
    async with open_pool(LIMITS, replace(ONE, max_calls=3)) as imaging:
        seen = []
        for _ in range(6):
            await imaging.inspect(picture)
            seen.append(tuple(imaging_processes()))

    assert len(set(seen[:2])) == 1
    assert seen[0] != seen[3]


async def test_signals_to_the_whole_service_leave_work_alone(picture: Path):
    async with open_pool(LIMITS, ONE) as imaging:
        before = imaging_processes()
        for number in (signal.SIGTERM, signal.SIGINT):
            os.killpg(os.getpgid(before[0]), number)

        assert (await imaging.inspect(picture)).width == 300
        assert imaging_processes() == before


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_decoders_know_no_secrets_and_stand_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GF_ADMIN_KEY", "a secret")

    async with open_pool(LIMITS, replace(ONE, nice=7)):
        (process,) = imaging_processes()

        assert b"secret" not in environment_of(process)
        assert os.getpriority(os.PRIO_PROCESS, process) == os.getpriority(os.PRIO_PROCESS, 0) + 7


def limits_of(process: int) -> str:
    return Path(f"/proc/{process}/limits").read_text()


async def test_the_kernel_holds_a_decoder_to_its_limits(picture: Path):
    async with open_pool(LIMITS, replace(ONE, timeout_s=7)) as imaging:
        await imaging.render(picture)

        (process,) = imaging_processes()
        told = limits_of(process)

    limits = {line[:25].strip(): line[25:].split()[0] for line in told.splitlines()[1:]}
    assert limits["Max address space"] == str(2**30)
    assert 7 <= int(limits["Max cpu time"]) <= 10
    assert limits["Max core file size"] == "0"


async def test_the_kernel_ends_a_decoder_whose_server_does_not(bomb: Path):
    async with open_pool(ALL_SCANS, replace(ONE, timeout_s=1)) as imaging:
        (process,) = imaging_processes()
        async with rendering(imaging, bomb):
            await until(lambda: cpu_ticks(process) > 5)
            deadline = time.monotonic() + 20
            while is_running(process) and time.monotonic() < deadline:
                time.sleep(0.05)  # noqa: ASYNC251 - nobody but the kernel is to be there

            assert not is_running(process)


async def test_closing_leaves_no_process_and_ends_what_is_under_way(bomb: Path):
    async with open_pool(ALL_SCANS, PoolLimits(processes=2)) as imaging:
        started = {*fork_servers(), *imaging_processes()}
        under_way = asyncio.create_task(imaging.render(bomb))
        await until(lambda: max(map(cpu_ticks, imaging_processes())) > 5)

    with pytest.raises(Busy):
        await under_way
    with pytest.raises(Busy):
        await imaging.render(bomb)
    assert len(started) == 3
    await until(lambda: not any(map(is_running, started)))


async def test_no_process_outlives_a_killed_server(bomb: Path):
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from app.imaging.limits import ImageLimits, PoolLimits\n"
        "from app.imaging.pool import open_pool\n"
        "async def main():\n"
        "    async with open_pool(ImageLimits(max_scans=10**6), PoolLimits(processes=2)) as imaging:\n"
        "        print('ready', flush=True)\n"
        "        await imaging.render(Path(sys.argv[1]))\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(bomb), stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert await server.stdout.readline() == b"ready\n"
    await until(lambda: max(map(cpu_ticks, descendants(server.pid))) > 20)
    started = descendants(server.pid)

    server.kill()
    await server.wait()

    assert len(started) == 3
    await until(lambda: not any(map(is_running, started)))
