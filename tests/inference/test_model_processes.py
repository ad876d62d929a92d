"""The processes that models run in: how many there are, and what it costs to kill one."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from models import BLUE, GREY, RED, ask_all, endless_when_red, paint, write_model

from app.domain.errors import Busy
from app.domain.label import Prediction
from app.domain.model import ModelTimeout
from app.imaging.limits import ImageLimits
from app.inference import classifier as module
from app.inference.classifier import open_classifier
from tests.imaging.processes import cpu_ticks, fork_servers, forked, is_running, until


def model_processes() -> list[int]:
    return forked(fork_servers(b"app.inference"))


async def test_processes_are_forked_as_they_are_needed(tmp_path: Path) -> None:
    write_model(tmp_path, "slow", endless_when_red(300_000))
    blue, red = paint(tmp_path, BLUE), paint(tmp_path, RED)

    async with open_classifier(tmp_path, None, ImageLimits(), 2) as classifier:
        counts = [len(model_processes())]
        await classifier.classify("slow", blue)
        await classifier.classify("slow", blue)
        counts.append(len(model_processes()))
        said = await ask_all(classifier, "slow", [red] * 12)
        counts.append(len(model_processes()))

    assert counts == [0, 1, 2]
    assert {predictions[0] for predictions in said} == {Prediction("red", 1.0)}


async def test_what_takes_too_long_fails_its_own_picture_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = module.inference_limits
    monkeypatch.setattr(module, "inference_limits", lambda count: module.replace(limits(count), timeout_s=3.0))
    write_model(tmp_path, "slow", endless_when_red())
    paths = [paint(tmp_path, color) for color in (BLUE, RED, GREY)]

    async with open_classifier(tmp_path, None, ImageLimits(), 1) as classifier:
        blue, red, grey = await ask_all(classifier, "slow", paths)
        again = await classifier.classify("slow", paths[0])

    assert isinstance(red, ModelTimeout)
    assert [blue[0], grey[0], again[0]] == [
        Prediction("blue", 1.0),
        Prediction("blue", 0.8),
        Prediction("blue", 1.0),
    ]


async def test_a_process_that_is_killed_costs_nobody_an_answer(tmp_path: Path) -> None:
    write_model(tmp_path, "slow", endless_when_red(300_000))
    paths = [paint(tmp_path, BLUE), paint(tmp_path, RED)]

    async with open_classifier(tmp_path, None, ImageLimits(), 1) as classifier:
        await classifier.classify("slow", paths[0])
        (process,) = model_processes()
        before = cpu_ticks(process)
        asked = asyncio.create_task(ask_all(classifier, "slow", paths))
        await until(lambda: cpu_ticks(process) > before + 5)
        os.kill(process, signal.SIGKILL)
        blue, red = await asked

    assert [blue[0], red[0]] == [Prediction("blue", 1.0), Prediction("red", 1.0)]


async def test_closing_ends_what_is_under_way(tmp_path: Path) -> None:
    write_model(tmp_path, "slow", endless_when_red())

    async with open_classifier(tmp_path, None, ImageLimits(), 1) as classifier:
        asked = asyncio.create_task(ask_all(classifier, "slow", [paint(tmp_path, RED)] * 3))
        await until(lambda: bool(model_processes()))
        started = model_processes()

    assert [type(answer) for answer in await asked] == [Busy] * 3
    await until(lambda: not any(map(is_running, started)))
