"""What every database promises of the audit log: it is begun before, ended after, and found by each of its parts."""

from dataclasses import replace

import pytest
from record_factories import NOW, after

from app.domain.audit import AuditEntry, AuditFilter, Door, Outcome, new_audit_id
from app.domain.error_code import ErrorCode
from app.domain.page import PageRequest
from app.domain.rate import Caller
from app.ports.records import Records

ADA = Caller("user:ada", "0123456789ab", "192.0.2.1")
ALL = AuditFilter()


def make_entry(**values: object) -> AuditEntry:
    defaults = {
        "id": new_audit_id(),
        "at": NOW,
        "door": Door.GRAPHQL,
        "action": "createFlow",
        "actor": ADA,
        "request_id": "0123",
        "object_ids": ("flow:sea",),
    }
    return AuditEntry(**{**defaults, **values})


async def add_entry(records: Records, **values: object) -> AuditEntry:
    entry = make_entry(**values)
    await records.audit.begin(entry)
    return entry


async def entries(records: Records, filters: AuditFilter = ALL) -> tuple[AuditEntry, ...]:
    return (await records.audit.list(filters, PageRequest(100))).items


async def test_what_is_begun_and_not_ended_has_no_outcome(records: Records) -> None:
    entry = await add_entry(records)

    assert await entries(records) == (entry,)
    assert entry.outcome is Outcome.UNKNOWN


async def test_tells_how_it_ended_and_all_it_was_about(records: Records) -> None:
    entry = await add_entry(records)

    await records.audit.end(entry.id, Outcome.REFUSED, ErrorCode.CONFLICT, ("flow:sea", "job:1"))

    ended = replace(entry, outcome=Outcome.REFUSED, error=ErrorCode.CONFLICT, object_ids=("flow:sea", "job:1"))
    assert await entries(records) == (ended,)
    assert await entries(records, AuditFilter(object_id="job:1")) == (ended,)


async def test_ends_nothing_that_is_not_there(records: Records) -> None:
    await records.audit.end(new_audit_id(), Outcome.SUCCEEDED, None, ("flow:sea",))

    assert await entries(records) == ()
    assert await entries(records, AuditFilter(object_id="flow:sea")) == ()


@pytest.mark.parametrize(
    ("values", "filters"),
    [
        ({"actor": replace(ADA, user_id="user:eve")}, AuditFilter(actor_id="user:eve")),
        ({"actor": replace(ADA, key_id="ffff")}, AuditFilter(key_id="ffff")),
        ({"actor": replace(ADA, address="192.0.2.9")}, AuditFilter(address="192.0.2.9")),
        ({"action": "share"}, AuditFilter(actions=("share", "other"))),
        ({"door": Door.REST}, AuditFilter(doors=(Door.REST, Door.COMMAND))),
        ({"outcome": Outcome.FAILED}, AuditFilter(outcomes=(Outcome.FAILED,))),
        ({"object_ids": ("flow:sea", "job:1")}, AuditFilter(object_id="job:1")),
        ({"request_id": "4567"}, AuditFilter(request_id="4567")),
        ({"at": after(1)}, AuditFilter(since=after(1))),
        ({"at": after(-1)}, AuditFilter(until=NOW)),
        ({"door": Door.REST, "action": "share"}, AuditFilter(doors=(Door.REST,), actions=("share",), since=NOW)),
    ],
    ids=str,
)
async def test_finds_entries_by_each_part(records: Records, values: dict[str, object], filters: AuditFilter) -> None:
    await add_entry(records)
    wanted = await add_entry(records, **values)

    assert await entries(records, filters) == (wanted,)
    assert await records.audit.count(filters) == 1
    assert await records.audit.count(ALL) == 2


async def test_keeps_who_is_nobody(records: Records) -> None:
    entry = await add_entry(records, actor=Caller(None, None, ""), request_id="", object_ids=())

    assert await entries(records) == (entry,)


async def test_lists_page_by_page_newest_first(records: Records) -> None:
    added = [await add_entry(records, at=after(number // 2)) for number in range(7)]
    expected = sorted(added, key=lambda entry: (entry.at, entry.id), reverse=True)

    first = await records.audit.list(ALL, PageRequest(3))
    await add_entry(records, at=after(60))
    second = await records.audit.list(ALL, PageRequest(3, after=first.cursors[-1]))
    last = await records.audit.list(ALL, PageRequest(9, after=second.cursors[-1]))

    assert [*first.items, *second.items, *last.items] == expected
    assert (first.has_next, last.has_next, last.has_previous) == (True, False, True)


async def test_forgets_what_is_old(records: Records) -> None:
    await add_entry(records, at=after(-1))
    left = await add_entry(records)

    assert await records.audit.delete_before(NOW) == 1
    assert await entries(records) == (left,)
    assert await entries(records, AuditFilter(object_id="flow:sea")) == (left,)
