"""What every database promises of webhooks: no change without its event, and a log that is kept short."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from job_steps import add_job_of, claim_and_complete, claim_and_fail
from record_factories import BROKEN, DERIVED, NOW, OTHER, OWNER, after, make_image

from app.domain.errors import Conflict
from app.domain.image import Image, ImageChanges, ImageState
from app.domain.outbox import OutboxClaim
from app.domain.page import PageRequest
from app.domain.webhook import (
    WEBHOOK,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookId,
    new_webhook_id,
    new_webhook_secret,
)
from app.ports.records import Records

FAR = datetime(2100, 1, 1, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365)


def make_webhook(**values: object) -> Webhook:
    defaults = {
        "id": new_webhook_id(),
        "owner_id": OWNER,
        "url": "https://hooks.example/gf",
        "host": "hooks.example",
        "events": tuple(WebhookEvent),
        "secret": new_webhook_secret(),
        "created_at": NOW,
    }
    return Webhook(**{**defaults, **values})


async def add_webhook(records: Records, **values: object) -> Webhook:
    webhook = make_webhook(**values)
    await records.webhooks.add(webhook, 20)
    return webhook


def make_delivery(webhook: Webhook, **values: object) -> WebhookDelivery:
    defaults = {
        "id": f"{make_delivery.count:032x}",
        "webhook_id": webhook.id,
        "event_id": "evt_1",
        "event": WebhookEvent.IMAGE_READY,
        "attempt": 1,
        "at": NOW,
        "duration_ms": 12,
        "status": 200,
        "error": None,
        "body": "{}",
    }
    make_delivery.count += 1
    return WebhookDelivery(**{**defaults, **values})


make_delivery.count = 0


async def get_webhook(records: Records, webhook_id: WebhookId) -> Webhook:
    return (await records.webhooks.find_many((webhook_id,)))[webhook_id]


async def outbox_of(records: Records) -> list[tuple[str, dict[str, object]]]:
    """Take all events out of the outbox; return the webhook of each and what it tells."""
    taken: list[OutboxClaim] = []
    while (claim := await records.outbox.claim(FAR, 30, (WEBHOOK,))) is not None:
        await records.outbox.settle(claim)
        taken.append(claim)
    told = [claim.entry.payload.split(" ", 1) for claim in taken]
    return [(webhook_id, json.loads(body)) for webhook_id, body in told]


async def told_of(records: Records) -> list[tuple[object, object]]:
    return [(event["type"], event["data"]) for _, event in await outbox_of(records)]


@pytest.fixture
async def image(records: Records) -> Image:
    return await records.images.add(make_image(state=ImageState.PROCESSING), ())


async def test_keeps_webhooks_as_they_are(records: Records) -> None:
    webhook = await add_webhook(records, failing_since=after(1), disabled_at=after(2))
    later = await add_webhook(records, created_at=after(1))
    await add_webhook(records, owner_id=OTHER)

    assert await get_webhook(records, webhook.id) == webhook
    assert await records.webhooks.list_of(OWNER) == (webhook, later)


async def test_keeps_no_more_webhooks_of_one_user_than_allowed(records: Records) -> None:
    for _ in range(2):
        await records.webhooks.add(make_webhook(), 2)

    with pytest.raises(Conflict):
        await records.webhooks.add(make_webhook(), 2)

    await records.webhooks.add(make_webhook(owner_id=OTHER), 2)
    assert len(await records.webhooks.list_of(OWNER)) == 2


async def test_tells_of_an_image_that_is_ready_changed_and_deleted(records: Records, image: Image) -> None:
    webhook = await add_webhook(records)

    await records.images.finish(image.id, DERIVED)
    await records.images.finish(image.id, DERIVED)
    await records.images.update(image.id, ImageChanges(title="Dock"))
    await records.images.update(image.id, ImageChanges(title="Dock"))
    await records.images.delete((image.id,))

    events = await outbox_of(records)
    data = {"imageId": image.id}
    assert sorted(event["type"] for _, event in events) == ["image.deleted", "image.ready", "image.updated"]
    assert {webhook_id for webhook_id, _ in events} == {webhook.id}
    assert [event["data"] for _, event in events] == [data] * 3


async def test_an_event_says_what_and_when_under_an_id_of_its_own(records: Records, image: Image) -> None:
    await add_webhook(records)
    await add_webhook(records)

    await records.images.delete((image.id,))

    (_, one), (_, other) = await outbox_of(records)
    happened = datetime.fromisoformat(one["timestamp"])
    assert set(one) == {"id", "type", "timestamp", "data"}
    assert one["id"].startswith("evt_")
    assert "." not in one["id"]
    assert one["id"] != other["id"]
    assert abs(happened - datetime.now(UTC)) < timedelta(seconds=5)


async def test_an_event_waits_in_the_lane_of_its_host(records: Records, image: Image) -> None:
    await add_webhook(records)

    await records.images.delete((image.id,))

    claim = await records.outbox.claim(FAR, 30, (WEBHOOK,))
    assert claim is not None
    assert claim.entry.lane == "hooks.example"


async def test_tells_of_a_job_that_fails_and_is_then_completed(records: Records) -> None:
    await add_webhook(records)
    image = make_image(state=ImageState.PROCESSING)
    job = await add_job_of(records, image)

    await claim_and_fail(records)
    failed = await told_of(records)
    await records.jobs.retry(job.id, NOW)
    await claim_and_complete(records)
    completed = await told_of(records)

    counts = {"jobId": job.id, "kind": "UPLOADED", "total": 1}
    assert sorted(failed, key=str) == [
        ("image.failed", {"imageId": image.id}),
        ("job.failed", {**counts, "done": 0, "failed": 1}),
    ]
    assert completed == [("job.completed", {**counts, "done": 1, "failed": 0})]


async def test_tells_of_jobs_that_end_in_other_ways(records: Records) -> None:
    await add_webhook(records)
    partly = await add_job_of(records, make_image(), make_image())
    await claim_and_complete(records)
    await claim_and_fail(records)
    cancelled = await add_job_of(records, make_image())
    await records.jobs.cancel(cancelled.id, NOW)

    told = {kind: data["jobId"] for kind, data in await told_of(records)}

    assert told == {"job.failed_partial": partly.id, "job.cancelled": cancelled.id}


async def test_tells_only_the_owner_of_what_was_asked_for(records: Records, image: Image) -> None:
    asked = await add_webhook(records, events=(WebhookEvent.IMAGE_DELETED,))
    await add_webhook(records, events=(WebhookEvent.IMAGE_READY,))
    await add_webhook(records, owner_id=OTHER)
    await add_webhook(records, disabled_at=NOW)

    await records.images.delete((image.id,))

    assert [webhook_id for webhook_id, _ in await outbox_of(records)] == [asked.id]


async def test_forgets_a_webhook_with_its_log(records: Records) -> None:
    webhook = await add_webhook(records)
    await records.webhooks.log(make_delivery(webhook), disable_failing_since=LONG_AGO)

    await records.webhooks.delete(webhook.id)
    await records.webhooks.delete(webhook.id)
    await records.webhooks.log(make_delivery(webhook), disable_failing_since=LONG_AGO)

    assert await records.webhooks.list_of(OWNER) == ()
    assert await records.webhooks.count_deliveries(webhook.id) == 0


async def test_lists_the_log_newest_first(records: Records) -> None:
    webhook, other = await add_webhook(records), await add_webhook(records)
    lines = [make_delivery(webhook, at=after(number), event_id=f"evt_{number}") for number in range(5)]
    lines.append(make_delivery(webhook, at=after(5), status=None, error=BROKEN, event_id="evt_0", attempt=2))
    for line in (*lines, make_delivery(other)):
        await records.webhooks.log(line, disable_failing_since=LONG_AGO)

    page = await records.webhooks.deliveries(webhook.id, PageRequest(2))
    rest = await records.webhooks.deliveries(webhook.id, PageRequest(10, after=page.cursors[-1]))

    assert (*page.items, *rest.items) == tuple(reversed(lines))
    assert await records.webhooks.count_deliveries(webhook.id) == 6
    assert await records.webhooks.find_delivery(webhook.id, "evt_0") == lines[5]
    assert await records.webhooks.find_delivery(other.id, "evt_0") is None


async def test_keeps_the_newest_lines_of_a_log(records: Records) -> None:
    webhook = await add_webhook(records)
    for number in range(503):
        await records.webhooks.log(make_delivery(webhook, at=after(number)), disable_failing_since=LONG_AGO)

    assert await records.webhooks.count_deliveries(webhook.id) == 500
    [oldest] = (await records.webhooks.deliveries(webhook.id, PageRequest(1, backwards=True))).items
    assert oldest.at == after(3)


async def test_knows_since_when_a_webhook_fails(records: Records) -> None:
    webhook = await add_webhook(records)
    for seconds in (1, 2):
        failed = make_delivery(webhook, at=after(seconds), error=BROKEN)
        await records.webhooks.log(failed, disable_failing_since=LONG_AGO)
    failing = await get_webhook(records, webhook.id)

    await records.webhooks.log(make_delivery(webhook, at=after(3)), disable_failing_since=after(3))

    assert (failing.failing_since, failing.disabled_at) == (after(1), None)
    assert await get_webhook(records, webhook.id) == webhook


async def test_disables_what_fails_for_too_long_until_it_is_enabled(records: Records) -> None:
    webhook = await add_webhook(records)
    for seconds in (1, 2, 3):
        failed = make_delivery(webhook, at=after(seconds), error=BROKEN)
        await records.webhooks.log(failed, disable_failing_since=after(seconds - 1))
    disabled = await get_webhook(records, webhook.id)

    await records.webhooks.enable(webhook.id)

    assert (disabled.failing_since, disabled.disabled_at) == (after(1), after(2))
    assert await get_webhook(records, webhook.id) == webhook
