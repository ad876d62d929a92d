"""Ways to render a picture, each a process that takes orders, measured in interleaved rounds on one core."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from contenders.photographs import FOLDER, Photograph

from app.imaging.forking import worker_environment

HERE = Path(__file__).parent
SHARP = "sharp@0.35"
OURS = "ours"
PLAIN = "plain Pillow"
CASCADE = "sharp cascade"
THREE = "three sharps"
ROUND_S = 0.4
"""A turn of a contender takes about so long, and at least one picture."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to do the work: a process that takes orders on its standard input."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]

    def start(self) -> "Runner":
        return Runner(
            subprocess.Popen(
                [*pin(), *self.command],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )


@dataclass(frozen=True, slots=True)
class Runner:
    process: subprocess.Popen[str]

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def order(self, path: Path, count: int) -> tuple[list[float], int]:
        """Return the CPU seconds of each of `count` renderings, and the peak of memory above idle, KiB."""
        if self.process.stdin is None or self.process.stdout is None:
            raise ValueError("started without pipes")
        self.process.stdin.write(f"{path} {count}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["seconds"], answer["kib"]


def pin() -> list[str]:
    """Return what holds a command to the last core."""
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    return ["taskset", "-c", str(core)] if shutil.which("taskset") else []


def contenders(image_format: str) -> list[Contender]:
    """Return who makes three thumbnails of a format, ours first."""
    python = (sys.executable, str(HERE / "pillow.py"))
    inherited = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = [
        Contender(OURS, (*python, "ours", image_format), worker_environment()),
        Contender(PLAIN, (*python, "plain", image_format), inherited),
    ]
    if install_sharp():
        node = ("node", str(HERE / "sharp.mjs"))
        environment = {**os.environ, "SHARP_HOME": str(FOLDER)}
        found += [
            Contender(name, (*node, way, image_format), environment)
            for name, way in ((CASCADE, "cascade"), (THREE, "three"))
        ]
    return found


def install_sharp() -> bool:
    """Let npm put sharp into the folder of the pictures; say so when that cannot be."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("sharp is left out: there is no node or npm.")
        return False
    if (FOLDER / "node_modules" / "sharp").is_dir():
        return True
    npm = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(FOLDER), SHARP]
    done = subprocess.run(npm, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"sharp is left out: npm says {done.stderr.strip()[-200:]}")
    return done.returncode == 0


def measure_speed(photograph: Photograph, contestants: list[Contender], rounds: int) -> dict[str, float]:
    """Return the images per CPU second of each contender: the medians over rounds in which each has its turn."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contestants}
    runners = {contender.name: contender.start() for contender in contestants}
    counts = {}
    for name, runner in runners.items():
        warm, _ = runner.order(photograph.path, 2)
        counts[name] = max(1, round(ROUND_S / min(warm)))
    for _ in range(rounds):
        for name, runner in runners.items():
            seconds[name] += [statistics.median(runner.order(photograph.path, counts[name])[0])]
    for runner in runners.values():
        runner.process.communicate()
    return {name: 1 / statistics.median(values) for name, values in seconds.items()}


def measure_memory(photograph: Photograph, contender: Contender) -> float:
    """Return by how many MB one rendering lifts a fresh process above idle."""
    with contender.start() as runner:
        _, kib = runner.order(photograph.path, 1)
    return kib / 1024
