"""Whose turn it is in every database: users alike, hosts spared, and the kinds in the order that is asked for."""

import pytest
from job_steps import LEASE_S, claim_and_complete, claim_and_fail, claim_item, item_states
from record_factories import BROKEN, NOW, OTHER, OWNER, add_job, after, make_job

from app.domain.backlog import Backlog
from app.domain.image import new_image_id
from app.domain.job import Claim, Job, JobItem, JobKind, JobState
from app.domain.origin import MAX_AT_ONE_HOST, Origin
from app.domain.viewer import UserId
from app.ports.records import Records

MANY = 50


async def owners_of(records: Records, count: int) -> list[UserId]:
    """Return whose the items are that come next."""
    return [(await claim_item(records)).job.owner_id for _ in range(count)]


def differ(owners: list[UserId]) -> int:
    """Return how many more items one of the two users had; within a turn chance may decide who is first."""
    return abs(owners.count(OWNER) - owners.count(OTHER))


async def add_fetches(records: Records, *urls: str, owner_id: UserId = OWNER) -> Job:
    job = make_job(len(urls), kind=JobKind.EXTERNAL, owner_id=owner_id)
    items = [JobItem(job.id, n, new_image_id(), origin=Origin(url)) for n, url in enumerate(urls)]
    await records.jobs.add(job, items)
    return job


async def claimed_urls(records: Records) -> list[str]:
    urls = []
    while (claim := await records.jobs.claim(NOW, LEASE_S)) is not None:
        urls.append(claim.item.origin.url if claim.item.origin else "")
    return urls


async def test_many_items_of_one_user_do_not_hold_up_anothers_one(records: Records) -> None:
    await add_job(records, MANY)
    for _ in range(10):
        await claim_and_complete(records)

    await add_job(records, owner_id=OTHER)

    assert OTHER in await owners_of(records, 2)


async def test_users_with_many_items_take_turns_from_when_they_come(records: Records) -> None:
    await add_job(records, MANY)
    for _ in range(20):
        await claim_and_complete(records)

    await add_job(records, MANY, owner_id=OTHER)

    assert differ(await owners_of(records, 20)) <= 2


async def test_the_jobs_of_one_user_share_its_turns(records: Records) -> None:
    for _ in range(MANY // 5):
        await add_job(records, 5)
    await add_job(records, 5, owner_id=OTHER)

    assert differ(await owners_of(records, 10)) <= 2


async def test_who_cancelled_much_does_not_wait_for_it(records: Records) -> None:
    cancelled, _ = await add_job(records, MANY)
    await records.jobs.cancel(cancelled.id, NOW)
    await add_job(records, 5, owner_id=OTHER)

    await add_job(records)

    assert OWNER in await owners_of(records, 2)


async def test_an_item_that_is_tried_again_keeps_its_turn(records: Records) -> None:
    await add_job(records, MANY)
    await records.jobs.put_back(await claim_item(records), after(1), BROKEN, NOW)
    await claim_and_complete(records)

    claim = await claim_item(records, after(1))

    assert (claim.item.position, claim.item.attempts) == (0, 2)
    assert (await claim_item(records, after(1))).item.position == 2


async def test_what_an_older_turn_tries_again_gives_nobody_else_that_turn(records: Records) -> None:
    await add_job(records, MANY)
    await records.jobs.put_back(await claim_item(records), after(1), BROKEN, NOW)
    for _ in range(20):
        await claim_and_complete(records)
    await claim_and_complete(records, after(1))

    await add_job(records, MANY, owner_id=OTHER, created_at=after(1))

    owners = [(await claim_item(records, after(1))).job.owner_id for _ in range(20)]
    assert differ(owners) <= 2


async def test_a_retried_job_takes_its_turns_anew(records: Records) -> None:
    failed, _ = await add_job(records, 10)
    for _ in range(10):
        await claim_and_fail(records)
    await add_job(records, 5, owner_id=OTHER)
    await claim_and_complete(records)

    await records.jobs.retry(failed.id, NOW)

    assert differ(await owners_of(records, 6)) <= 2
    assert [state for state, _ in await item_states(records, failed.id)].count(JobState.QUEUED) in range(6, 9)


@pytest.mark.parametrize("kinds", [(JobKind.LOCAL, JobKind.UPLOADED), (JobKind.UPLOADED, JobKind.LOCAL)])
async def test_claims_of_the_kinds_in_the_order_that_is_asked(records: Records, kinds: tuple[JobKind, ...]) -> None:
    for kind in (JobKind.UPLOADED, JobKind.LOCAL, JobKind.TRANSFORM):
        await add_job(records, kind=kind)

    claims = [await records.jobs.claim(NOW, LEASE_S, kinds) for _ in range(3)]

    assert [claim and claim.job.kind for claim in claims] == [*kinds, None]


async def test_asks_few_items_of_one_host_at_once(records: Records) -> None:
    urls = [f"https://slow.example/{n}" for n in range(MAX_AT_ONE_HOST + 2)]
    await add_fetches(records, *urls, "https://SLOW.example:8443/other", "http://quick.example/one")

    claimed = await claimed_urls(records)

    assert claimed == [*urls[:MAX_AT_ONE_HOST], "http://quick.example/one"]


async def test_a_host_is_asked_again_when_one_of_its_items_ends(records: Records) -> None:
    await add_fetches(records, *(f"https://slow.example/{n}" for n in range(MAX_AT_ONE_HOST + 2)))
    first = [await claim_item(records) for _ in range(MAX_AT_ONE_HOST)]

    await records.jobs.complete(first[0], NOW)

    assert await claimed_urls(records) == [f"https://slow.example/{MAX_AT_ONE_HOST}"]


async def test_counts_the_jobs_of_which_nothing_was_begun(records: Records) -> None:
    await add_job(records, 3)
    await claim_item(records)
    for _ in range(2):
        await add_job(records, 5, kind=JobKind.LOCAL)
    await add_job(records, owner_id=OTHER)
    cancelled, _ = await add_job(records)
    await records.jobs.cancel(cancelled.id, NOW)

    assert await records.jobs.backlog(OWNER) == Backlog(3, 2)
    assert await records.jobs.backlog(OTHER) == Backlog(3, 1)
    assert await records.jobs.backlog(UserId("user:nobody")) == Backlog(3, 0)


@pytest.mark.parametrize("url", ["nothing", "http://[::1", "http:///path", "http://a b/"])
async def test_an_address_without_a_host_is_claimed_like_any(records: Records, url: str) -> None:
    await add_fetches(records, *[url] * 4)

    claims: list[Claim | None] = [await records.jobs.claim(NOW, LEASE_S) for _ in range(MAX_AT_ONE_HOST)]

    assert all(claims)
