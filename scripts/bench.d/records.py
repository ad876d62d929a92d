"""A million image records in SQLite: what a page costs at the start of a list, in its midst and at its end.

Lists are read as a signed-in user reads them, who sees all but a tenth of the images. Each figure is the median of some
reads; the last column divides the dearest of the three places by the first page, which is the peer. Ends with 1 when a
page takes longer than the limit.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.domain.image import Image, ImageFilter, ImageOrder, ImageOrderField
from app.domain.page import Cursor, Page, PageRequest
from app.domain.viewer import Role, User, UserId, Viewer
from app.records.sqlite.database import SqliteRecords, open_records
from app.records.sqlite.image_search import RANK_SPAN
from app.records.sqlite.rows import from_micros

START = 1_700_000_000_000_000
"""Microseconds since 1970, the time of the first image; each further one is a second later."""

OWNER, READER = UserId("user:owner"), UserId("user:reader")
VIEWER = Viewer(User(READER, "reader", Role.VIEWER, from_micros(START)))

IMAGES = """
INSERT INTO images (id, owner_id, title, state, format, width, height, byte_size, sha256, frame_count, created_at, tags)
VALUES (?, ?, ?, 'READY', 'JPEG', 4000, 3000, ?, ?, 1, ?, ?)
"""
PLACES = "INSERT INTO flow_images (image_id, flow, created_at, is_failed) VALUES (?, ?, ?, 0)"
TAGS = "INSERT INTO image_tags (image_id, tag, created_at, owner_id) VALUES (?, ?, ?, ?)"
SAID = "INSERT INTO image_classifications (image_id, model, model_version, classified_at) VALUES (?, 'kinds', '1', ?)"
LABELS = "INSERT INTO labelled_images (image_id, name, score, created_at) VALUES (?, ?, ?, ?)"

SEARCHED = "INSERT INTO search_rows (id, image_id) SELECT created_at, id FROM images ORDER BY created_at"
COUNTED = (
    "UPDATE flows SET image_count = (SELECT count(*) FROM flow_images WHERE flow = flows.name)",
    "INSERT INTO tag_counts SELECT owner_id, tag, count(*) FROM image_tags GROUP BY owner_id, tag",
)
BATCH = 20_000


NEWEST, RELEVANCE = ImageOrder(), ImageOrder(ImageOrderField.RELEVANCE)


@dataclass(frozen=True)
class Case:
    """A list, and what is added to a time to make the value of its cursors."""

    name: str
    filters: ImageFilter
    order: ImageOrder = NEWEST
    base: int = 0


CASES = (
    Case("all", ImageFilter()),
    Case("flow of all", ImageFilter(flow="all")),
    Case("flow of 1 in 10", ImageFilter(flow="tenth")),
    Case("tag of 1 in 2", ImageFilter(tag="half")),
    Case("tag of 1 in 100", ImageFilter(tag="hundredth")),
    Case("label of 1 in 2", ImageFilter(label="photograph", min_label_score=0.5)),
    Case("word of all", ImageFilter(words=("picture",)), RELEVANCE, 2 * RANK_SPAN),
    Case("word of 1 in 100", ImageFilter(words=("word7",)), RELEVANCE, 2 * RANK_SPAN),
    Case("two words", ImageFilter(words=("picture", "word7")), RELEVANCE, 2 * RANK_SPAN),
    Case("words by time", ImageFilter(words=("picture", "half"))),
    Case("words, flow, tag", ImageFilter(words=("picture",), flow="tenth", tag="half"), RELEVANCE, 2 * RANK_SPAN),
    Case("flow, tag, label", ImageFilter(flow="tenth", tag="half", label="photograph")),
)


async def main() -> int:
    options = parse_options()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        async with open_records(path) as records:
            began = time.perf_counter()
            await fill(records, options.images)
            size_mb = sum(file.stat().st_size for file in path.parent.iterdir()) / 1e6
            print(f"{options.images} images, {size_mb:.0f} MB, written in {time.perf_counter() - began:.0f} s")
            print(f"{'pages of 50, ms':<20}{'first':>8}{'midst':>8}{'end':>8}{'ratio':>8}")
            dearest = [await measure(records, case, options) for case in CASES]
    return 0 if max(dearest) <= options.limit_ms else 1


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench records", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000, help="how many there are")
    parser.add_argument("--reads", type=int, default=21, help="how often each page is read")
    parser.add_argument("--limit-ms", type=float, default=20, help="what a page may take at most")
    return parser.parse_args()


async def measure(records: SqliteRecords, case: Case, options: argparse.Namespace) -> float:
    """Print what pages of a list take; return the most."""
    midst = Cursor(START + options.images // 2 * 1_000_000 + case.base, "")
    pages = (PageRequest(50), PageRequest(50, after=midst), PageRequest(50, backwards=True))
    first, *others = [await read_ms(records, case, page, options.reads) for page in pages]
    figures = "".join(f"{figure:8.2f}" for figure in (first, *others))
    print(f"{case.name:<20}{figures}{max(first, *others) / first:8.2f}")
    return max(first, *others)


async def read_ms(records: SqliteRecords, case: Case, page: PageRequest, reads: int) -> float:
    taken = []
    for _ in range(reads):
        began = time.perf_counter()
        found: Page[Image] = await records.images.list(VIEWER, case.filters, case.order, page)
        taken.append((time.perf_counter() - began) * 1000)
        if not found.items:
            raise SystemExit(f"Nothing was listed of {case.name}.")
    return statistics.median(taken)


async def fill(records: SqliteRecords, count: int) -> None:
    """Write the records in bulk: triggers that count are put aside meanwhile, and their counts made at the end."""
    async with records.database.transaction() as transaction:
        triggers = await transaction.fetch("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for trigger in triggers:
            await transaction.fetch(f"DROP TRIGGER {trigger['name']}")
        for flow, is_public in (("all", 1), ("tenth", 1), ("hidden", 0)):
            await transaction.fetch(
                "INSERT INTO flows "
                "(name, folded_name, description, owner_id, is_public, editor_ids, storage, created_at) "
                "VALUES (?1, ?1, '', ?2, ?3, '[]', 'local', ?4)",
                (flow, OWNER, is_public, START),
            )
    for start in range(0, count, BATCH):
        numbers = range(start, min(count, start + BATCH))
        async with records.database.transaction() as transaction:
            await transaction.execute_many(IMAGES, (image_row(number) for number in numbers))
            await transaction.execute_many(PLACES, (row for number in numbers for row in place_rows(number)))
            await transaction.execute_many(TAGS, (row for number in numbers for row in tag_rows(number)))
            await transaction.execute_many(SAID, ((id_of(number), time_of(number)) for number in numbers))
            await transaction.execute_many(LABELS, (label_row(number) for number in numbers))
    async with records.database.transaction() as transaction:
        for statement in (*COUNTED, *(trigger["sql"] for trigger in triggers), SEARCHED):
            await transaction.fetch(statement)


def id_of(number: int) -> str:
    return f"{number * 2_654_435_761 % 2**32:08x}{number:024x}"


def time_of(number: int) -> int:
    return START + number * 1_000_000


def tags_of(number: int) -> list[str]:
    return [name for name, every in (("half", 2), ("hundredth", 100)) if number % every == 0]


def image_row(number: int) -> tuple[str | int, ...]:
    title = f"Picture {number} of word{number % 100} and {'rare' if number % 10_000 == 0 else 'plain'}"
    tags = "[" + ", ".join(f'"{tag}"' for tag in tags_of(number)) + "]"
    return id_of(number), OWNER, title, 1_000 + number % 9_999, f"{number:064x}", time_of(number), tags


def place_rows(number: int) -> Iterator[tuple[str | int, ...]]:
    shown = "all" if number % 10 != 3 else "hidden"
    for flow in (shown, "tenth") if number % 10 == 0 else (shown,):
        yield id_of(number), flow, time_of(number)


def tag_rows(number: int) -> Iterator[tuple[str | int, ...]]:
    for tag in tags_of(number):
        yield id_of(number), tag, time_of(number), OWNER


def label_row(number: int) -> tuple[str | int | float, ...]:
    return id_of(number), ("photograph", "drawing")[number % 2], 0.5 + number % 50 / 100, time_of(number)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
