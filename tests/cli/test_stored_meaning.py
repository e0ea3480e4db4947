"""A changed configuration must not read what is stored as something else."""

from dataclasses import replace

import pytest

from ioc.cli.stored_meaning import refuse_changed_meaning
from ioc.config.configuration import Configuration, with_fingerprint
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import EventKind, Source
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.storage import config_log
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import Store, StoreError
from ioc.storage.events import events
from ioc.storage.timeseries import kpi_values, readings
from tests.domain.submissions.cases import make_obligation
from tests.poller.running import configured, poll_source
from tests.storage.expected_store import START
from tests.storage.submissions.test_submissions import SubmissionHarness

BEFORE = configured(poll_source("a"))


def changed(**changes: object) -> Configuration:
    return configured(replace(poll_source("a"), **changes))  # type: ignore[arg-type]


def with_kpi_unit(unit: str) -> Configuration:
    (kpi,) = BEFORE.kpis
    return replace(BEFORE, kpis=(replace(kpi, unit=unit),))


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (changed(series=(replace(poll_source("a").series[0], unit="cm"),)), StoreCode.UNIT_CHANGED),
        (with_kpi_unit("cm"), StoreCode.UNIT_CHANGED),
        (changed(is_drill=not poll_source("a").is_drill), StoreCode.EXERCISE_CHANGED),
        (changed(is_simulated=not poll_source("a").is_simulated), StoreCode.SIMULATION_CHANGED),
        (BEFORE, None),
    ],
)
def test_a_configuration_that_changes_a_meaning_is_refused(
    store: Store, after: Configuration, code: StoreCode | None
) -> None:
    refuse_changed_meaning(store, after, START)  # nothing is stored yet
    with store.write() as conn:
        readings.declare_series(conn, BEFORE.sources)
        config_log.record(conn, BEFORE.body, START)
        readings.append(conn, "a", [Reading(BEFORE.sources[0].series[0].key, START, 1.0)], START)
        kpi_values.record(conn, [KpiValue(BEFORE.kpis[0].key, FigureState.OK, START, 1.0)], START)
    if code is None:
        refuse_changed_meaning(store, after, START)
        return
    with pytest.raises(StoreError) as caught:
        refuse_changed_meaning(store, after, START)
    assert caught.value.failure.code == code


def test_units_of_what_never_had_a_value_may_change(store: Store) -> None:
    after = changed(series=(replace(poll_source("a").series[0], unit="cm"),))
    with store.write() as conn:
        readings.declare_series(conn, BEFORE.sources)
        config_log.record(conn, BEFORE.body, START)
        kpi_values.record(conn, [KpiValue(BEFORE.kpis[0].key, FigureState.NO_DATA, START)], START)
    refuse_changed_meaning(store, replace(after, kpis=with_kpi_unit("cm").kpis), START)


def event_row(**changes: object) -> Source:
    kinds = (EventKind("report", LocalizedText("Phản ánh")),)
    return replace(poll_source("a"), series=(), events=kinds, **changes)  # type: ignore[arg-type]


REAL, DRILL = event_row(is_drill=False), event_row(is_drill=True)
OPEN = Event("report", "1", START, "Cháy kho")


@pytest.mark.parametrize(
    ("before", "stored", "after", "is_refused"),
    [
        (REAL, OPEN, DRILL, True),
        (DRILL, replace(OPEN, is_drill=True), REAL, True),
        (event_row(is_drill=True, is_enabled=False), OPEN, DRILL, True),
        (REAL, replace(OPEN, stage=EventStage.CLOSED), DRILL, False),
        (REAL, OPEN, event_row(is_drill=True, is_enabled=False), False),
        (REAL, OPEN, REAL, False),
        (REAL, replace(OPEN, expires=START), DRILL, False),
        (REAL, replace(OPEN, is_drill=True), REAL, False),  # its source marks it
        (DRILL, replace(OPEN, is_drill=True), DRILL, False),
    ],
)
def test_row_of_events_keeps_its_mark_while_events_are_open(
    store: Store, before: Source, stored: Event, after: Source, is_refused: bool
) -> None:
    with store.write() as conn:
        config_log.record(conn, configured(before).body, START)
        events.record(conn, "a", [stored], START)
        events.record(conn, "b", [replace(stored, is_drill=not stored.is_drill)], START)
    if not is_refused:
        refuse_changed_meaning(store, configured(after), START)
        return
    with pytest.raises(StoreError) as caught:
        refuse_changed_meaning(store, configured(after), START)
    assert caught.value.failure.code == StoreCode.EXERCISE_CHANGED and caught.value.failure.params["series"] == "a"


@pytest.mark.parametrize(("is_submitted", "closing_day"), [(True, 14), (True, 0), (False, 14)])
def test_closing_day_of_a_form_with_figures_cannot_change(store: Store, is_submitted: bool, closing_day: int) -> None:
    harness = SubmissionHarness(store)
    if is_submitted:
        harness.submit()
    before = with_fingerprint(replace(BEFORE, obligations=(make_obligation(),)), {})
    after = replace(BEFORE, obligations=(make_obligation(closing_day=closing_day),))
    with store.write() as conn:
        config_log.record(conn, before.body, START)
    if not (is_submitted and closing_day):
        refuse_changed_meaning(store, after, START)
        return
    with pytest.raises(StoreError) as caught:
        refuse_changed_meaning(store, after, START)
    assert caught.value.failure.code == StoreCode.PERIODS_CHANGED
