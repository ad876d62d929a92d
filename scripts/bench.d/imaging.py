"""How fast and thrifty imaging is beside sharp, plain Pillow and thumbor: the table of our aims, in interleaved rounds.

scripts/bench imaging [--rounds N] [--seconds S] [--only TEXT]. Rates are per second of CPU, which other load on the
machine hardly changes; ratios hold from machine to machine, figures do not.
"""

import argparse
import itertools
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from contenders import first_hits
from contenders.photographs import PHOTOGRAPHS, Photograph, make_photographs
from contenders.renderings import CASCADE, OURS, PLAIN, THREE, contenders, measure_memory, measure_speed


@dataclass(frozen=True, slots=True)
class Work:
    """Three thumbnails of a picture, and how often as fast as each peer we want to make them."""

    photograph: str
    image_format: str
    aims: Mapping[str, float]


WORKS = (
    Work("JPEG 2 MP", "JPEG", {CASCADE: 1.3, THREE: 2, PLAIN: 3}),
    Work("JPEG 12 MP", "JPEG", {CASCADE: 1.1, THREE: 2, PLAIN: 5}),
    Work("JPEG 24 MP", "JPEG", {CASCADE: 1.1, THREE: 2, PLAIN: 5}),
    Work("PNG 12 MP", "JPEG", {CASCADE: 0.85}),
    Work("JPEG 12 MP", "WEBP", {CASCADE: 1.1}),
)
MEMORY_AIMS_MB = {"JPEG 24 MP": 20, "JPEG 24 MP progressive": 90, "PNG 24 MP": 120, "WebP 12 MP": 200}
FIRST_HIT_AIMS: Mapping[str, Mapping[str, float]] = {
    "JPEG 2 MP": {"thumbor": 2, "sharp": 1.1},
    "JPEG 12 MP": {"thumbor": 2, "sharp": 1.1},
    "PNG 2 MP": {"thumbor": 1.2},
    "WebP 2 MP": {"thumbor": 1.1, "sharp": 1.1},
    "AVIF 2 MP": {"thumbor": 1.1, "sharp": 1.1},
}
STORED = 10
STORED_RATE_AIM = 1500
STORED_P99_AIM_MS = 30


def main() -> None:
    options = parse_options()
    make_photographs(print)
    parts = {
        "thumbnails": print_thumbnails,
        "memory": print_memory,
        "variants": print_variants,
        "stored": print_stored,
    }
    for name, part in parts.items():
        if options.only in name:
            part(options)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench imaging", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a turn takes over HTTP")
    parser.add_argument("--only", default="", help="thumbnails, memory, variants or stored")
    return parser.parse_args()


def find(name: str) -> Photograph:
    return next(photograph for photograph in PHOTOGRAPHS if photograph.name == name)


def judge(ratio: float, aim: float | None) -> str:
    """Return a ratio beside what it should be."""
    if aim is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} ({'meets' if ratio >= aim else 'misses'} {aim:g})"


def print_thumbnails(options: argparse.Namespace) -> None:
    """Print thumbnails a CPU second; ours makes header, hashes, placeholder and palette besides."""
    names = (CASCADE, THREE, PLAIN)
    print(f"| three thumbnails | {OURS}, img/s | " + " | ".join(f"÷ {name}" for name in names) + " |")
    print("|---" + "|---:" * 4 + "|")
    for work in WORKS:
        speeds = measure_speed(find(work.photograph), contenders(work.image_format), options.rounds)
        ratios = [
            judge(speeds[OURS] / speeds[name], work.aims.get(name)) if name in speeds else "not here" for name in names
        ]
        print(
            f"| {work.photograph} → {work.image_format} | {speeds[OURS]:.1f} | " + " | ".join(ratios) + " |", flush=True
        )


def print_memory(options: argparse.Namespace) -> None:  # noqa: ARG001 - as the other parts are called
    print("\n| memory above idle, MB | ours | aim |\n|---|---:|---:|")
    ours = contenders("JPEG")[0]
    for name, aim in MEMORY_AIMS_MB.items():
        megabytes = measure_memory(find(name), ours)
        print(f"| {name} | {megabytes:.0f} | < {aim}: {'met' if megabytes < aim else 'missed'} |", flush=True)


def print_variants(options: argparse.Namespace) -> None:
    """Print first hits of fit 512 a CPU second."""
    print("\nFit 512 through HTTP: requests a second (p50, p99; per second of CPU; kB), ratios per second of CPU.")
    print("| picture | ours | thumbor | sharp | ÷ thumbor | ÷ sharp |\n|---" + "|---:" * 5 + "|")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = stack.enter_context(first_hits.serve(Path(folder)))
        peers = {
            "thumbor": stack.enter_context(first_hits.serve_thumbor()),
            "sharp": stack.enter_context(first_hits.serve_sharp()),
        }
        for name, aims in FIRST_HIT_AIMS.items():
            photograph = find(name)
            offered = first_hits.offer(server, photograph)
            ways = [first_hits.Way("ours", server.process.pid, offered)]
            for peer, held in peers.items():
                if held is not None:
                    ways.append(first_hits.Way(peer, held.pid, itertools.repeat(held.address(photograph))))
            found = first_hits.compete(ways, min(options.rounds, 3), options.seconds)
            cells = [str(found.get(each, "not here")) for each in ("ours", "thumbor", "sharp")]
            ratios = [
                judge(found["ours"].cpu_rate / found[peer].cpu_rate, aims.get(peer)) if peer in found else ""
                for peer in ("thumbor", "sharp")
            ]
            print(f"| {name} | " + " | ".join([*cells, *ratios]) + " |", flush=True)


def print_stored(options: argparse.Namespace) -> None:
    """Print how often variants are read that are made, a few of them in turn."""
    with tempfile.TemporaryDirectory() as folder, first_hits.serve(Path(folder)) as server:
        offered = first_hits.offer(server, find("JPEG 2 MP"))
        addresses = itertools.cycle(list(itertools.islice(offered, STORED)))
        way = first_hits.Way("stored", server.process.pid, addresses)
        found = first_hits.compete([way], min(options.rounds, 5), options.seconds)["stored"]
    print(f"\nA stored variant: {found}; the aim is {STORED_RATE_AIM} a second, p99 below {STORED_P99_AIM_MS} ms.")


if __name__ == "__main__":
    main()
