"""The clock is set back by hours while sources are polled: known times only grow, and no reading is lost."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from ioc.domain.base.times import utc_now
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.storage.db.schema import config_log, kpi_log, reading, revision, series, source_log
from ioc.storage.db.store import Store
from ioc.web.token_bucket import Rate, TokenBuckets
from tests.poller.running import RunningService, ScriptedProtocol, poll_source

SOURCES = tuple(poll_source(f"s{n}") for n in range(8))


class ShiftedClock:
    """The real time, shifted by what the test says."""

    shift = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.shift


class CountingProtocol(ScriptedProtocol):
    """Every answer of a source has one reading of its own; `sent` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: Counter[str] = Counter()

    def parse(self, source: Source, payload: object, now: datetime) -> Batch:
        self.sent[source.key] += 1
        return Batch((Reading(f"{source.key}-level", now, self.sent[source.key] / 1000, "m"),))


def stored_values(store: Store) -> Counter[float]:
    """How often each value of the sources is stored, those included that were withdrawn."""
    stored = Counter[float]()
    with store.read() as conn:
        for table in (reading, revision):
            polled = select(table.c.value).join(series, series.c.id == table.c.series_id)
            stored.update(conn.execute(polled.where(series.c.key.like("s_-level"))).scalars())
    return stored


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=3), timedelta(days=2)], ids=str)
async def test_known_times_grow_and_nothing_is_lost(store: Store, back: timedelta) -> None:
    clock, protocol = ShiftedClock(), CountingProtocol()
    async with RunningService(store, protocol, *SOURCES, clock=clock) as service:

        async def poll_and_store(times: int) -> None:
            """All sources are polled so often again, and what they sent is stored."""
            wanted = {source.key: protocol.sent[source.key] + times for source in SOURCES}
            await service.wait_until(lambda _: all(protocol.sent[key] >= n for key, n in wanted.items()))
            sent = Counter(n / 1000 for total in protocol.sent.values() for n in range(1, total + 1))
            await service.wait_until(lambda _: sent <= stored_values(store))
            service.reads.snapshot()

        await poll_and_store(4)
        clock.shift = -back
        await poll_and_store(6)
        clock.shift = timedelta(0)
        await poll_and_store(4)
    with store.read() as conn:
        for log in (source_log, kpi_log, config_log):
            known = conn.execute(select(log.c.known_ms).order_by(log.c.id)).scalars().all()
            assert known and known == sorted(known), log.name


def test_rate_limits_do_not_follow_the_clock_of_the_day() -> None:
    """They count by the monotonic clock: setting the other one back neither frees nor blocks anybody."""
    buckets = TokenBuckets(Rate(1, 2))
    assert [buckets.take("an") > 0 for _ in range(3)] == [False, False, True]
