"""A commit that fails after the figures were worked out: they are worked out again, told and kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.timeseries import kpi_values, readings
from tests.city import NOW, kpi
from tests.poller.test_service import row

SECOND = timedelta(seconds=1)


async def test_a_figure_of_a_refused_commit_is_told_with_the_next(tmp_path: Path) -> None:
    store, full = Store(f"sqlite:///{tmp_path / 'ioc.db'}"), False
    store.migrate()
    one = row("a")
    with store.write() as conn:
        readings.declare_series(conn, [one])

    @contextmanager
    def write() -> Iterator[Conn]:
        with store.write() as conn:
            yield conn
            if full:  # as a disk that is full at the commit
                raise StoreError(untyped("the disk is full"))

    board = LatestValues([one], {}, {one.key: initial_health(one, NOW)})
    level = kpi("level", formula=Formula(FormulaOp.LAST, ("a-level",)))
    evaluator, now = KpiEngine([level], board, {}), NOW
    writer = Writer(cast(Store, SimpleNamespace(write=write)), board, evaluator, lambda: now)

    def deliver(value: float) -> None:
        reading = Reading("a-level", now, value, "m")
        health = SourceHealth(one.key, SourceState.LIVE, NOW, last_success=now, data_time=now, accepted_count=1)
        writer.enqueue(PollResult(one, Batch((reading,)), now, health, is_countable=True))

    def told() -> float | None:
        with store.read() as conn:
            return kpi_values.current(conn)["level", ""].value

    deliver(1.0)
    await writer.commit()
    assert told() == 1.0
    now, full = now + SECOND, True
    deliver(2.0)
    await writer.commit()
    assert told() == 1.0 and writer.broken_since
    now, full = now + SECOND, False
    await writer.commit()
    assert told() == 2.0 and evaluator.current["level", ""].state is FigureState.OK
    writer.close()
    store.close()
