"""Retention of events: ended ones by the class of their kind, those that nothing reports any more all the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from ioc.config.configuration import Configuration, RetentionPolicy, with_fingerprint
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Register
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.health import initial_health
from ioc.domain.ingest.source import EventKind, Source
from ioc.domain.snapshot import CentreIdentity
from ioc.storage import config_log
from ioc.storage.db.schema import event_current, event_log, event_personal, event_tombstone
from ioc.storage.db.store import Store
from ioc.storage.events import event_retention, events
from ioc.storage.timeseries import source_health
from tests.city import source
from tests.storage.expected_store import START

DAY = timedelta(days=1)
CLASSES = {"normal": RetentionPolicy(10, 10), "brief": RetentionPolicy(1, 1), "long": RetentionPolicy(100, 100)}
OPEN, CLOSED = EventStage.OPEN, EventStage.CLOSED


def row(key: str, **classes: str) -> Source:
    kinds = tuple(EventKind(kind, LocalizedText(kind), name) for kind, name in classes.items())
    return replace(source(key), events=kinds)


def event(key: str, stage: EventStage = CLOSED, kind: str = "report") -> Event:
    return Event(kind, key, START, "Hố ga", stage, personal={"phone": "0912345678"})


def record(store: Store, source_key: str, *reported: Event, at: datetime = START) -> None:
    with store.write() as conn:
        events.record(conn, source_key, reported, at)


def sweep(store: Store, after: timedelta, *configured: Source, budget: int = 100) -> bool:
    with store.write() as conn:
        return event_retention.sweep(conn, START + after, CLASSES, configured, budget)


def left(store: Store) -> list[str]:
    """The keys of the stored events, of which all tables hold the same."""
    with store.read() as conn:
        (first, *others) = [
            sorted(set(conn.execute(select(table.c.key)).scalars()))
            for table in (event_current, event_log, event_personal)
        ]
    assert others == [first, first]
    return first


@pytest.mark.parametrize(("days", "kept"), [(0.5, "123"), (2, "13"), (11, "3")])
def test_ended_events_are_deleted_by_the_class_of_their_kind(store: Store, days: float, kept: str) -> None:
    kinds = row("a", report="normal", bus="brief", press="long")
    record(store, "a", event("1"), event("2", kind="bus"), event("3", kind="press"))
    assert not sweep(store, days * DAY, replace(kinds, is_enabled=False))
    assert left(store) == list(kept)


def test_open_event_of_a_declared_kind_stays(store: Store) -> None:
    record(store, "a", event("1", OPEN))
    sweep(store, 400 * DAY, replace(row("a", report="brief"), is_enabled=False))
    assert left(store) == ["1"]


@pytest.mark.parametrize(
    "configured", [[row("b", report="normal")], [row("a", other="long")], [row("a")], []],
    ids=["renamed row", "renamed kind", "no events", "no sources"],
)  # fmt: skip
def test_events_that_nothing_reports_are_deleted_by_the_default_class(
    store: Store, configured: Sequence[Source]
) -> None:
    record(store, "a", event("1"), event("2", OPEN))
    assert not sweep(store, 9 * DAY, *configured)
    assert left(store) == ["1", "2"]  # the row may come back
    assert not sweep(store, 11 * DAY, *configured)
    assert left(store) == []


def test_events_are_kept_after_the_last_answer_of_a_lost_source(store: Store) -> None:
    """An event with a time of its own may have been reported long after it."""
    record(store, "a", event("1", OPEN))
    with store.write() as conn:
        health = replace(initial_health(row("a"), START), last_success=START + 20 * DAY)
        source_health.record(conn, [health], START + 20 * DAY)
    sweep(store, 29 * DAY)
    assert left(store) == ["1"]
    sweep(store, 31 * DAY)
    assert left(store) == []


def test_event_that_changed_lately_stays_though_its_time_is_old(store: Store) -> None:
    record(store, "a", event("1", OPEN), at=START + 20 * DAY)
    sweep(store, 29 * DAY, row("a"))
    assert left(store) == ["1"]


def configure(store: Store, at: datetime, *sources: Source, name: str = "") -> None:
    identity = CentreIdentity(LocalizedText("Trung tâm"), LocalizedText(name))
    row = with_fingerprint(Configuration(identity, (), sources, (), Register(), {}, {}, {}, {}), {})
    with store.write() as conn:
        config_log.record(conn, row.body, at)


def test_events_of_a_dropped_kind_are_kept_after_the_configuration_that_lacks_it(store: Store) -> None:
    """Unchanged events were reported until then, though nothing tells so."""
    record(store, "a", event("1", OPEN))
    configure(store, START, row("a", report="normal"))
    configure(store, START + 50 * DAY, row("a", other="normal"))
    configure(store, START + 55 * DAY, row("a"))
    sweep(store, 59 * DAY, row("a"))
    assert left(store) == ["1"]
    sweep(store, 61 * DAY, row("a"))
    assert left(store) == []


def test_kind_that_was_declared_again_meanwhile_is_kept_longer(store: Store) -> None:
    record(store, "a", event("1", OPEN))
    for days, changed in enumerate((row("a", report="normal"), row("a"), row("a", report="brief"), row("a")), 50):
        configure(store, START + days * DAY, changed)
    sweep(store, 62.5 * DAY, row("a"))
    assert left(store) == ["1"]
    sweep(store, 63.5 * DAY, row("a"))
    assert left(store) == []


def test_many_configurations_are_read_by_several_sweeps(store: Store) -> None:
    record(store, "a", event("1", OPEN))
    for version in range(50):
        configure(store, START + version * DAY / 100, row("a"), name=str(uuid4()))
    sweeps = 1
    while sweep(store, 10.25 * DAY, row("a")):
        assert left(store) == ["1"]
        sweeps += 1
    assert left(store) == [] and sweeps > 1


def test_one_sweep_deletes_as_many_events_as_its_budget(store: Store) -> None:
    record(store, "a", *(event(str(n)) for n in range(3)))
    record(store, "b", *(event(str(n), kind="bus") for n in range(3, 6)))
    counts = []
    while sweep(store, 11 * DAY, row("b", bus="normal"), budget=4):
        counts.append(len(left(store)))
    assert (counts, left(store)) == ([2], [])


@pytest.mark.parametrize("configured", [[row("a", report="normal")], []], ids=["declared", "removed row"])
def test_tombstone_is_deleted_with_its_event(store: Store, configured: Sequence[Source]) -> None:
    record(store, "a", replace(event("new", OPEN), replaces=("old", "never-reported")))
    record(store, "a", replace(event("old"), observed=START + 2 * DAY), event("never-reported"))
    sweep(store, 11 * DAY, *configured)
    with store.read() as conn:
        assert conn.execute(select(event_tombstone.c.key)).scalars().all() == ["old"]
    sweep(store, 13 * DAY, *configured)
    with store.read() as conn:
        assert not conn.execute(select(event_tombstone.c.key)).scalars().all()
