"""Images per second of one core that a MobileNetV2 looks at: our whole path against onnxruntime on ready tensors.

scripts/bench classify [--rounds N] [--images N]. The whole path is from the stored thumbnail of 400 px to the names of
the classes: handing over, opening, resizing, the model, reading its answer. Both are counted in CPU seconds of all
processes that have a part in it, in interleaved rounds, so a busy machine changes little. Ratios hold anywhere.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime as ort
from contenders.photographs import paint
from PIL import Image

from app.imaging.limits import ImageLimits
from app.inference.card import Input
from app.inference.classifier import OnnxClassifier, open_classifier
from app.inference.preprocess import to_tensor
from tests.imaging.processes import cpu_ticks, descendants
from tests.inference.mobilenet import make_mobilenet
from tests.inference.models import write_model

THUMBNAIL = 400
BATCH = 16
WANTED = 0.6
"""The least share of plain onnxruntime's speed that the whole path is to have."""

Work = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Contender:
    name: str
    work: Work
    rates: list[float] = field(default_factory=list)
    """Images a CPU second, round by round."""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


async def main(rounds: int, images: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        thumbnails = make_thumbnails(Path(folder), images)
        weights = make_mobilenet()
        write_model(Path(folder), "mobilenet", weights, labels=[f"class {n}" for n in range(1000)], given=" ", told=" ")
        async with open_classifier(Path(folder), None, ImageLimits(), os.cpu_count() or 1) as classifier:
            await classifier.check("mobilenet")
            contenders = [*plain(weights, thumbnails), *ours(classifier, thumbnails)]
            for _ in range(rounds):
                for contender in contenders:
                    contender.rates.append(await measure(contender.work, images))
    report(contenders)


def make_thumbnails(folder: Path, count: int) -> list[Path]:
    """Return JPEGs of 400 px, as the server keeps them."""
    picture = paint(THUMBNAIL, THUMBNAIL * 3 // 4)
    paths = [folder / f"{number}.jpeg" for number in range(count)]
    for path in paths:
        picture.save(path, quality=80)
    return paths


def plain(weights: bytes, thumbnails: list[Path]) -> list[Contender]:
    """Return onnxruntime alone, one thread, on tensors that are ready."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    rows = np.stack([to_tensor(Image.open(path), Input()) for path in thumbnails])

    def in_batches(size: int) -> Work:
        async def run() -> None:
            for start in range(0, len(rows), size):
                session.run(None, {"input": rows[start : start + size]})

        return run

    return [Contender(f"onnxruntime, batch {size}", in_batches(size)) for size in (1, BATCH)]


def ours(classifier: OnnxClassifier, thumbnails: list[Path]) -> list[Contender]:
    async def one_by_one() -> None:
        for path in thumbnails:
            await classifier.classify("mobilenet", path)

    async def gathered() -> None:
        await asyncio.gather(*(classifier.classify("mobilenet", path) for path in thumbnails))

    return [Contender("whole path, one by one", one_by_one), Contender("whole path, gathered", gathered)]


async def measure(work: Work, images: int) -> float:
    """Return the images of one CPU second, of this process and all below it."""
    before = cpu_seconds()
    await work()
    return images / (cpu_seconds() - before)


def cpu_seconds() -> float:
    ticks = sum(cpu_ticks(pid) for pid in descendants(os.getpid()))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def report(contenders: list[Contender]) -> None:
    for contender, base in zip(contenders, [None, None, *(plain.rate for plain in contenders[:2])], strict=True):
        share = "" if base is None else f"  {contender.rate / base:.2f} of onnxruntime"
        print(f"{contender.name:<26}{contender.rate:8.1f} images a CPU second{share}")
    print(f"at least {WANTED} is wanted of each; a batch of {BATCH} falls out of a core's caches")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=48)
    asked = parser.parse_args()
    asyncio.run(main(asked.rounds, asked.images))
