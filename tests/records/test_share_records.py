"""What every database promises of shares: who sees them when, and that no more mails are sent than is allowed."""

import asyncio
from datetime import timedelta

import pytest
from record_factories import NOW, OTHER, OWNER, after, make_image

from app.domain.errors import RateLimited
from app.domain.image import new_image_id
from app.domain.outbox import OutboxEntry
from app.domain.page import PageRequest
from app.domain.share import MAIL_WINDOW, MailLimits, MailState, Share, new_share_id
from app.ports.records import Records

IMAGE = new_image_id()
WAITING = (MailState.WAITING,)


def make_share(**values: object) -> Share:
    defaults = {
        "id": new_share_id(),
        "image_id": IMAGE,
        "owner_id": OWNER,
        "title": "Harbour",
        "message": "Look!\nBoats.",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=30),
    }
    return Share(**{**defaults, **values})


def make_mail(**values: object) -> Share:
    return make_share(**{"email": "eve@example.org", "mail_state": MailState.WAITING, **values})


async def add_share(records: Records, **values: object) -> Share:
    share = make_share(**values)
    await records.shares.add(share)
    return share


async def get_share(records: Records, share: Share) -> Share:
    return (await records.shares.find_many((share.id,)))[share.id]


async def test_keeps_shares_as_they_are(records: Records) -> None:
    plain = await add_share(records)
    whole = await add_share(
        records,
        title="",
        message="",
        email="eve@example.org",
        mail_state=MailState.FAILED,
        mail_error="Refused.",
        revoked_at=after(1),
        views=3,
        viewed_at=after(2),
    )

    found = await records.shares.find_many((plain.id, whole.id, new_share_id()))

    assert found == {plain.id: plain, whole.id: whole}


async def test_lists_the_shares_of_a_user_and_an_image_newest_first(records: Records) -> None:
    shares = [await add_share(records, created_at=after(number)) for number in range(3)]
    other_image = await add_share(records, image_id=new_image_id(), created_at=after(-1))
    await add_share(records, owner_id=OTHER)

    first = await records.shares.list(OWNER, None, PageRequest(2))
    rest = await records.shares.list(OWNER, None, PageRequest(9, after=first.cursors[-1]))
    of_image = await records.shares.list(OWNER, IMAGE, PageRequest(9))

    assert (*first.items, *rest.items) == (*reversed(shares), other_image)
    assert (first.has_next, rest.has_next) == (True, False)
    assert of_image.items == tuple(reversed(shares))
    assert await records.shares.count(OWNER, None) == 4
    assert await records.shares.count(OWNER, IMAGE) == 3


async def test_revokes_once(records: Records) -> None:
    share, other = await add_share(records), await add_share(records)

    await records.shares.revoke(share.id, after(1))
    await records.shares.revoke(share.id, after(2))
    await records.shares.revoke(new_share_id(), after(2))

    assert (await get_share(records, share)).revoked_at == after(1)
    assert await get_share(records, other) == other


async def test_counts_every_view_of_many_at_once(records: Records) -> None:
    share = await add_share(records)

    await asyncio.gather(*(records.shares.view(share.id, after(1)) for _ in range(20)))
    await records.shares.view(new_share_id(), after(2))

    seen = await get_share(records, share)
    assert (seen.views, seen.viewed_at) == (20, after(1))


async def test_outlives_its_image(records: Records) -> None:
    image = await records.images.add(make_image(), ())
    share = await add_share(records, image_id=image.id)

    await records.images.delete((image.id,))

    assert await get_share(records, share) == share


async def test_forgets_what_expired_before(records: Records) -> None:
    await add_share(records, expires_at=after(1))
    left = await add_share(records, expires_at=after(2))

    assert await records.shares.delete_expired(after(2)) == 1
    assert (await records.shares.list(OWNER, None, PageRequest())).items == (left,)


async def test_keeps_a_mail_with_its_entry_or_neither(records: Records) -> None:
    share, refused = make_mail(), make_mail()
    entry, unkept = OutboxEntry("SHARE_MAIL", share.id, NOW), OutboxEntry("SHARE_MAIL", refused.id, NOW)
    limits = MailLimits(per_sender=1)

    await records.shares.add(share, entry, limits)
    with pytest.raises(RateLimited):
        await records.shares.add(refused, unkept, limits)

    assert await records.outbox.find(entry.id) == entry
    assert await records.outbox.find(unkept.id) is None
    assert await records.shares.count(OWNER, None) == 1


async def test_one_user_sends_no_more_than_allowed_in_a_day(records: Records) -> None:
    limits = MailLimits(per_sender=2)
    await add_share(records)
    for number in range(2):
        await records.shares.add(make_mail(email=f"{number}@example.org", created_at=after(number)), None, limits)

    with pytest.raises(RateLimited) as refusal:
        await records.shares.add(make_mail(created_at=after(60)), None, limits)

    assert refusal.value.retry_after_s == MAIL_WINDOW.total_seconds() - 60
    await records.shares.add(make_mail(owner_id=OTHER, created_at=after(60)), None, limits)
    await records.shares.add(make_mail(created_at=after(MAIL_WINDOW.total_seconds())), None, limits)


async def test_one_address_gets_no_more_than_allowed_in_a_day_however_it_is_written(records: Records) -> None:
    limits = MailLimits(per_receiver=2)
    await records.shares.add(make_mail(), None, limits)
    await records.shares.add(make_mail(owner_id=OTHER, email="Eve@Example.org"), None, limits)

    with pytest.raises(RateLimited):
        await records.shares.add(make_mail(email="EVE@example.org", created_at=after(1)), None, limits)

    await records.shares.add(make_mail(email="adam@example.org"), None, limits)
    assert await records.shares.count(OWNER, None) == 2


async def test_mails_at_once_cannot_pass_a_limit_together(records: Records) -> None:
    mails = [make_mail(created_at=after(number)) for number in range(8)]

    answers = await asyncio.gather(
        *(records.shares.add(mail, None, MailLimits(per_sender=3)) for mail in mails), return_exceptions=True
    )

    assert [type(answer) for answer in answers].count(RateLimited) == 5
    assert await records.shares.count(OWNER, None) == 3


async def test_hands_a_mail_over_to_one_of_many(records: Records) -> None:
    share = make_mail()
    await records.shares.add(share)

    won = await asyncio.gather(
        *(records.shares.advance_mail(share.id, WAITING, MailState.HANDED_OVER) for _ in range(8))
    )
    failed = await records.shares.advance_mail(share.id, (MailState.HANDED_OVER,), MailState.FAILED, "Refused.")

    assert (won.count(True), failed) == (1, True)
    mail = await get_share(records, share)
    assert (mail.mail_state, mail.mail_error) == (MailState.FAILED, "Refused.")


async def test_brings_no_mail_on_that_is_not_there(records: Records) -> None:
    share = await add_share(records)

    assert not await records.shares.advance_mail(share.id, tuple(MailState), MailState.SENT)
    assert not await records.shares.advance_mail(new_share_id(), tuple(MailState), MailState.SENT)
    assert await get_share(records, share) == share
