"""At any moment, present or past, every medium shows the same state and number: tile, API, map, public page, paper."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.kpi.limits import decisive_limit_text, value_status
from components.kpi.tile import tile
from components.map.kpi_layer import kpi_points
from components.map.points import main_series, value_text
from components.screens.overview import overview_frame
from components.screens.public_page import public_page
from components.ui.format import format_number
from data_sources._http.errors import HttpCode
from ioc.config.configuration import Configuration
from ioc.domain.base.clock_set_back import ClockReading
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.ingest.health import (
    SourceHealth,
    SourceState,
    after_failure,
    after_success,
    assess_health,
    initial_health,
)
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp, Limit, Severity, Target
from ioc.domain.snapshot import Snapshot
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poll_result import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.transaction import Transaction
from ioc.snapshot.cache import SnapshotCache
from ioc.snapshot.view import View
from ioc.storage.clock_correction import ClockCorrection
from ioc.storage.db import change_counter
from ioc.storage.db.schema import metadata
from ioc.storage.db.store import Store
from ioc.storage.timeseries import newest_reading, readings
from ioc.web.api.serializers import kpis as serializers
from tests.city import NOW, kpi
from tests.poller.running import configured, poll_result, poll_source

NO_CONNECTION = Failure(HttpCode.CONNECT_FAILED, {"cause": Failure(SystemCode.CONNECTION_REFUSED)})
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SOURCES = (
    poll_source("a", is_simulated=True),
    replace(poll_source("b", is_simulated=True), age_limit=40 * SECOND),
)
LIMIT = Limit("bd1", LocalizedText("báo động I"), 1.8, True, Severity.ATTENTION, 0.1)
SINGLE = ("a-kpi", "b-kpi")
_days = count(1)  # of each example: known times never go back


def configuration() -> Configuration:
    """A KPI for each of two stations, and their mean."""
    sources = (replace(SOURCES[0], age_limit=2 * MINUTE), SOURCES[1])
    base = configured(*sources)
    target = Target("<=", 1.5, 0.2, Severity.ATTENTION)
    single = tuple(replace(row, limits=(LIMIT,), target=target, decimals=1) for row in base.kpis)
    mean = Formula(FormulaOp.MEAN, ("a-level", "b-level"), min_usable_share=0.5)
    both = kpi("both", formula=mean, limits=(LIMIT,), target=target, decimals=1)
    return replace(base, kpis=(*single, both), overview=(*SINGLE, "both"))


class Step(NamedTuple):
    """`wait` after the step before, something happens at a source; it is committed `lag` later."""

    wait: timedelta
    source: int
    act: str
    value: float | None
    age: timedelta
    lag: timedelta


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([SECOND, 20 * SECOND, 41 * SECOND, 3 * MINUTE, 80 * MINUTE]),
        st.integers(0, 1),
        st.sampled_from(["read", "read", "read", "fail", "refuse", "off", "judge"]),
        st.sampled_from([None, 1.44, 1.46, 1.5, 1.54, 1.56, 1.72, 1.75, 1.85, 2.0]),
        st.sampled_from([timedelta(0), 5 * SECOND, 50 * SECOND, -3 * SECOND]),
        st.sampled_from([timedelta(0), timedelta(milliseconds=300), 2 * SECOND]),
    ),
    min_size=1,
    max_size=6,
)
LOOKS = st.lists(st.integers(0, 99), min_size=1, max_size=2)


class Centre:
    """The poller's commits over a store, driven by hand, and what the web process reads of them."""

    def __init__(self, store: Store, start: datetime) -> None:
        self.store, self.now, self.configuration = store, start, configuration()
        self.healths = {one.key: initial_health(one, start) for one in self.configuration.sources}
        latest_values = LatestValues(self.configuration.sources, {}, self.healths)
        with store.read() as conn:
            clock_correction = ClockCorrection(change_counter.read(conn))
        engine = KpiEngine(self.configuration.kpis, latest_values, {})
        self._transaction = Transaction(latest_values, engine, clock_correction)
        self.commit([], self.healths)

    def commit(self, results: list[PollResult], healths: Mapping[str, SourceHealth]) -> None:
        with self.store.write() as conn:
            self._transaction.write(conn, results, healths, [], ClockReading(self.now, timedelta(0), self.now))

    def run(self, step: Step) -> None:
        self.now += step.wait
        received, source = self.now, self.configuration.sources[step.source]
        before = self.healths[source.key]
        health, batch = self._act(step, source, before)
        if step.act != "off":
            health = assess_health(health, source, received, is_refused=step.act == "refuse")
        self.healths[source.key] = health
        self.now += step.lag
        is_poll = step.act in ("read", "fail", "refuse")
        self.commit([poll_result(source, batch, received, health)] if is_poll else [], {source.key: health})

    def _act(self, step: Step, source: Source, before: SourceHealth) -> tuple[SourceHealth, Batch]:
        if step.act == "read":
            reading = Reading(f"{source.key}-level", self.now - step.age, step.value, "m")
            data_time = reading.observed if step.value is not None else None
            return after_success(before, self.now, data_time, 1, 0), Batch((reading,))
        if step.act in ("fail", "refuse"):
            return after_failure(before, self.now, NO_CONNECTION), Batch()
        return (replace(before, state=SourceState.OFF, since=self.now) if step.act == "off" else before), Batch()

    def snapshot(self, at: datetime) -> Snapshot:
        """The present at `at`, as a web process that has just started shows it."""
        return SnapshotCache(self.store, self.configuration, lambda: at).snapshot()

    def past(self, at: datetime) -> Snapshot:
        return SnapshotCache(self.store, self.configuration, lambda: self.now).at(at)


def judged_values(snapshot: Snapshot) -> dict[str, tuple[FigureState, float | None, Severity, bool | None]]:
    """What a snapshot says of each KPI."""
    values = {key: figure.value for key, figure in snapshot.figures.items()}
    return {key: (one.state, one.value, one.severity, one.is_target_met) for key, one in values.items()}


def check_media(snapshot: Snapshot) -> None:
    """Every medium shows what the snapshot says."""
    figures, page = snapshot.figures, public_page(snapshot, tuple(snapshot.figures), False, "vi", style="", icon="")
    paper = overview_frame(View(snapshot, {"giay": "1"}, "vi", lambda *_: ()), "overview")
    told = {one.key: one for one in serializers.kpis(snapshot).kpis}
    for n, (key, figure) in enumerate(figures.items(), 1):
        value = figure.value
        markup = str(tile(figure, snapshot, "vi"))
        assert classes(markup) == classes(str(paper[f"overview-tile-{n}"]["markup"])) == classes_of(page, n)
        assert classes(markup) == (f"is-{value.state.value}", f"sev-{value.severity.value}")
        assert (told[key].state, told[key].value, told[key].severity) == (value.state, value.value, value.severity)
        assert told[key].is_target_met is value.is_target_met
        if value.state is FigureState.OK:
            assert f"<b>{format_number(value.value, 1)}</b>" in markup and not is_expired_on_screen(markup, snapshot)
            is_missed = value.is_target_met is False
            assert ("chưa đạt" in str(value_status(figure.kpi, value, "vi"))) is is_missed
            decisive = decisive_limit_text(figure.kpi, value, "vi")  # takes the place of the verdict
            assert ("chưa đạt" in markup) is (is_missed and not decisive) and decisive in markup
    for key in SINGLE:
        check_map(snapshot, key)


def classes(markup: str) -> tuple[str, ...]:
    found = re.search(r'class="tile (is-\w+) (sev-\w+)"', markup)
    return found.groups() if found else ()


def classes_of(page: str, number: int) -> tuple[str, ...]:
    found: list[tuple[str, str]] = re.findall(r'class="tile (is-\w+) (sev-\w+)"', page)
    return found[number - 1]


def is_expired_on_screen(markup: str, snapshot: Snapshot) -> bool:
    """Whether the client would grey the tile at the snapshot's moment: assets/21-link-status.js."""
    since, limit = re.search(r'data-since="([^"]+)" data-limit="([^"]+)"', markup).groups()  # type: ignore[union-attr]
    return (snapshot.at - datetime.fromisoformat(since)).total_seconds() > float(limit)


def check_map(snapshot: Snapshot, key: str) -> None:
    """The point of a KPI's only station has the tile's state, number, severity and verdict."""
    value = snapshot.figures[key].value
    points = kpi_points(snapshot, key) or {}
    (own,) = points.values()
    (plain,) = (point for point in snapshot.map_points if point.station.key == own.station.key)
    for view in (main_series(own), main_series(plain)):
        assert view.state is value.state
        if value.state is FigureState.OK:
            assert (view.severity, view.is_target_met) == (value.severity, value.is_target_met)
            assert value_text(view, "vi") == f"{format_number(value.value, 1)} m"


def moments(start: datetime, end: datetime, looks: list[int]) -> Iterator[datetime]:
    for look in looks:
        yield start + (end - start) * look / 100


def empty(store: Store) -> None:
    with store.write() as conn:
        for table in reversed(metadata.sorted_tables):
            if table.name not in ("change_counter", "writer"):
                conn.execute(table.delete())
        conn.execute(metadata.tables["writer"].update().values(token=""))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, LOOKS)
def test_all_media_agree_at_every_moment_and_the_past_is_shown_as_the_present_was(
    store: Store, steps: list[Step], looks: list[int]
) -> None:
    empty(store)
    centre = Centre(store, NOW + next(_days) * timedelta(days=2))
    shown: dict[datetime, Snapshot] = {}
    for step in steps:
        last = centre.now + step.wait + step.lag - SECOND / 1000  # the commit is not known yet
        shown |= {at: centre.snapshot(at) for at in (*moments(centre.now, last, looks), last)}
        centre.run(step)
        shown[centre.now] = centre.snapshot(centre.now)
    for at, present in shown.items():
        past = centre.past(at)
        check_media(present)
        check_media(past)
        assert judged_values(past) == judged_values(present), at


def test_reading_that_came_later_and_a_later_correction_are_unknown_at_a_past_moment(store: Store) -> None:
    at = NOW - timedelta(minutes=5)

    def append(observed: datetime, value: float | None, received: datetime, quality: str = "good") -> None:
        with store.write() as conn:
            readings.append(conn, "s", [Reading("x", observed, value, "m", quality)], received)

    def known(moment: datetime) -> tuple[datetime, float | None, str] | None:
        with store.read() as conn:
            one = newest_reading.latest_known(conn, ["x"], moment).get("x")
        return (one.observed, one.value, one.quality) if one else None

    assert known(at) is None
    append(at - timedelta(days=9), 1.0, at - timedelta(days=9))
    assert known(at) == (at - timedelta(days=9), 1.0, "good")  # however old
    append(at - MINUTE, 2.0, at - MINUTE, "phoned")
    append(at - SECOND, 3.0, at + MINUTE)
    assert known(at) == (at - MINUTE, 2.0, "phoned")
    append(at - MINUTE, 2.5, at + 2 * MINUTE)
    assert known(at) == (at - MINUTE, 2.0, "phoned")
    assert known(at + MINUTE) == (at - SECOND, 3.0, "good")
    append(at + 3 * MINUTE, None, at + 3 * MINUTE)
    assert known(at + 3 * MINUTE) == (at + 3 * MINUTE, None, "good")
    append(at + 3 * MINUTE, 4.0, at + 4 * MINUTE)
    assert known(at + 3 * MINUTE) == (at + 3 * MINUTE, None, "good")
    assert known(at + 4 * MINUTE) == (at + 3 * MINUTE, 4.0, "good")
