"""A step of the clock back by more than a minute: what was timed before it counts no more, what came after it does."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import ENDED, Batch, Reading
from ioc.domain.ingest.source import EventKind, Series, Source
from ioc.domain.kpis.kpi import Formula, FormulaOp
from ioc.storage.db.store import Store
from ioc.storage.timeseries import source_health
from tests.city import NOW, kpi
from tests.poller.running import SECOND, FakeCode, poll_source
from tests.poller.test_clock_falls_back import BY_POLL, Polls

BACK = [63, 90, 250, 3600]


def counted(**changes: Any) -> Source:
    """A source of events of one kind, with a count of the open ones."""
    series = (Series("a-open", LocalizedText("mở"), "", count_rule=EventCountRule("outage", EventStage.OPEN)),)
    kinds = (EventKind("outage", LocalizedText("mất điện")),)
    return replace(poll_source("a", **changes), series=series, events=kinds)


def listed(at: datetime, *keys: str) -> Batch:
    """A list of open events that states when it was made."""
    events = tuple(Event("outage", key, at, key) for key in keys)
    return Batch(events=events, complete_kinds=frozenset({"outage"}), source_time=at)


async def set_clock(polls: Polls, now: datetime) -> None:
    polls.now = now
    polls.tick()
    await polls.writer.commit()


async def test_after_a_larger_step_back_polls_are_timed_by_the_clock(store: Store) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - 80 * SECOND
    await polls.answer(NOW, 1.0)
    for n in (0, 1, 2):
        polls.now = NOW - 40 * n * SECOND  # in two steps
        polls.tick()
    await polls.writer.commit()
    assert polls.newest() == {}
    assert await polls.answer(behind + 30 * SECOND, 1.5) == {"a-level": 1.5}
    latest = polls.values.latest("a-level")
    assert latest and latest.observed == behind + 30 * SECOND


@pytest.mark.parametrize("back", BACK[:3])  # later its time would lie ahead
async def test_a_count_over_a_list_with_a_time_of_its_own_is_withdrawn_too(store: Store, back: int) -> None:
    polls, behind = Polls(store, counted()), NOW - back * SECOND
    await set_clock(polls, NOW)
    await polls.answer(NOW, listed(NOW, "x"))
    await set_clock(polls, behind)
    assert polls.newest() == {}
    assert await polls.answer(behind + SECOND, listed(NOW + SECOND, "y", "z")) == {"a-open": 2.0}


@pytest.mark.parametrize("back", BACK)
async def test_what_was_read_before_a_step_does_not_count_when_it_is_written_later(store: Store, back: int) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - back * SECOND
    await set_clock(polls, NOW)
    polls.protocol.behaviours["a"] = 1.0
    await polls.poller.poll(polls.source, force=True)
    await set_clock(polls, behind)
    assert polls.newest() == {}
    assert await polls.answer(behind + SECOND, 1.5) == {"a-level": 1.5}


@pytest.mark.parametrize("back", BACK[:3])
async def test_a_commit_that_fails_after_a_step_withdraws_when_it_is_tried_again(store: Store, back: int) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - back * SECOND
    await set_clock(polls, NOW)
    await polls.answer(NOW, 1.0)
    polls.is_full, polls.now, polls.protocol.behaviours["a"] = True, behind, 1.5
    await polls.poller.poll(polls.source, force=True)
    await polls.writer.commit()
    polls.is_full = False
    await polls.writer.commit()
    assert polls.newest() == {"a-level": 1.5}


async def test_what_another_machine_that_is_a_little_ahead_received_counts(store: Store) -> None:
    polls = Polls(store, BY_POLL)
    await set_clock(polls, NOW)
    await set_clock(polls, NOW - 3600 * SECOND)
    ahead = Batch((Reading("a-level", polls.now + SECOND, 1.5, "m"),))
    assert await polls.answer(polls.now, ahead) == {"a-level": 1.5}


async def test_a_message_that_a_listener_received_before_a_step_counts_no_more(store: Store) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - 90 * SECOND
    await set_clock(polls, NOW)
    await set_clock(polls, behind)
    polls.protocol.payload = Payload((ResponsePage(b"", received_at=NOW),))
    assert await polls.answer(behind, Batch((Reading("a-level", NOW, 1.0, "m"),))) == {}
    polls.protocol.payload = Payload((ResponsePage(b"", received_at=behind),))
    assert await polls.answer(behind + SECOND, Batch((Reading("a-level", behind, 1.5, "m"),))) == {"a-level": 1.5}


@pytest.mark.parametrize("back", BACK)
async def test_what_comes_after_a_step_counts_before_that_is_noticed(store: Store, back: int) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - back * SECOND
    await set_clock(polls, NOW)
    await polls.answer(NOW, 1.0)
    assert await polls.answer(behind, 1.5) == {"a-level": 1.5}
    await set_clock(polls, behind + SECOND)
    assert polls.newest() == {"a-level": 1.5}


@pytest.mark.parametrize(("back", "outage"), [(90, 40), (120, 70), (120, 150), (250, 200)])
async def test_what_was_read_before_a_step_loses_to_what_came_after_however_long_the_store_was_away(
    store: Store, back: int, outage: int
) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - back * SECOND
    await set_clock(polls, NOW)
    polls.is_full = True
    await polls.answer(NOW, 1.0)
    await set_clock(polls, behind)
    await polls.answer(behind + SECOND, 1.5)
    polls.is_full = False
    await set_clock(polls, behind + outage * SECOND)
    assert polls.newest() == {"a-level": 1.5}


async def test_two_steps_while_the_store_is_away_count_together(store: Store) -> None:
    polls = Polls(store, BY_POLL)
    await set_clock(polls, NOW)
    polls.is_full = True
    await polls.answer(NOW, 1.0)
    for seconds in (250, 320):
        await set_clock(polls, NOW - seconds * SECOND)
    polls.is_full = False
    await set_clock(polls, NOW - 240 * SECOND)
    assert polls.newest() == {}
    assert await polls.answer(NOW - 239 * SECOND, 2.0) == {"a-level": 2.0}


async def test_polls_of_the_second_before_a_step_is_judged_are_timed_by_the_clock(store: Store) -> None:
    """The last good poll lies between what the clock showed before and after."""
    polls = Polls(store, BY_POLL)
    await set_clock(polls, NOW)
    await polls.answer(NOW, 1.0)
    await set_clock(polls, NOW + 30 * SECOND)
    assert await polls.answer(NOW - 45 * SECOND, 1.5) == {"a-level": 1.5}
    await set_clock(polls, NOW - 44 * SECOND)
    assert await polls.answer(NOW - 43 * SECOND, 2.0) == {"a-level": 2.0}


@pytest.mark.parametrize("fall", [10, 45])
async def test_a_small_fall_after_a_large_step_withdraws_nothing(store: Store, fall: int) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - 3600 * SECOND
    await set_clock(polls, NOW)
    await set_clock(polls, behind)
    await polls.answer(behind + 600 * SECOND, 1.0)
    assert await polls.answer(behind + (601 - fall) * SECOND, 1.5) == {"a-level": 1.5}


@pytest.mark.parametrize("lead", [2, 90, 250])
async def test_a_sensor_that_is_ahead_is_not_withdrawn_after_a_step(store: Store, lead: int) -> None:
    """Of a source whose answers may lack a time: it is not known who timed the values."""
    polls, behind = Polls(store, replace(BY_POLL, has_own_time=True, may_lack_time=True)), NOW - 3600 * SECOND
    await set_clock(polls, NOW)
    await set_clock(polls, behind)
    for seconds in range(1, 60, 20):
        now = behind + seconds * SECOND
        ahead = Batch((Reading("a-level", now + lead * SECOND, float(seconds) / 20, "m"),))
        assert await polls.answer(now, ahead) == {"a-level": seconds / 20}
        await set_clock(polls, now + SECOND)
        assert polls.newest() == {"a-level": seconds / 20}


@pytest.mark.parametrize("back", BACK)
async def test_an_end_after_a_step_does_not_follow_a_value_of_before_it(store: Store, back: int) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - back * SECOND
    await set_clock(polls, NOW)
    polls.is_full = True
    for now, value in ((NOW, 1.0), (behind, None)):
        await set_clock(polls, now)
        polls.protocol.payload = Payload((ResponsePage(b"", received_at=now),), on_committed=lambda: None)
        quality = ENDED if value is None else ""
        await polls.answer(now, Batch((Reading("a-level", now, value, "m", quality=quality),)))
    polls.is_full = False
    await set_clock(polls, behind + SECOND)
    polls.protocol.payload = Payload()
    assert await polls.answer(behind + 10 * SECOND, 2.0) == {"a-level": 2.0}


@pytest.mark.parametrize("back", BACK)
@pytest.mark.parametrize("is_noticed", [False, True])
async def test_the_times_of_a_health_move_with_the_clock_once(store: Store, back: int, is_noticed: bool) -> None:
    """An answer of right after the step is as new as it is, one that waited for the store while it came as old."""
    polls, behind = Polls(store, BY_POLL), NOW - back * SECOND
    await set_clock(polls, NOW)
    polls.is_full = is_noticed
    answered = NOW if is_noticed else behind
    await polls.answer(answered, 1.5)
    await set_clock(polls, behind)
    polls.is_full = False
    await set_clock(polls, behind + SECOND)
    with store.read() as conn:
        health = source_health.current(conn)["a"]
    assert health == polls.poller.healths["a"]
    assert health.last_attempt == health.last_success == health.data_time == behind


@pytest.mark.parametrize("is_noticed", [False, True])
async def test_an_answer_that_is_read_while_the_clock_is_set_back_counts_with_the_next(
    store: Store, is_noticed: bool
) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - 90 * SECOND

    def stepping(now: datetime) -> Batch:
        polls.now = behind
        if is_noticed:
            polls.tick()
        return Batch((Reading("a-level", now, 1.0, "m"),))

    await set_clock(polls, NOW)
    assert await polls.answer(NOW, stepping) == {}
    assert polls.poller.healths["a"].last_success == behind
    await set_clock(polls, behind)
    assert await polls.answer(behind + SECOND, 1.5) == {"a-level": 1.5}
    assert polls.poller.healths["a"].last_success == behind + SECOND


async def test_an_answer_that_is_fetched_while_the_clock_is_set_back_counts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - 90 * SECOND
    await set_clock(polls, NOW)

    async def fetch(source: Source, context: Any) -> Payload:
        polls.now = behind
        return Payload()

    monkeypatch.setattr(polls.protocol, "fetch", fetch)
    assert await polls.answer(NOW, 1.0) == {"a-level": 1.0}
    await set_clock(polls, behind)
    assert polls.poller.healths["a"].last_success == behind


async def test_a_small_fall_right_after_a_step_hides_nothing(store: Store) -> None:
    polls, behind = Polls(store, BY_POLL), NOW - 61 * SECOND
    await set_clock(polls, NOW)
    await polls.answer(behind, 1.0)
    await set_clock(polls, behind - 3 * SECOND)
    assert await polls.answer(behind - 3 * SECOND, 1.5) == {"a-level": 1.5}


async def test_an_answer_without_times_that_is_written_after_a_step_loses_where_the_one_before_had_times(
    store: Store,
) -> None:
    polls, behind = Polls(store, replace(BY_POLL, has_own_time=True, may_lack_time=True)), NOW - 120 * SECOND
    await set_clock(polls, NOW)
    await polls.answer(NOW, Batch((Reading("a-level", NOW - 10 * SECOND, 0.5, "m"),)))
    polls.protocol.behaviours["a"] = 1.0
    await polls.poller.poll(polls.source, force=True)
    await set_clock(polls, behind)
    assert await polls.answer(behind + SECOND, 2.0) == {"a-level": 2.0}


async def test_a_figure_has_no_number_from_the_commit_on_that_withdraws_its_value(store: Store) -> None:
    figure = kpi("k", formula=Formula(FormulaOp.LAST, ("a-level",)), limits=())
    polls = Polls(store, replace(BY_POLL, age_limit=timedelta(days=1)), figure)
    await polls.answer(NOW, 1.0)
    assert polls.kpi_engine.current["k", ""].value == 1.0
    polls.now = NOW - 90 * SECOND
    polls.writer.enqueue_health([replace(polls.poller.healths["a"], source="a")])
    await polls.writer.commit()
    assert polls.kpi_engine.current["k", ""].value is None


@pytest.mark.parametrize(("back", "later"), [(62.5, 3), (90, 35), (300, 250), (3600, 3555)])
async def test_a_complete_list_that_was_sent_after_a_step_counts(store: Store, back: float, later: float) -> None:
    """It was made before it was received, by a clock that shows the time of before the list before it."""
    polls = Polls(store, counted())

    async def send(at: datetime, *keys: str) -> dict[str, float | None]:
        polls.protocol.payload = Payload((ResponsePage(b"", received_at=at),), message_ids=(1,))
        return await polls.answer(at, replace(listed(at, *keys), list_time=at))

    await set_clock(polls, NOW)
    await send(NOW, "x")
    await set_clock(polls, NOW - back * SECOND)
    assert await send(NOW + (later - back) * SECOND, "y", "z") == {"a-open": 2.0}


@pytest.mark.parametrize("ahead", [600, 3400])
async def test_a_back_off_ends_with_a_clock_that_was_ahead(store: Store, ahead: float) -> None:
    polls = Polls(store, BY_POLL)
    await set_clock(polls, NOW + ahead * SECOND)
    for _ in range(3):
        await polls.answer(polls.now, SourceError(FakeCode.NO_CONNECTION))
    await set_clock(polls, NOW)
    polls.now, polls.protocol.behaviours["a"] = NOW + 70 * SECOND, 2.0  # more than the longest back-off
    await polls.poller.poll(polls.source)
    await polls.writer.commit()
    assert polls.newest() == {"a-level": 2.0}
