"""Debts: what must follow a change of one document in other ones, exactly once, whoever dies in between.

There are no transactions here, only documents that each change at once. So a change that must be told elsewhere is
written together with a debt in the same document, and then:

1. Each payee takes the debt: its document changes, together with a mark that it did.
2. The debtor's document forgets the debt.
3. The payees forget the mark.

Anybody may do these steps, at any time, any number of times: the caller of the change does at once, before it answers;
the healer does for callers that died. A payee takes a debt only once, since it is read first, then whether it is still
owed, and written only if nobody wrote meanwhile: a mark that is gone was forgotten after the debt was.
"""

import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from app.records.mongo.tables import Payee, Table, Update, raising_version

P = TypeVar("P", bound=Payee)


def new_mark() -> str:
    """Return a name for a debt that no other one has."""
    return secrets.token_hex(8)


async def take(
    payees: Table[P],
    row_id: str,
    marks: Sequence[str],
    find_owed: Callable[[], Awaitable[Collection[str]]],
    plan: Callable[[P, Sequence[str]], Update | None],
) -> P | None:
    """Let a payee take debts that it has not taken before.

    Args:
        payees: Where the payee is.
        row_id: The payee.
        marks: The names of the debts.
        find_owed: Returns those that are still owed.
        plan: Returns what changes, without the marks; None when the payee refuses.

    Returns:
        The payee as it is then; None when it is gone.
    """
    async with payees.turn(row_id) as patience:
        while True:
            row = await payees.get(row_id)
            new = [] if row is None else [mark for mark in marks if mark not in row.taken]
            if new:
                owed = await find_owed()
                new = [mark for mark in new if mark in owed]
            update = plan(row, new) if row is not None and new else None
            if row is None or update is None:
                return row
            marked = merged(update, {"$push": {"taken": {"$each": new}}})
            changed = await payees.change({"_id": row_id, "version": row.version}, raising_version(marked))
            if changed is not None:
                return changed
            await patience.rest()


async def forget_marks(payees: Table[P], row_ids: Collection[str], marks: Sequence[str]) -> None:
    """Let payees forget the marks of debts that nobody owes any more."""
    if row_ids:
        await payees.change_all({"_id": {"$in": list(row_ids)}}, {"$pull": {"taken": {"$in": list(marks)}}})


def merged(*updates: Update) -> Update:
    """Return one update of updates that touch different fields."""
    result: Update = {}
    for update in updates:
        for operator, fields in update.items():
            result[operator] = {**result.get(operator, {}), **fields}
    return result
