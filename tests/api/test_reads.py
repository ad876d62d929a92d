"""How often a query reads: as often for one row as for many."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.container.bundle import Services
from app.container.opening import open_services
from app.domain.image import ImageId
from app.domain.job import JobItem
from app.settings import Settings
from schema.build import build_schema
from schema.context import Context
from schema.limits import Limits
from tests.records.record_factories import ADMIN_VIEWER, make_flow, make_image, make_job, make_user

DEEPEST = """{ jobs(first: 5) { totalCount edges { node { items { image {
  owner { name } flows(first: 3) { totalCount edges { node {
    owner { name } editors { name } cover { id owner { name } } } } }
} } } } } }"""
NODES = (
    "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Image { owner { name } } ... on Job { items { state } } } }"
)


@dataclass
class CountedCalls:
    """One of the parts of our own database port; each call that passes through is counted."""

    part: object
    name: str
    calls: Counter[str]

    def __getattr__(self, method: str) -> Callable[..., Awaitable[object]]:
        async def call(*arguments: object, **options: object) -> object:
            self.calls[f"{self.name}.{method}"] += 1
            return await getattr(self.part, method)(*arguments, **options)

        return call


class CountedRecords:
    """The database port, before a real database."""

    def __init__(self, records: object, calls: Counter[str]) -> None:
        for name in ("images", "flows", "uploads", "jobs", "users"):
            setattr(self, name, CountedCalls(getattr(records, name), name, calls))


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    settings = Settings(data_dir=tmp_path / "data", workers=1, _env_file=None)
    async with open_services(settings, run_jobs=False) as opened:
        yield opened


async def _fill(services: Services, jobs: int, items: int, flows: int) -> list[str]:
    """Keep so many jobs of so many images, each image of a user of its own and in so many flows; return their ids."""
    records = services.records
    names = [f"flow-{number}" for number in range(flows)]
    editors = [make_user(f"editor-{number}") for number in range(flows)]
    for name, editor in zip(names, editors, strict=True):
        await records.users.add(editor)
        await records.flows.add(make_flow(name, owner_id=editor.id, editor_ids=(editor.id,)))
    ids: list[str] = []
    for number in range(jobs):
        job = make_job(items)
        images = [make_image(owner_id=f"user:owner-{number}-{position}") for position in range(items)]
        for position, image in enumerate(images):
            await records.users.add(make_user(f"owner-{number}-{position}"))
            await records.images.add(image, names)
        await records.jobs.add(job, [JobItem(job.id, p, ImageId(image.id)) for p, image in enumerate(images)])
        ids += [job.id, *(image.id for image in images)]
    return ids


async def _count_reads(services: Services, query: str, **variables: object) -> tuple[dict[str, int], object]:
    """Return which calls of the database port a query makes, and its data."""
    calls: Counter[str] = Counter()
    records = CountedRecords(services.records, calls)
    images = replace(services.images, records=records)
    counted = replace(
        services,
        images=images,
        flows=replace(services.flows, records=records, images=images),
        jobs=replace(services.jobs, records=records),
        keys=replace(services.keys, records=records),
    )
    context = Context(counted, Settings(_env_file=None), "http://test", "request", ADMIN_VIEWER)
    result = await build_schema(limits=Limits(cost=10_000)).execute(query, variables, context)
    assert result.errors is None
    return dict(calls), result.data


@pytest.mark.parametrize(("jobs", "items", "flows"), [(1, 1, 1), (5, 4, 3)])
async def test_reads_each_relation_of_the_deepest_query_once(
    services: Services, jobs: int, items: int, flows: int
) -> None:
    await _fill(services, jobs, items, flows)

    calls, data = await _count_reads(services, DEEPEST)

    edges = [
        edge
        for job in data["jobs"]["edges"]
        for item in job["node"]["items"]
        for edge in item["image"]["flows"]["edges"]
    ]
    assert len(edges) == jobs * items * flows
    assert all(edge["node"]["cover"]["owner"]["name"].startswith("owner-") for edge in edges)
    assert calls == {
        "jobs.list": 1,
        "jobs.count": 1,
        "jobs.items": 1,
        "images.find_many": 2,  # of the items, and the covers
        "flows.find_of_images": 1,
        "users.find_many": 3,  # of the images, of the flows with their editors, of the covers
    }


@pytest.mark.parametrize(("jobs", "items"), [(1, 1), (5, 4)])
async def test_reads_nodes_of_one_kind_together(services: Services, jobs: int, items: int) -> None:
    ids = await _fill(services, jobs, items, 1)

    calls, data = await _count_reads(services, NODES, ids=[*ids, "flow:flow-0"])

    assert [node["id"] for node in data["nodes"]] == [*ids, "flow:flow-0"]
    assert calls == {
        "images.find_many": 1,
        "jobs.find_many": 1,
        "jobs.items": 1,
        "flows.find_many": 1,
        "users.find_many": 1,
    }
