"""Sending events on a real database to a real receiver: what is logged, tried again, and given up."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from app.domain.errors import DomainError, FetchFailed, FetchStatus
from app.domain.outbox import OutboxEntry
from app.domain.page import PageRequest
from app.domain.viewer import UserId
from app.domain.webhook import WEBHOOK, Webhook, WebhookDelivery, WebhookEvent, new_webhook_id, new_webhook_secret
from app.ports.records import Records
from app.records.sqlite.database import open_records
from app.remote.poster import open_poster
from app.services.webhook_delivery import WebhookSender
from tests.receivers import Receiver, open_receiver

BODY = '{"id":"evt_1","type":"job.failed_partial","timestamp":"2026-03-01T00:00:00.000Z","data":{"jobId":"job:1"}}'


@dataclass
class Desk:
    """A webhook with a receiver, and a clock that the test holds."""

    records: Records
    sender: WebhookSender
    receiver: Receiver
    webhook: Webhook
    now: list[datetime] = field(default_factory=list)

    async def send(self, attempt: int = 1) -> DomainError | None:
        """Return why sending the event failed."""
        entry = OutboxEntry(WEBHOOK, f"{self.webhook.id} {BODY}", self.now[0], attempts=attempt)
        try:
            await self.sender.deliver(entry)
        except DomainError as error:
            return error
        return None

    async def log(self) -> tuple[WebhookDelivery, ...]:
        return (await self.records.webhooks.deliveries(self.webhook.id, PageRequest())).items

    async def state(self) -> Webhook:
        return (await self.records.webhooks.find_many((self.webhook.id,)))[self.webhook.id]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    now = [datetime.now(UTC)]
    with open_receiver() as receiver:
        async with (
            open_records(tmp_path / "records.sqlite") as records,
            open_poster((ip_network("127.0.0.1/32"),)) as poster,
        ):
            webhook = Webhook(
                id=new_webhook_id(),
                owner_id=UserId("user:owner"),
                url=receiver.url,
                host="127.0.0.1",
                events=tuple(WebhookEvent),
                secret=new_webhook_secret(),
                created_at=now[0],
            )
            await records.webhooks.add(webhook, 20)
            yield Desk(records, WebhookSender(records, poster, lambda: now[0]), receiver, webhook, now)


async def test_what_is_sent_verifies_by_the_standard_library(desk: Desk) -> None:
    assert await desk.send() is None

    [(headers, body)] = desk.receiver.requests
    assert Verifier(desk.webhook.secret).verify(body, headers)["type"] == "job.failed_partial"
    assert body.decode() == BODY
    assert headers["webhook-id"] == "evt_1"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_is_taken_as_delivered(desk: Desk, status: int) -> None:
    desk.receiver.status = status

    assert await desk.send(attempt=3) is None

    [line] = await desk.log()
    assert (line.event_id, line.event, line.attempt) == ("evt_1", WebhookEvent.JOB_FAILED_PARTIAL, 3)
    assert (line.status, line.error, line.at, line.body) == (status, None, desk.now[0], BODY)


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
async def test_any_other_status_is_a_failure(desk: Desk, status: int) -> None:
    desk.receiver.status = status
    desk.receiver.headers = {"Location": desk.receiver.url}

    error = await desk.send()

    [line] = await desk.log()
    assert isinstance(error, FetchStatus)
    assert error.message == f"127.0.0.1 answers {status}."
    assert (line.status, line.error and line.error.code) == (status, "FETCH_STATUS")
    assert len(desk.receiver.requests) == 1
    assert (await desk.state()).failing_since == desk.now[0]
    assert (await desk.state()).disabled_at is None


async def test_nobody_there_is_a_failure_without_a_status(desk: Desk) -> None:
    with open_receiver() as gone:
        pass
    webhook = replace(desk.webhook, id=new_webhook_id(), url=gone.url)
    await desk.records.webhooks.add(webhook, 20)
    desk.webhook = webhook

    error = await desk.send()

    [line] = await desk.log()
    assert isinstance(error, FetchFailed)
    assert (line.status, line.error and line.error.code) == (None, "FETCH_FAILED")


async def test_a_receiver_that_says_that_it_is_gone_is_told_nothing_more(desk: Desk) -> None:
    desk.receiver.status = 410
    await desk.send()

    assert await desk.send(attempt=2) is None

    assert (await desk.state()).disabled_at == desk.now[0]
    assert len(desk.receiver.requests) == 1


async def test_a_receiver_that_fails_for_days_is_told_nothing_more(desk: Desk) -> None:
    desk.receiver.status = 500
    for hours in (0, 71, 1, 1):
        desk.now[0] += timedelta(hours=hours)
        await desk.send()

    assert len(desk.receiver.requests) == 3
    assert (await desk.state()).disabled_at == desk.now[0] - timedelta(hours=1)


async def test_a_success_in_between_begins_the_count_anew(desk: Desk) -> None:
    for status in (500, 200, 500):
        desk.receiver.status = status
        await desk.send()
        desk.now[0] += timedelta(hours=48)

    assert (await desk.state()).disabled_at is None
    assert (await desk.state()).failing_since == desk.now[0] - timedelta(hours=48)


async def test_a_deleted_webhook_is_told_nothing_of_what_waited(desk: Desk) -> None:
    await desk.records.webhooks.delete(desk.webhook.id)

    assert await desk.send() is None
    assert desk.receiver.requests == []
