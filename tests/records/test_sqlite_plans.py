"""How SQLite goes about the main queries: by an index made for each, never through a whole table."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from job_steps import claim_item
from query_plans import explain, whole_scans
from record_factories import (
    ADMIN_VIEWER,
    BROKEN,
    DERIVED,
    NOW,
    OTHER_VIEWER,
    OWNER,
    OWNER_VIEWER,
    add_job,
    after,
    make_classification,
    make_flow,
    make_image,
)

from app.domain.image import Image, ImageChanges, ImageFilter, ImageOrder, ImageOrderField, ImageState, new_image_id
from app.domain.job import JobFilter, JobKind, JobState, JobStep, new_job_id
from app.domain.page import Cursor, Page, PageRequest
from app.domain.viewer import ANONYMOUS, Viewer
from app.records.sqlite.database import SqliteRecords

TIME, TITLE, SIZE, RELEVANCE = (
    ImageOrder(ImageOrderField[name]) for name in ("CREATED_AT", "TITLE", "BYTE_SIZE", "RELEVANCE")
)
READY, FAILED = (ImageState.READY,), (ImageState.FAILED,)


LISTS = [
    (OWNER_VIEWER, ImageFilter(), TIME, "images_by_created_at"),
    (ANONYMOUS, ImageFilter(), TIME, "images_by_created_at"),
    (ADMIN_VIEWER, ImageFilter(), TITLE, "images_by_title"),
    (ADMIN_VIEWER, ImageFilter(), SIZE, "images_by_byte_size"),
    (ADMIN_VIEWER, ImageFilter(states=READY), TITLE, "images_by_title"),
    (ADMIN_VIEWER, ImageFilter(states=FAILED), TIME, "images_by_state"),
    (OWNER_VIEWER, ImageFilter(owner_id=OWNER), TIME, "images_by_owner_created_at"),
    (OTHER_VIEWER, ImageFilter(owner_id=OWNER), TITLE, "images_by_owner_title"),
    (OWNER_VIEWER, ImageFilter(owner_id=OWNER, states=READY), SIZE, "images_by_owner_byte_size"),
    (OWNER_VIEWER, ImageFilter(flow="f"), TIME, "flow_images_by_flow"),
    (OWNER_VIEWER, ImageFilter(flow="f", tag="t", owner_id=OWNER, states=READY), TIME, "flow_images_by_flow"),
    (OWNER_VIEWER, ImageFilter(flow="f", created_after=NOW, created_before=NOW), TIME, "flow_images_by_flow"),
    (OWNER_VIEWER, ImageFilter(tag="t"), TIME, "image_tags_by_tag"),
    (OWNER_VIEWER, ImageFilter(tag="t", owner_id=OWNER), TIME, "image_tags_by_tag"),
    (OWNER_VIEWER, ImageFilter(label="l"), TIME, "labelled_images_by_name"),
    (OWNER_VIEWER, ImageFilter(label="l", min_label_score=0.5, owner_id=OWNER), TIME, "labelled_images_by_name"),
    (OWNER_VIEWER, ImageFilter(flow="f", label="l", min_label_score=0.5), TIME, "flow_images_by_flow"),
    (OWNER_VIEWER, ImageFilter(created_after=NOW), TIME, "images_by_created_at"),
    (OWNER_VIEWER, ImageFilter(origin_urls=("u",)), TIME, "images_by_origin"),
    (OWNER_VIEWER, ImageFilter(origin_urls=("u",), owner_id=OWNER, states=READY), TIME, "images_by_origin"),
]


@pytest.mark.parametrize(("viewer", "filters", "order", "index"), LISTS, ids=str)
async def test_images_are_listed_along_an_index_without_a_sort(
    records: SqliteRecords, tmp_path: Path, viewer: Viewer, filters: ImageFilter, order: ImageOrder, index: str
) -> None:
    value = "t" if order is TITLE else 1
    for page in (PageRequest(), PageRequest(20, Cursor(value, "a"), Cursor(value, "b"), backwards=True)):
        plan = await explain(
            records, tmp_path / "records.db", lambda page=page: records.images.list(viewer, filters, order, page)
        )

        assert whole_scans(plan) == []
        assert not [step for step in plan if "TEMP B-TREE" in step]
        along = re.compile(rf"(images|place|tagged|labelled) USING (COVERING )?INDEX {index}\b")
        assert any(along.search(step) for step in plan), plan


@pytest.mark.parametrize(
    ("filters", "order", "led_by"),
    [
        (ImageFilter(words=("sea",)), RELEVANCE, "SCAN image_search VIRTUAL TABLE"),
        (ImageFilter(words=("sea",)), TIME, "SCAN image_search VIRTUAL TABLE"),
        (ImageFilter(words=("sea",), flow="f", tag="t", owner_id=OWNER), RELEVANCE, "SCAN image_search VIRTUAL TABLE"),
        (ImageFilter(words=("sea",), sha256="s"), RELEVANCE, "SEARCH images USING INDEX images_by_sha256"),
    ],
    ids=str,
)
async def test_words_are_looked_up_and_their_images_not_sorted(
    records: SqliteRecords, tmp_path: Path, filters: ImageFilter, order: ImageOrder, led_by: str
) -> None:
    page = PageRequest(20, Cursor(1, "a"), Cursor(2, "b"))

    plan = await explain(
        records, tmp_path / "records.db", lambda: records.images.list(OWNER_VIEWER, filters, order, page)
    )

    assert whole_scans(plan) == []
    assert next(step for step in plan if "main.image_search" not in step).startswith(led_by)
    assert filters.sha256 is not None or not [step for step in plan if "TEMP B-TREE" in step]


MEMBERS = [
    ImageFilter(flow="f"),
    ImageFilter(tag="t"),
    ImageFilter(label="l"),
    ImageFilter(words=("w",)),
    ImageFilter(flow="f", tag="t", label="l", owner_id=OWNER),
]


@pytest.mark.parametrize("filters", MEMBERS, ids=str)
async def test_a_large_flow_or_tag_is_passed_over_in_order_and_not_sorted(
    records: SqliteRecords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: ImageFilter
) -> None:
    await records.flows.add(make_flow("f"))
    for title in "cab":
        image = await records.images.add(make_image(title=title, tags=("t", "w")), ("f",))
        await records.labels.put(make_classification(image.id, "l"))
    await records.images.add(make_image(title="d"), ())

    async def list_page() -> Page[Image]:
        return await records.images.list(OWNER_VIEWER, filters, TITLE, PageRequest(2))

    sorted_page, sorting = await list_page(), await explain(records, tmp_path / "records.db", list_page)
    monkeypatch.setattr("app.records.sqlite.images.MAX_SORTED", 2)
    passed_page, passing = await list_page(), await explain(records, tmp_path / "records.db", list_page)

    assert [image.title for image in sorted_page.items] == ["c", "b"]
    assert passed_page == sorted_page
    assert [step for step in sorting if "TEMP B-TREE" in step]
    assert not [step for step in passing if "TEMP B-TREE" in step]
    assert whole_scans([*sorting, *passing]) == []


async def test_a_hash_leads_to_its_few_images(records: SqliteRecords, tmp_path: Path) -> None:
    for filters in (ImageFilter(sha256="ab"), ImageFilter(sha256="ab", flow="f", owner_id=OWNER, states=READY)):
        plan = await explain(
            records,
            tmp_path / "records.db",
            lambda filters=filters: records.images.list(OWNER_VIEWER, filters, TIME, PageRequest()),
        )

        assert whole_scans(plan) == []
        assert any("images USING INDEX images_by_sha256 (sha256=?" in step for step in plan), plan


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (JobFilter(), "jobs_by_created_at"),
        (JobFilter(owner_id=OWNER), "jobs_by_owner"),
        (JobFilter(owner_id=OWNER, states=(JobState.RUNNING,)), "jobs_by_owner"),
        (JobFilter(states=(JobState.RUNNING,)), "jobs_by_state"),
        (JobFilter(states=(JobState.FAILED, JobState.COMPLETED)), "jobs_by_created_at"),
        (JobFilter(image_id="0" * 32), "job_items_by_image"),
        (JobFilter(image_id="0" * 32, owner_id=OWNER, states=(JobState.RUNNING,)), "job_items_by_image"),
    ],
    ids=str,
)
async def test_jobs_are_listed_along_an_index(
    records: SqliteRecords, tmp_path: Path, filters: JobFilter, index: str
) -> None:
    for page in (PageRequest(), PageRequest(20, Cursor(1, "a"), Cursor(1, "b"), backwards=True)):
        plan = await explain(records, tmp_path / "records.db", lambda page=page: records.jobs.list(filters, page))

        assert whole_scans(plan) == []
        assert any(f"INDEX {index} " in f"{step} " for step in plan), plan
        assert filters.image_id is not None or not [step for step in plan if "TEMP B-TREE" in step]


async def test_an_item_is_claimed_from_the_head_of_an_index(records: SqliteRecords, tmp_path: Path) -> None:
    plan = await explain(records, tmp_path / "records.db", lambda: records.jobs.claim(NOW, 30))

    # Of each kind the few at the head are looked at again, for their hosts.
    assert {step for step in plan if "SCAN" in step} == {"SCAN head"}
    heads = [step for step in plan if "job_items_due" in step]
    assert heads == ["SEARCH job_items USING INDEX job_items_due (priority=?)"] * len(JobKind)


async def test_the_next_turn_is_at_the_end_of_an_index(records: SqliteRecords, tmp_path: Path) -> None:
    plan = await explain(records, tmp_path / "records.db", lambda: add_job(records, 0))

    assert [step for step in plan if "job_items" in step] == [
        "SEARCH job_items USING INDEX job_items_of_owner (owner_id=? AND priority=?)"
    ]
    assert [step for step in plan if "TEMP B-TREE" in step] == []


async def test_the_outbox_is_claimed_along_its_index_alone(records: SqliteRecords, tmp_path: Path) -> None:
    plan = await explain(records, tmp_path / "records.db", lambda: records.outbox.claim(NOW, 30, ("A", "B"), ("lane",)))

    looks = [step for step in plan if "outbox" in step]
    assert looks == ["SEARCH outbox USING COVERING INDEX outbox_due (kind=? AND due_at<?)"] * 2
    assert [step for step in plan if "TEMP B-TREE" in step] == []


async def test_the_oldest_due_is_at_the_head_of_an_index(records: SqliteRecords, tmp_path: Path) -> None:
    plan = await explain(records, tmp_path / "records.db", records.jobs.oldest_due)

    assert plan == ["SEARCH job_items USING INDEX job_items_waiting"]


async def test_waiting_jobs_are_counted_along_their_own_index(records: SqliteRecords, tmp_path: Path) -> None:
    plan = await explain(records, tmp_path / "records.db", lambda: records.jobs.backlog(OWNER))

    assert [step.replace("COVERING ", "") for step in plan if "jobs" in step] == [
        "SCAN jobs USING INDEX jobs_waiting",
        "SEARCH jobs USING INDEX jobs_waiting (owner_id=?)",
    ]


async def test_nothing_else_reads_a_whole_table(records: SqliteRecords, tmp_path: Path) -> None:
    image = await records.images.add(make_image(tags=("a",)), ())
    job, _ = await add_job(records, 6)
    claims = [await claim_item(records) for _ in range(4)]
    ids = (image.id, new_image_id())
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: records.images.find_many(ids),
        lambda: records.images.find_by_sha256(OWNER, "ab" * 32),
        lambda: records.images.finish(image.id, DERIVED),
        lambda: records.images.update(image.id, ImageChanges(tags=("b",))),
        lambda: records.flows.find_many(("a", "b")),
        lambda: records.flows.find_of_images(ids),
        lambda: records.flows.list(OWNER_VIEWER, None, PageRequest()),
        lambda: records.flows.remove_images("a", ids),
        lambda: records.uploads.find(image.id),
        lambda: records.uploads.delete_expired(NOW),
        lambda: records.jobs.find_many((job.id, new_job_id())),
        lambda: records.jobs.items((job.id, new_job_id())),
        lambda: records.jobs.events(job.id, after=3),
        lambda: records.jobs.open_jobs(OWNER),
        lambda: records.jobs.changed(OWNER, 3),
        records.jobs.depth,
        lambda: records.flows.events("a", 3),
        lambda: records.flows.last_event("a"),
        lambda: records.jobs.renew(claims[0], NOW, 30),
        lambda: records.jobs.record_step(claims[0], JobStep.FETCH, NOW),
        lambda: records.jobs.complete(claims[0], NOW),
        lambda: records.jobs.fail(claims[1], JobStep.FETCH, BROKEN, NOW),
        lambda: records.jobs.put_back(claims[2], NOW, BROKEN, NOW),
        lambda: records.jobs.expire_leases(after(60)),
        lambda: records.jobs.cancel(job.id, NOW),
        lambda: records.jobs.retry(job.id, NOW),
        lambda: records.images.delete(ids),
    ]

    for number, call in enumerate(calls):
        plan = await explain(records, tmp_path / "records.db", call)

        assert plan, number
        assert whole_scans(plan) == [], number


async def test_labels_are_read_along_indexes(records: SqliteRecords, tmp_path: Path) -> None:
    image = await records.images.add(make_image(), ())
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: records.labels.put(make_classification(image.id, "l")),
        lambda: records.labels.find_of_images((image.id,)),
        lambda: records.labels.find_outdated("kinds", "1", 10),
    ]

    for number, call in enumerate(calls):
        plan = await explain(records, tmp_path / "records.db", call)

        assert plan, number
        assert whole_scans(plan) == [], number


async def test_outbox_and_webhooks_are_read_along_indexes(records: SqliteRecords, tmp_path: Path) -> None:
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: records.outbox.find("e"),
        lambda: records.outbox.delete_dead(NOW),
        lambda: records.webhooks.find_many(("w",)),
        lambda: records.webhooks.list_of(OWNER),
        lambda: records.webhooks.deliveries("w", PageRequest(20, Cursor(1, "a"))),
        lambda: records.webhooks.find_delivery("w", "evt"),
    ]

    for number, call in enumerate(calls):
        plan = await explain(records, tmp_path / "records.db", call)

        assert plan, number
        assert whole_scans(plan) == [], number
