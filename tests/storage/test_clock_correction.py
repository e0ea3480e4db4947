"""Events that a clock ahead has logged: once they have ended they stay so when that clock's time comes."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.event import listen

from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Event, EventStage
from ioc.storage import config_log
from ioc.storage.clock_correction import ClockCorrection
from ioc.storage.db import change_counter, current_and_log
from ioc.storage.db.schema import event_current, event_log
from ioc.storage.db.store import Store
from ioc.storage.events import endings, events
from tests.city import NOW
from tests.conftest import empty_store

MINUTE = timedelta(minutes=1)


def correction(store: Store) -> ClockCorrection:
    with store.read() as conn:
        return ClockCorrection(change_counter.read(conn))


def tick(store: Store, clock: ClockCorrection, now: datetime, *reported: Event, ended: str = "") -> None:
    """A commit at `now`, with these events of a source."""
    with store.write() as conn:
        clock.watch(now)
        clock.follow(conn, now)
        known_at = change_counter.bump_measured(conn, {"events"}, now)
        if reported:
            events.record(conn, "a", reported, known_at)
        if ended:
            endings.close(conn, "a", [ended], known_at)
        change_counter.record_heartbeat(conn, now)


def stage_at(store: Store, moment: datetime) -> list[str]:
    with store.read() as conn:
        rows = current_and_log.rows_known_at(conn, event_current, event_log, to_ms(moment))
    return [row["stage"] for row in rows]


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_event_of_a_clock_that_was_ahead_stays_ended(store: Store, restart: bool) -> None:
    clock, ahead = correction(store), NOW + 60 * MINUTE
    tick(store, clock, NOW - MINUTE)
    tick(store, clock, ahead, Event("report", "1", NOW, "t"))
    tick(store, clock, NOW)
    assert stage_at(store, NOW) == [EventStage.OPEN]
    tick(store, clock, NOW + MINUTE, ended="1")
    assert stage_at(store, NOW + MINUTE) == [EventStage.CLOSED]
    for n in range(2, 63):
        if restart and n == 30:
            clock = correction(store)
        tick(store, clock, NOW + n * MINUTE)
    assert stage_at(store, NOW + 62 * MINUTE) == [EventStage.CLOSED]


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        # A day ahead, set right, set back by mistake, set right again: nothing was known two hours ago.
        ((24 * 60, 0, 5, -120, -115, 10), ((-116, 0), (4, 2), (9, 5), (10, 6))),
        # Set back by mistake twice, and set right at once.
        ((0, -60, -58, -120, -118, 10), ((-119, 0), (-59, 0), (5, 5))),
        # Set back by mistake while little was logged, and set right.
        ((-20, -21.5, -19), ((-21, 0), (-20, 1), (-19, 3))),
        # Set back by mistake twice, set right in two steps.
        ((0, -60, -58, -120, -118, -50, 10), ((-119, 0), (-57, 0), (-49, 0), (5, 6))),
        # Set back by mistake twice, and twice set right too early.
        ((0, -60, -58, -120, -118, -59, 10), ((-119, 0), (-59, 0), (5, 6))),
    ],
)
def test_past_moments_know_no_event_of_a_clock_that_was_behind(
    store: Store, times: tuple[float, ...], shown: tuple[tuple[float, int], ...]
) -> None:
    clock = correction(store)
    for number, minutes in enumerate(times):  # an event at each
        tick(store, clock, NOW + minutes * MINUTE, Event("report", str(number), NOW, "t"))
    known = {minutes: len(stage_at(store, NOW + minutes * MINUTE)) for minutes, _ in shown}
    assert known == dict(shown)


def test_event_that_ended_before_a_mistaken_step_back_is_shown_at_the_moments_before_it(store: Store) -> None:
    """At the step back it was logged again, and then taken for one that had ended before them."""
    clock = correction(store)
    tick(store, clock, NOW, Event("report", "1", NOW, "t"))
    tick(store, clock, NOW + 5 * MINUTE, ended="1")
    for minutes in (-60, -55, 6, 7):
        tick(store, clock, NOW + minutes * MINUTE)
    with store.read() as conn:
        known = {
            minutes: len(events.open_events(conn, NOW + minutes * MINUTE, as_known=True).records)
            for minutes in (-57, 0, 4, 5, 7)
        }
    assert known == {-57: 0, 0: 1, 4: 1, 5: 0, 7: 0}


def test_events_are_not_read_while_the_clock_is_right(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A centre keeps hundreds of thousands that have ended: a start read all of them within a commit."""
    clock = correction(store)
    monkeypatch.setattr(current_and_log, "rows_known_at", None)
    tick(store, clock, NOW, Event("report", "1", NOW, "t"))
    clock.restore(clock.state)
    tick(store, correction(store), NOW + MINUTE, ended="1")
    assert not clock.state.is_behind


def bodies(store: Store, moment: datetime) -> tuple[str | None, str | None]:
    """The configuration in force, and the one that a past moment shows."""
    with store.read() as conn:
        now, then = config_log.current_hash(conn), config_log.current_hash(conn, moment)
        return now and config_log.body(conn, now), then and config_log.body(conn, then)


def test_configuration_of_a_past_moment_is_the_one_of_then_after_a_clock_that_was_ahead(store: Store) -> None:
    clock, ahead = correction(store), NOW + 60 * MINUTE

    def configure(now: datetime, body: str) -> None:
        with store.write() as conn:
            config_log.record(conn, body, change_counter.bump_measured(conn, {"config"}, now))

    configure(NOW - MINUTE, "a")
    tick(store, clock, ahead)
    configure(ahead, "b")
    tick(store, clock, NOW)  # the clock is set while the program runs
    assert bodies(store, NOW) == ("b", "b")
    configure(NOW + MINUTE, "c")
    configure(NOW + MINUTE, "c")
    assert bodies(store, NOW + MINUTE) == ("c", "c") and bodies(store, NOW) == ("c", "b")
    for n in range(2, 63):
        tick(store, clock, NOW + n * MINUTE)
    assert bodies(store, NOW + 62 * MINUTE) == ("c", "c")


def test_events_that_a_step_concerns_are_looked_up_by_their_keys(tmp_path: Path) -> None:
    """Each part of them read the whole table before: minutes for 200,000 events, while nobody else could write."""
    with closing(empty_store(tmp_path)) as store:
        clock, statements = correction(store), list[tuple[str, Any]]()
        tick(store, clock, NOW, *(Event("report", f"{n}", NOW, "t") for n in range(3)))
        tick(store, clock, NOW + MINUTE, ended="1")
        before = NOW - 60 * MINUTE
        with store.write() as conn:
            clock.watch(before)
            listen(conn, "before_cursor_execute", lambda *arguments: statements.append(arguments[2:4]))
            clock.follow(conn, before)
            by_key = [(sql, given) for sql, given in statements if "event_current" in sql and "IN (" in sql]
            plans = [
                row[3] for sql, given in by_key for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
            ]
    assert by_key and not any("SCAN event_current" in step for step in plans), plans
