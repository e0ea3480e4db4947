"""How a task was handled: time until received, returns, open petitions."""

from datetime import date, datetime, timedelta

import pytest

from ioc.domain.directives.acts import Act
from ioc.domain.directives.handling import NO_HANDLING, HandlingFigures, add_up
from ioc.domain.directives.intervals import TaskInterval
from tests.domain.directives.act_cases import AGENCY, ASSIGNED, DUE, LEADER, TaskLog
from tests.domain.directives.cases import at

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def interval(log: TaskLog) -> TaskInterval:
    """What is queried of the task after all its events."""
    return TaskInterval.from_state(log.state, log.events[-1].at)


def received(log: TaskLog) -> timedelta | None:
    """How long after it came to its holder that one received it."""
    seconds = interval(log).received_s
    assert log.state.received_after == (None if seconds is None else timedelta(seconds=seconds))
    return log.state.received_after


def receive(log: TaskLog, moment: datetime) -> TaskLog:
    log.act(Act.RECEIVE, moment, AGENCY)
    return log


def test_time_until_received_begins_when_the_task_comes_and_not_on_the_day_of_its_document() -> None:
    log = TaskLog(assigned_on=date(2026, 2, 20))
    assert received(log) is None
    assert received(receive(log, at(ASSIGNED + 2 * DAY) + HOUR)) == 2 * DAY + HOUR
    log.submit(DUE).act(Act.RETURN_COMPLETION, DUE, LEADER, return_kind="content", text="Thiếu")
    assert received(log) == 2 * DAY + HOUR


def test_an_agency_that_gets_the_task_later_has_its_own_time() -> None:
    moved = TaskLog()
    moved.act(Act.TRANSFER, ASSIGNED + 3 * DAY, LEADER, agency="b", basis="1/TB")
    assert received(receive(moved, at(ASSIGNED + 4 * DAY))) == DAY
    moved.act(Act.TRANSFER, ASSIGNED + 5 * DAY, LEADER, agency="c", basis="2/TB")
    assert received(moved) is None, "it goes on with an agency that has received nothing"
    adjusted = TaskLog()
    asked = adjusted.act(Act.REQUEST_ADJUSTMENT, ASSIGNED + DAY, AGENCY, text="Thuộc Sở B")
    adjusted.receive(ASSIGNED + DAY)
    adjusted.act(Act.DECIDE_ADJUSTMENT, ASSIGNED + 2 * DAY, refers_to=asked, is_granted=True, agency="b")
    assert received(adjusted) is None
    assert received(receive(adjusted, at(ASSIGNED + 5 * DAY))) == 3 * DAY


def test_returns_are_counted_for_the_life_of_the_task() -> None:
    log = TaskLog().receive()
    for n in range(2):
        log.submit(DUE).act(Act.RETURN_COMPLETION, DUE, LEADER, return_kind="content", text="Thiếu")
        assert interval(log).returns == n + 1
    log.submit(DUE).act(Act.CONFIRM_COMPLETION, DUE, LEADER)
    log.act(Act.CONTINUE, DUE + DAY, LEADER, text="Làm tiếp", basis="5/TB", due=DUE + 9 * DAY)
    assert interval(log).returns == 2


def test_petitions_are_open_until_they_are_answered() -> None:
    log = TaskLog().receive()
    first, _ = (
        log.act(Act.REPORT, ASSIGNED + DAY, AGENCY, text="x", petition="Kinh phí", petition_to="b") for _ in range(2)
    )
    assert interval(log).open_petitions == 2
    log.act(Act.ANSWER_PETITION, ASSIGNED + 2 * DAY, LEADER, refers_to=first, text="Đồng ý")
    assert interval(log).open_petitions == 1


def test_sums_have_a_mean_of_received_tasks_alone() -> None:
    assert add_up(()) == NO_HANDLING and NO_HANDLING.received_days_mean is None
    day = 86_400
    total = add_up([HandlingFigures(1, day, 2, 1), HandlingFigures(), HandlingFigures(2, 5 * day, 0, 0, 4, 3, 2)])
    assert total == (3, 6 * day, 2, 1, 4, 3, 2)
    assert total.received_days_mean == pytest.approx(2)
