"""What a caller may ask for in a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import RateLimited
from app.domain.rate import Caller, OperationClass, Rate
from app.metering.prometheus import PrometheusMeter
from app.rates.memory import MemoryCounters
from app.services.rates import RateService

NOW = datetime(2026, 3, 1, 12, 0, 48, 500_000, tzinfo=UTC)
NEXT_MINUTE = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
READ = {OperationClass.READ: 1}
STRANGER = Caller(None, None, "192.0.2.1")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def make_rates(clock: Clock | None = None, **limits: int) -> RateService:
    classes = {OperationClass(name.upper()): limit for name, limit in limits.items()}
    return RateService(MemoryCounters(), clock or Clock(), PrometheusMeter(), classes)


async def test_tells_where_a_caller_stands() -> None:
    rates = make_rates(read=10)

    first = await rates.take(STRANGER, READ)
    second = await rates.take(STRANGER, {OperationClass.READ: 5})

    assert first == Rate(10, 9, NEXT_MINUTE, 1)
    assert second == Rate(10, 4, NEXT_MINUTE, 5)


async def test_refuses_what_is_over_the_limit_until_the_next_minute() -> None:
    clock = Clock()
    rates = make_rates(clock, read=2)
    for _ in range(2):
        await rates.take(STRANGER, READ)

    with pytest.raises(RateLimited) as refusal:
        await rates.take(STRANGER, READ)
    clock.now += timedelta(seconds=refusal.value.retry_after_s)
    after = await rates.take(STRANGER, READ)

    assert refusal.value.retry_after_s == 12
    assert after == Rate(2, 1, NEXT_MINUTE + timedelta(minutes=1), 1)
    assert rates.meter.registry.get_sample_value("gf_rate_limited_total", {"class": "READ"}) == 1


async def test_counts_each_address_by_itself() -> None:
    rates = make_rates(read=1)

    answers = [await rates.take(Caller(None, None, address), READ) for address in ("192.0.2.1", "192.0.2.2")]

    assert answers == [Rate(1, 0, NEXT_MINUTE, 1)] * 2


async def test_counts_each_class_by_itself() -> None:
    rates = make_rates(read=1, write=1)
    await rates.take(STRANGER, READ)

    assert await rates.take(STRANGER, {OperationClass.WRITE: 1}) == Rate(1, 0, NEXT_MINUTE, 1)


async def test_one_key_leaves_room_for_the_users_others() -> None:
    rates = make_rates(read=2)
    busy, other, third = (Caller("user:a", key, "192.0.2.1") for key in ("k1", "k2", "k3"))
    for _ in range(2):
        await rates.take(busy, READ)

    with pytest.raises(RateLimited):
        await rates.take(busy, READ)

    assert (await rates.take(other, READ)) == Rate(4, 0, NEXT_MINUTE, 1)
    with pytest.raises(RateLimited):
        await rates.take(third, READ)


async def test_the_address_of_somebody_signed_in_does_not_matter() -> None:
    rates = make_rates(read=1)
    await rates.take(STRANGER, READ)

    assert await rates.take(Caller("user:a", None, STRANGER.address), READ) == Rate(2, 1, NEXT_MINUTE, 1)


async def test_counts_nothing_when_there_are_no_limits() -> None:
    assert await make_rates().take(STRANGER, READ) is None
