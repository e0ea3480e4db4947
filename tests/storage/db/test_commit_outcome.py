"""A connection that is cut while COMMIT is answered: what became of the transaction is found out, not guessed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.kpis.kpi import Formula, FormulaOp
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db import change_counter
from ioc.storage.db.errors import OutcomeUnknownError, StoreError
from ioc.storage.db.store import Store
from ioc.storage.timeseries import drop_counters, kpi_values, readings, rejected_items
from tests.city import NOW, kpi
from tests.poller.running import poll_result, poll_source
from tests.storage.lossy_proxy import Loss, LossyProxy, lossy_proxy

pytestmark = pytest.mark.postgres


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[LossyProxy]:
    with lossy_proxy(postgres_url) as opened:
        yield opened


@pytest.fixture
def store(proxy: LossyProxy) -> Iterator[Store]:
    """A store behind the proxy."""
    with closing(Store(proxy.url)) as opened:
        yield opened


def bump(store: Store) -> None:
    with store.write() as conn:
        change_counter.bump(conn, {"access"}, NOW)


def version(store: Store) -> int:
    with store.read() as conn:
        return change_counter.read(conn).topics["access"]


def test_lost_answer_is_no_failure(store: Store, proxy: LossyProxy) -> None:
    bump(store)
    before, proxy.loss = version(store), Loss.ANSWER
    bump(store)
    assert proxy.lost == 1 and version(store) == before + 1


def test_lost_commit_is_a_failure_after_which_nothing_is_kept(store: Store, proxy: LossyProxy) -> None:
    bump(store)
    before, proxy.loss = version(store), Loss.COMMIT
    with pytest.raises(StoreError) as error:
        bump(store)
    assert not isinstance(error.value, OutcomeUnknownError)
    assert proxy.lost == 1 and version(store) == before


@pytest.mark.parametrize("loss", list(Loss))
def test_while_the_server_cannot_be_asked_the_outcome_is_unknown(store: Store, proxy: LossyProxy, loss: Loss) -> None:
    bump(store)
    before, proxy.loss, proxy.is_reachable = version(store), loss, False
    with pytest.raises(OutcomeUnknownError) as error:
        bump(store)
    proxy.is_reachable = True
    assert store.was_committed(error.value.transaction) is (loss is Loss.ANSWER)
    assert version(store) == before + (loss is Loss.ANSWER)


@pytest.mark.parametrize("is_reachable", [True, False])
@pytest.mark.parametrize("loss", list(Loss))
async def test_poll_results_are_written_once(
    store: Store, proxy: LossyProxy, loss: Loss, is_reachable: bool
) -> None:  # fmt: skip
    """Also what was rejected is counted once, and a figure stands once in its log."""
    source, confirmed = poll_source("a"), list[str]()
    with store.write() as conn:
        readings.declare_series(conn, [source])
    values = LatestValues([source], {}, {source.key: initial_health(source, NOW)})
    level = kpi("level", formula=Formula(FormulaOp.LAST, ("a-level",)))
    now = NOW
    writer = Writer(store, values, KpiEngine([level], values, {}), ClockWatch(lambda: now))

    def enqueue(value: float) -> None:
        rejected = RejectedItem("row 1", Failure(IngestCode.NOTHING_ACCEPTED))
        batch = Batch((Reading("a-level", now, value, "m"),), (rejected,))
        health = SourceHealth(source.key, SourceState.LIVE, NOW, last_success=now, data_time=now, accepted_count=1)
        writer.enqueue(
            poll_result(source, batch, now, health, is_countable=True, on_committed=lambda: confirmed.append("a"))
        )

    proxy.loss, proxy.is_reachable = loss, is_reachable
    enqueue(1.0)
    await writer.commit()
    if not is_reachable:
        now += timedelta(seconds=1)
        enqueue(2.0)
        await writer.commit()  # the outcome of the first one is not known yet: nothing is written
        assert confirmed == [] and writer.write_failing_since is not None
        proxy.is_reachable = True
    await writer.commit()
    await writer.commit()
    writer.close()
    expected = 1 if is_reachable else 2
    assert proxy.lost == 1 and confirmed == ["a"] * expected and writer.write_failing_since is None
    with store.read() as conn:
        items, counters = rejected_items.recent(conn), drop_counters.current(conn, DropReason.REJECTED)
        history = readings.points(conn, kpi_values.series_key("level"), NOW - timedelta(hours=1), NOW, 100)
        stored = kpi_values.current(conn)["level", ""].value
    assert len(items) == expected and counters["a"].total == expected
    assert stored == float(expected) and len(history) <= expected
