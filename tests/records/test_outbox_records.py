"""What every database promises of the outbox: an entry goes to one caller at a time, and stays until it is settled."""

from dataclasses import replace

import pytest
from record_factories import BROKEN, NOW, after

from app.domain.errors import LeaseLost
from app.domain.outbox import OutboxClaim, OutboxEntry
from app.ports.records import Records

LEASE_S = 30.0
KINDS = ("MAIL", "HOOK")


def make_entry(**values: object) -> OutboxEntry:
    return OutboxEntry(**{"kind": "MAIL", "payload": "to Ada", "lane": "ada", "due_at": NOW, **values})


async def add_entry(records: Records, **values: object) -> OutboxEntry:
    entry = make_entry(**values)
    await records.outbox.add((entry,))
    return entry


async def claim_entry(records: Records, seconds: float = 0, **values: object) -> OutboxClaim:
    claim = await records.outbox.claim(after(seconds), LEASE_S, KINDS, **values)
    assert claim is not None
    return claim


async def test_keeps_an_entry_as_it_is(records: Records) -> None:
    entry = await add_entry(records)

    assert await records.outbox.find(entry.id) == entry
    assert await records.outbox.waiting() == 1
    assert await records.outbox.find(make_entry().id) is None


async def test_leaves_an_entry_that_is_there_already(records: Records) -> None:
    entry = await add_entry(records)

    await records.outbox.add((replace(entry, payload="to Bob"),))

    assert await records.outbox.find(entry.id) == entry


async def test_leases_an_entry_to_one_caller(records: Records) -> None:
    entry = await add_entry(records)

    claim = await claim_entry(records)

    assert claim.entry == replace(entry, attempts=1, due_at=after(LEASE_S))
    assert await records.outbox.claim(after(LEASE_S - 1), LEASE_S, KINDS) is None
    assert await records.outbox.waiting() == 1


async def test_claims_what_is_due_for_the_longest_time(records: Records) -> None:
    later, sooner, not_yet = [await add_entry(records, due_at=after(seconds)) for seconds in (-1, -2, 1)]

    assert [(await claim_entry(records)).entry.id for _ in range(2)] == [sooner.id, later.id]
    assert await records.outbox.claim(NOW, LEASE_S, KINDS) is None
    assert (await claim_entry(records, 1)).entry.id == not_yet.id


async def test_claims_the_kinds_that_are_asked_for(records: Records) -> None:
    await add_entry(records, due_at=after(-1))
    hook = await add_entry(records, kind="HOOK")

    claim = await records.outbox.claim(NOW, LEASE_S, ("HOOK",))

    assert claim is not None
    assert claim.entry.id == hook.id
    assert await records.outbox.claim(NOW, LEASE_S, ("OTHER",)) is None
    assert await records.outbox.claim(NOW, LEASE_S, ()) is None


async def test_passes_over_busy_lanes(records: Records) -> None:
    await add_entry(records, due_at=after(-1))
    other = await add_entry(records, lane="bob")

    assert (await claim_entry(records, busy=("ada",))).entry.id == other.id
    assert await records.outbox.claim(NOW, LEASE_S, KINDS, ("ada", "bob")) is None


async def test_an_entry_whose_worker_is_gone_is_due_again_with_the_attempt_counted(records: Records) -> None:
    await add_entry(records)
    await claim_entry(records)

    assert (await claim_entry(records, LEASE_S)).entry.attempts == 2


async def test_a_renewed_lease_goes_on(records: Records) -> None:
    await add_entry(records)
    claim = await claim_entry(records)

    await records.outbox.renew(claim, after(20), LEASE_S)

    assert await records.outbox.claim(after(49), LEASE_S, KINDS) is None
    assert (await claim_entry(records, 50)).entry.attempts == 2


async def test_forgets_what_was_delivered(records: Records) -> None:
    entry = await add_entry(records)

    await records.outbox.settle(await claim_entry(records))

    assert await records.outbox.find(entry.id) is None
    assert await records.outbox.waiting() == 0


async def test_an_entry_put_back_with_an_error_waits_until_it_is_due(records: Records) -> None:
    entry = await add_entry(records)

    await records.outbox.put_back(await claim_entry(records), after(60), BROKEN)

    assert await records.outbox.find(entry.id) == replace(entry, attempts=1, due_at=after(60), error=BROKEN)
    assert await records.outbox.claim(after(59), LEASE_S, KINDS) is None
    assert (await claim_entry(records, 60)).entry.attempts == 2


async def test_an_entry_put_back_without_an_error_is_as_if_never_claimed(records: Records) -> None:
    entry = await add_entry(records)

    await records.outbox.put_back(await claim_entry(records), NOW, None)

    assert await records.outbox.find(entry.id) == entry


async def test_keeps_the_dead_for_a_while(records: Records) -> None:
    entry = await add_entry(records)

    await records.outbox.bury(await claim_entry(records), BROKEN, after(5))

    dead = await records.outbox.find(entry.id)
    assert dead is not None
    assert (dead.is_dead, dead.error, dead.attempts) == (True, BROKEN, 1)
    assert await records.outbox.waiting() == 0
    assert await records.outbox.claim(after(86_400), LEASE_S, KINDS) is None
    assert await records.outbox.delete_dead(after(5)) == 0
    assert await records.outbox.delete_dead(after(6)) == 1
    assert await records.outbox.find(entry.id) is None


WRITES = {
    "renew": lambda records, claim: records.outbox.renew(claim, NOW, LEASE_S),
    "settle": lambda records, claim: records.outbox.settle(claim),
    "put_back": lambda records, claim: records.outbox.put_back(claim, NOW, BROKEN),
    "release": lambda records, claim: records.outbox.put_back(claim, NOW, None),
    "bury": lambda records, claim: records.outbox.bury(claim, BROKEN, NOW),
}


async def expire_and_claim(records: Records, claim: OutboxClaim) -> None:
    await claim_entry(records, LEASE_S)


async def release_and_claim(records: Records, claim: OutboxClaim) -> None:
    await records.outbox.put_back(claim, NOW, None)
    assert (await claim_entry(records)).entry.attempts == claim.entry.attempts


async def release(records: Records, claim: OutboxClaim) -> None:
    await records.outbox.put_back(claim, NOW, None)


async def put_back(records: Records, claim: OutboxClaim) -> None:
    await records.outbox.put_back(claim, NOW, BROKEN)


async def bury(records: Records, claim: OutboxClaim) -> None:
    await records.outbox.bury(claim, BROKEN, NOW)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("loss", [expire_and_claim, release_and_claim, release, put_back, bury])
async def test_a_claim_that_was_lost_changes_nothing(records: Records, write: str, loss) -> None:
    entry = await add_entry(records)
    claim = await claim_entry(records)
    await loss(records, claim)
    before = await records.outbox.find(entry.id)

    with pytest.raises(LeaseLost):
        await WRITES[write](records, claim)

    assert await records.outbox.find(entry.id) == before


async def test_a_settled_claim_is_lost(records: Records) -> None:
    await add_entry(records)
    claim = await claim_entry(records)
    await records.outbox.settle(claim)

    with pytest.raises(LeaseLost):
        await records.outbox.settle(claim)
