"""What every database keeps of requests that are done once."""

import asyncio
from datetime import timedelta

import pytest
from record_factories import NOW, OTHER, OWNER, after

from app.domain.errors import KeyReused, RequestInProgress
from app.domain.idempotency import ANSWER_LIFETIME, Claim, make_claim
from app.domain.viewer import UserId
from app.ports.records import Records

LEASE = timedelta(seconds=30)
FORGET = NOW - ANSWER_LIFETIME


def claim_key(key: str = "k", request: bytes = b"r", user_id: UserId = OWNER, at_s: float = 0) -> Claim:
    return make_claim(user_id, key, request, after(at_s), LEASE)


async def test_answers_as_the_first_time(records: Records) -> None:
    first = claim_key()

    assert await records.idempotency.begin(first, FORGET) is None
    await records.idempotency.finish(first, "answer")

    assert await records.idempotency.begin(claim_key(at_s=60), FORGET) == "answer"


async def test_keys_are_each_users_own(records: Records) -> None:
    first = claim_key()
    await records.idempotency.begin(first, FORGET)
    await records.idempotency.finish(first, "answer")

    assert await records.idempotency.begin(claim_key(user_id=OTHER), FORGET) is None
    assert await records.idempotency.begin(claim_key(key="other"), FORGET) is None


async def test_refuses_another_request_under_the_key(records: Records) -> None:
    first, other = claim_key(), claim_key(request=b"other")
    await records.idempotency.begin(first, FORGET)

    with pytest.raises(KeyReused):
        await records.idempotency.begin(other, FORGET)
    await records.idempotency.finish(first, "answer")
    with pytest.raises(KeyReused):
        await records.idempotency.begin(other, FORGET)

    assert await records.idempotency.begin(claim_key(), FORGET) == "answer"


async def test_one_of_many_at_once_runs(records: Records) -> None:
    outcomes = await asyncio.gather(
        *(records.idempotency.begin(claim_key(), FORGET) for _ in range(10)), return_exceptions=True
    )

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, RequestInProgress) for outcome in outcomes) == 9


async def test_takes_over_from_a_run_that_died(records: Records) -> None:
    dead = claim_key()
    await records.idempotency.begin(dead, FORGET)
    with pytest.raises(RequestInProgress):
        await records.idempotency.begin(claim_key(at_s=29), FORGET)

    heir = claim_key(at_s=30)
    assert await records.idempotency.begin(heir, FORGET) is None
    await records.idempotency.finish(dead, "late")
    await records.idempotency.release(dead)
    with pytest.raises(RequestInProgress):
        await records.idempotency.begin(claim_key(at_s=31), FORGET)
    await records.idempotency.finish(heir, "answer")

    assert await records.idempotency.begin(claim_key(at_s=32), FORGET) == "answer"


async def test_a_released_key_is_free(records: Records) -> None:
    first = claim_key()
    await records.idempotency.begin(first, FORGET)

    await records.idempotency.release(first)

    assert await records.idempotency.begin(claim_key(request=b"other"), FORGET) is None


async def test_a_key_is_free_after_a_day(records: Records) -> None:
    first = claim_key()
    await records.idempotency.begin(first, FORGET)
    await records.idempotency.finish(first, "answer")

    assert await records.idempotency.begin(claim_key(), NOW) == "answer"
    assert await records.idempotency.begin(claim_key(request=b"other", at_s=1), after(1)) is None
    with pytest.raises(RequestInProgress):
        await records.idempotency.begin(claim_key(request=b"other", at_s=1), after(1))


async def test_forgets_what_is_old(records: Records) -> None:
    for key, at_s in (("old", -1), ("new", 0)):
        claim = claim_key(key, at_s=at_s)
        await records.idempotency.begin(claim, FORGET)
        await records.idempotency.finish(claim, key)

    assert await records.idempotency.delete_before(NOW) == 1
    assert await records.idempotency.delete_before(NOW) == 0

    assert await records.idempotency.begin(claim_key("old"), FORGET) is None
    assert await records.idempotency.begin(claim_key("new"), FORGET) == "new"
