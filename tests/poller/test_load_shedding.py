"""What the writer had no room for is counted, survives until it can be told, and is told by page, list and metrics."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from components.sources.host_health import told
from ioc.domain.base.host_health import Part, writing
from ioc.domain.ingest.dropped import QUIET, GivenUp, Way, once
from ioc.domain.ingest.health import Health, SourceState, first
from ioc.domain.ingest.reading import Aside, Batch, Reading, Refused
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Severity
from ioc.poller import writer as writing_module
from ioc.poller.host_monitor import Machine, Place
from ioc.poller.kpi_engine import Evaluator
from ioc.poller.load_shedding import Shed
from ioc.poller.poller import Arrival
from ioc.poller.state import Board
from ioc.poller.writer import Writer
from ioc.snapshot.cache import Reads
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import drop_counters, readings
from ioc.storage.timeseries import rejected_items as refused
from ioc.web.health.endpoints import Metrics, blueprint
from tests.city import NOW
from tests.poller.test_service import configured, row

MINUTE = timedelta(minutes=1)


class Desk:
    """A writer over a store that can be taken away."""

    def __init__(self, store: Store, *rows: Source) -> None:
        self.store, self.configuration, self.rows, self.now = store, configured(*rows), rows, NOW
        with store.write() as conn:
            readings.declare(conn, rows)
        board = Board(rows, {}, {one.key: first(one, NOW) for one in rows})
        self.away = False
        held = cast(Store, SimpleNamespace(write=self._write))
        self.writer = Writer(held, board, Evaluator((), board, {}), lambda: self.now)

    def _write(self) -> Any:
        if self.away:
            raise StoreError("the disk is full")
        return self.store.write()

    def deliver(self, one: Source, count: int, *refused: Refused, **more: Any) -> None:
        self.now += MINUTE
        told = tuple(Reading(f"{one.key}-level", self.now - timedelta(seconds=n), 1.0, "m") for n in range(count))
        health = Health(one.key, SourceState.LIVE, NOW, last_good=self.now, data_time=self.now, kept=count)
        self.writer.deliver(Arrival(one, Batch(told, refused), self.now, health, **more))

    def shed(self) -> dict[str, GivenUp]:
        with self.store.read() as conn:
            return drop_counters.current(conn, Way.SHED)

    def looked(self, folder: Path) -> None:
        place = Place(folder, steady=lambda: self.now.timestamp())
        observed = cast(Any, SimpleNamespace(certificates={}, clocks=lambda _: {}))
        Machine(self.store, self.configuration, lambda: self.now, place, observed).record()


async def test_what_is_shed_while_the_store_is_away_is_told_when_it_is_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing_module, "MOST_WAITING", 10)
    desk = Desk(store, a := row("a"), b := row("b"))
    desk.away = True
    desk.deliver(a, 8)
    began = desk.now
    await desk.writer.commit()
    desk.deliver(b, 6)  # the eight of a give way
    desk.deliver(b, 6, mail=(1,))  # the first six of b give way
    desk.deliver(a, 5)  # the second six give way, but nothing is lost: their letter waits
    await desk.writer.commit()
    assert desk.shed() == {}, "it cannot be told yet"
    desk.away = False
    await desk.writer.commit()
    assert desk.shed() == {"a": once("a", 8, began), "b": once("b", 6, began + MINUTE)}
    desk.looked(tmp_path)
    snapshot = Reads(store, desk.configuration, lambda: desk.now).snapshot()
    (condition,) = (one for one in snapshot.machine if one.part is Part.WRITING)
    assert (condition.severity, condition.value, condition.since) == (Severity.ATTENTION, 14.0, began)
    assert "đã bỏ 14 số đo" in told(condition, "vi")
    assert [one.key for one in snapshot.attention if one.kind == "machine"] == ["writing"]
    assert figures(desk)["ioc_readings_shed_total", "a"] == 8 and figures(desk)["ioc_readings_shed_total", "b"] == 6
    desk.now += QUIET + timedelta(hours=1)
    desk.looked(tmp_path)
    assert not Reads(store, desk.configuration, lambda: desk.now).snapshot().attention
    assert figures(desk)["ioc_readings_shed_total", "a"] == 8, "a counter never goes back"
    desk.writer.close()


def figures(desk: Desk) -> dict[tuple[str, ...], float]:
    app = Flask(__name__)
    app.register_blueprint(blueprint(Reads(desk.store, desk.configuration, lambda: desk.now), Metrics(), lambda: NOW))
    families = text_string_to_metric_families(app.test_client().get("/metrics").text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def test_what_is_refused_is_counted_with_its_reasons_and_read_on_where_it_ended(store: Store) -> None:
    desk = Desk(store, a := row("a"))
    reads = Reads(store, desk.configuration, lambda: desk.now)
    assert reads.snapshot().refused == ()
    held: Sequence[Aside] = ()
    for n in range(3):
        desk.deliver(a, 1, *(Refused(f"row {n}/{m}", "time is missing", "<b>") for m in range(40)))
        await desk.writer.commit()
        with store.read() as conn:
            held = refused.with_news(conn, held)
            assert held == refused.recent(conn) and refused.with_news(conn, held) is held
    shown = Reads(store, desk.configuration, lambda: desk.now).snapshot()
    assert len(shown.refused) == 50 and shown.refused[0].item.where == "row 2/39"
    assert shown.given_up[Way.REFUSED]["a"].total == 120
    assert figures(desk)["ioc_items_refused_total", "a"] == 120
    assert reads.at(NOW + MINUTE).refused[0].item.where == "row 0/39", "as it was then"
    desk.writer.close()


async def test_a_fault_of_ours_over_one_arrival_counts_what_it_cost(store: Store) -> None:
    desk = Desk(store, a := row("a"))
    good = Batch((Reading("a-level", NOW, 1.0, "m"), cast(Reading, "no reading at all")))
    desk.writer.deliver(Arrival(a, good, NOW, first(a, NOW)))
    await desk.writer.commit()
    await desk.writer.commit()
    assert desk.shed()["a"].total == 2
    desk.writer.close()


def test_a_quiet_day_ends_the_story_but_not_the_count() -> None:
    held = once("a", 3, NOW).then(once("a", 4, NOW + MINUTE))
    assert held == GivenUp("a", 7, 7, NOW, NOW + MINUTE)
    later = held.then(once("a", 1, NOW + 2 * QUIET))
    assert (later.total, later.recent, later.began) == (8, 1, NOW + 2 * QUIET)
    assert writing([later], NOW + 4 * QUIET).severity is Severity.NORMAL


def test_what_could_not_be_told_is_joined_with_what_came_meanwhile() -> None:
    shed = Shed()
    shed.add("a", 3, NOW)
    taken = shed.take()
    shed.add("a", 2, NOW + MINUTE)
    shed.put_back(taken)
    assert shed.take() == [GivenUp("a", 5, 5, NOW, NOW + MINUTE)] and shed.take() == []
