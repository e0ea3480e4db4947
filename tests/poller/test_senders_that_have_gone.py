"""Series of a gateway that has gone lose their value at once, whatever its clock shows."""

from datetime import timedelta

import pytest

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.reading import ENDED, Batch, Reading
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.city import NOW
from tests.poller.running import SECOND, poll_result, poll_source

SERIES = "a-level"


@pytest.mark.parametrize("together", ["poll", "transaction", ""])
@pytest.mark.parametrize("ahead", [-45, 0, 45, 240])
async def test_value_of_a_gateway_that_has_gone_does_not_stand_by_its_clock_that_is_ahead(
    store: Store, ahead: int, together: str
) -> None:
    """Its last value was newer than the end, and stood as good until its age limit."""
    source, now = poll_source("a"), [NOW]
    with store.write() as conn:
        readings.declare_series(conn, [source])
    values = LatestValues([source], {}, {"a": initial_health(source, NOW)})
    writer = Writer(store, values, KpiEngine((), values, {}), ClockWatch(lambda: now[0]))

    def poll(*received: Reading) -> None:
        health = SourceHealth("a", SourceState.LIVE, NOW, last_success=now[0], data_time=now[0])
        writer.enqueue(poll_result(source, Batch(received), now[0], health, on_committed=lambda: None))
        now[0] += SECOND

    def shown() -> set[float | None]:
        with store.read() as conn:
            stored, kept = readings.latest(conn, [SERIES])[SERIES], values.latest(SERIES)
        assert kept is not None
        return {stored.value, kept.value}

    lead = timedelta(seconds=ahead)
    value, end = Reading(SERIES, NOW + lead, 2.5, "m"), Reading(SERIES, NOW + SECOND, None, quality=ENDED)
    poll(*([value, end] if together == "poll" else [value]))
    if not together:
        await writer.commit()
        assert shown() == {2.5}
    if together != "poll":
        poll(end)
    await writer.commit()
    assert shown() == {None}
    poll(Reading(SERIES, NOW + 60 * SECOND + lead, 3.0, "m"))
    await writer.commit()
    assert shown() == {3.0}
    writer.close()
