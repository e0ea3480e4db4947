"""The table of acts: no sequence leaves it, the state at a moment never depends on later events, counts add up."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ioc.domain.directives.act_checks import ActContext, check_act
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import (
    ACT_RULES,
    Act,
    ActFields,
    Cause,
    CompletionResult,
    ItemKind,
    PositionKind,
    ReminderChannel,
    TaskEvent,
    TaskRelation,
    possible_acts,
)
from ioc.domain.directives.counts import count_statuses
from ioc.domain.directives.intervals import TaskInterval, fold_intervals
from ioc.domain.directives.proposals import PROPOSABLE, matter_of
from ioc.domain.directives.task_fold import apply_event, fold, next_state
from ioc.domain.directives.task_state import TaskState
from ioc.domain.directives.task_status import WorkState
from tests.domain.directives.act_cases import AGENCIES, AGENCY, ASSIGNED, DUE, LEADER, TaskLog
from tests.domain.directives.cases import at

DAY = timedelta(days=1)
STATES = (None, *WorkState)


@st.composite
def histories(draw: st.DrawFn) -> tuple[TaskEvent, ...]:
    """Any events that the table has, at any times that do not run backwards."""
    events: list[TaskEvent] = []
    day = ASSIGNED
    for n in range(draw(st.integers(0, 14))):
        state = fold(events)
        act = draw(st.sampled_from(possible_acts(state.work_state if state else None) or tuple(Act)))
        if act not in possible_acts(state.work_state if state else None):
            break
        day += draw(st.integers(0, 9)) * DAY
        days = st.none() | st.integers(-5, 60).map(lambda days: ASSIGNED + days * DAY)
        stated = ActFields(
            agency=draw(st.sampled_from("abc")), due=draw(days), until=draw(days), is_granted=draw(st.booleans()),
            percent=draw(st.none() | st.integers(0, 100)), refers_to=draw(st.none() | st.integers(1, n + 1)),
            petition=draw(st.sampled_from(("", "x"))), petition_to="c", completed_on=draw(days),
            proposed=draw(st.sampled_from((*PROPOSABLE,))) if act is Act.PROPOSE else None,
        )  # fmt: skip
        who = draw(st.sampled_from("xy"))
        events.append(TaskEvent(n + 1, "t", act, at(day), who, who, stated=stated))
    return tuple(events)


def test_every_act_and_every_state_stands_in_the_table() -> None:
    assert set(ACT_RULES) == set(Act)
    assert {after for rule in ACT_RULES.values() for after in rule.transitions.values()} == {*WorkState, None}
    assert set(WorkState) <= {before for rule in ACT_RULES.values() for before in rule.transitions} | {
        WorkState.WITHDRAWN
    }
    assert possible_acts(WorkState.WITHDRAWN) == ()
    assert possible_acts(None) == (Act.ASSIGN,)


def test_required_fields_of_the_table_are_fields_of_an_act() -> None:
    names = {name for rule in ACT_RULES.values() for name in rule.required}
    assert names <= set(ActFields.__dataclass_fields__)


def test_every_act_is_given_to_a_person_and_to_a_system() -> None:
    for rule in ACT_RULES.values():
        kinds = {grant.kind for grant in rule.grants}
        assert kinds - {PositionKind.SYSTEM}, rule.act
        assert {grant.relation for grant in rule.grants if grant.kind is PositionKind.SYSTEM} == {TaskRelation.MASTER}


@pytest.mark.parametrize("before", STATES, ids=str)
@pytest.mark.parametrize("act", Act)
def test_an_act_that_the_table_does_not_have_is_refused(before: WorkState | None, act: Act) -> None:
    log = _log_in(before)
    event = TaskEvent(99, "t", act, at(DUE), stated=ActFields(agency="a"))
    if before in ACT_RULES[act].transitions:
        after = ACT_RULES[act].transitions[before]
        assert apply_event(fold(log), event).work_state is (after or WorkState.ACTIVE)
        return
    with pytest.raises(ActError) as refused:
        next_state(fold(log), act)
    assert refused.value.failure.code == ActCode.ACT_NOT_POSSIBLE


def _log_in(state: WorkState | None) -> Sequence[TaskEvent]:
    """Events that lead to `state`."""
    acts = {
        None: (),
        WorkState.NOT_STARTED: (Act.ASSIGN,),
        WorkState.ACTIVE: (Act.ASSIGN, Act.RECEIVE),
        WorkState.AWAITING_ACCEPTANCE: (Act.ASSIGN, Act.RECEIVE, Act.SUBMIT_COMPLETION),
        WorkState.DONE: (Act.ASSIGN, Act.RECEIVE, Act.SUBMIT_COMPLETION, Act.CONFIRM_COMPLETION),
        WorkState.PAUSED: (Act.ASSIGN, Act.RECEIVE, Act.PAUSE),
        WorkState.WITHDRAWN: (Act.ASSIGN, Act.WITHDRAW),
    }[state]
    stated = ActFields(agency="a", due=DUE)
    return [TaskEvent(n, "t", act, at(ASSIGNED), stated=stated) for n, act in enumerate(acts, 1)]


@given(histories())
def test_no_sequence_of_acts_leaves_the_table(events: tuple[TaskEvent, ...]) -> None:
    state = None
    for event in events:
        before = state.work_state if state else None
        state = apply_event(state, event)
        assert state.work_state in (ACT_RULES[event.act].transitions[before], WorkState.ACTIVE, WorkState.NOT_STARTED)
        assert (state.stopped_on is None) is (state.work_state in (WorkState.ACTIVE, WorkState.NOT_STARTED))
        assert state.version == event.id


def test_no_request_is_open_that_nobody_can_answer() -> None:
    """All sequences of acts with one open request, by the work state and the request to which they lead."""
    waiting: list[tuple[TaskState | None, tuple[str, ...]]] = [(None, ())]
    seen = set[object]()
    while waiting:
        state, acts = waiting.pop(0)
        work_state, items = (state.work_state, state.items) if state else (None, ())
        reached = (work_state, state and state.received_at, [(item.kind, item.proposed) for item in items])
        if len(items) > 1 or repr(reached) in seen:
            continue
        seen.add(repr(reached))
        for item in items:
            answers = [act for act in Act if item.proposed is act or ACT_RULES[act].answers is item.kind]
            assert {*answers} & {*possible_acts(work_state)}, (item.kind, item.proposed, acts)
        for act in possible_acts(work_state):
            for proposed in possible_acts(work_state) if act is Act.PROPOSE else (None,):
                stated = ActFields(agency="b", petition="x", due=DUE, is_granted=False, proposed=proposed)
                event = TaskEvent(len(acts) + 1, "t", act, at(DUE), stated=stated)
                waiting.append((apply_event(state, event), (*acts, act.value)))
    assert all(kind.name in str(seen) for kind in ItemKind)


def test_an_adjustment_is_decided_after_the_agency_received_and_ends_with_a_transfer() -> None:
    log = TaskLog()
    asked = log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
    moved = TaskLog()
    moved.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
    log.receive().act(Act.DECIDE_ADJUSTMENT, ASSIGNED, refers_to=asked, is_granted=False, text="Đúng lĩnh vực")
    moved.receive().act(Act.TRANSFER, ASSIGNED, agency="b", basis="3/QĐ")
    assert log.state.items == moved.state.items == ()


@pytest.mark.parametrize(
    ("stated", "due"),
    [
        ({"is_granted": True, "due": date(2026, 3, 27)}, date(2026, 3, 28)),
        ({"is_granted": False, "text": "Chưa đủ căn cứ"}, DUE + 10 * DAY),
    ],
)
@pytest.mark.parametrize("request_act", [Act.REQUEST_EXTENSION, Act.REQUEST_ADJUSTMENT])
def test_a_due_date_decided_in_a_pause_moves_by_the_days_from_then_on(
    request_act: Act, stated: dict[str, object], due: date
) -> None:
    log = TaskLog()
    asked = log.act(request_act, ASSIGNED, AGENCY, due=date(2026, 3, 30), text="Chờ vốn", cause="objective")
    log.act(Act.PAUSE, date(2026, 3, 5), basis="1/TB", until=DUE)
    decide = Act.DECIDE_EXTENSION if request_act is Act.REQUEST_EXTENSION else Act.DECIDE_ADJUSTMENT
    log.act(decide, date(2026, 3, 14), LEADER, refers_to=asked, **stated)
    log.act(Act.RESUME, date(2026, 3, 15))
    assert (log.state.due, log.state.first_due) == (due, DUE)


def test_an_adjustment_to_another_agency_moves_what_a_transfer_moves() -> None:
    logs = [TaskLog(), TaskLog()]
    for log in logs:
        log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
        log.act(Act.REQUEST_EXPLANATION, ASSIGNED, LEADER, text="Vì sao chậm?")
    adjusted, moved = logs
    adjusted.act(Act.DECIDE_ADJUSTMENT, ASSIGNED, refers_to=2, is_granted=True, agency="b")
    moved.act(Act.TRANSFER, ASSIGNED, agency="b", basis="3/QĐ")
    assert [(item.kind, item.agency) for item in adjusted.state.items] == [(ItemKind.EXPLANATION, "b")]
    assert (adjusted.state.items, adjusted.state.holder) == (moved.state.items, moved.state.holder)


def test_an_agency_that_got_a_task_by_an_adjustment_has_not_received_it() -> None:
    received, paused = TaskLog(), TaskLog()
    for log in (received, paused):
        log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
        log.receive()
    kept = received.act(Act.DECIDE_ADJUSTMENT, ASSIGNED, refers_to=2, is_granted=True, due=DUE + DAY)
    assert (kept, received.state.work_state, received.state.received_at) == (4, WorkState.ACTIVE, at(ASSIGNED))
    paused.act(Act.PAUSE, ASSIGNED, basis="1/TB", until=DUE)
    paused.act(Act.DECIDE_ADJUSTMENT, ASSIGNED, refers_to=2, is_granted=True, agency="b")
    assert (paused.state.work_state, paused.state.received_at) == (WorkState.PAUSED, None)
    paused.act(Act.RESUME, ASSIGNED)
    assert paused.state.work_state is WorkState.NOT_STARTED
    moved = TaskLog()
    moved.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
    moved.receive().act(Act.DECIDE_ADJUSTMENT, ASSIGNED, refers_to=2, is_granted=True, agency="b")
    assert (moved.state.work_state, moved.state.received_at) == (WorkState.NOT_STARTED, None)
    moved.act(Act.RECEIVE, DUE, AGENCY)
    assert (moved.state.work_state, moved.state.received_at) == (WorkState.ACTIVE, at(DUE))


def test_an_adjustment_without_a_due_date_leaves_the_days_of_the_pause() -> None:
    log = TaskLog()
    asked = log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
    log.act(Act.PAUSE, date(2026, 3, 5), basis="1/TB", until=DUE)
    log.act(Act.DECIDE_ADJUSTMENT, date(2026, 3, 14), LEADER, refers_to=asked, is_granted=True, agency="b")
    log.act(Act.RESUME, date(2026, 3, 15))
    assert log.state.due == DUE + 10 * DAY


def test_what_cannot_be_done_now_is_not_proposed() -> None:
    with pytest.raises(ActError) as refused:
        TaskLog().act(Act.PROPOSE, ASSIGNED, proposed=Act.CONFIRM_COMPLETION)
    assert refused.value.failure.code == ActCode.ACT_NOT_POSSIBLE


@given(histories(), st.integers(0, 14))
def test_the_state_at_a_moment_never_depends_on_later_events(events: tuple[TaskEvent, ...], n: int) -> None:
    if n >= len(events):
        return
    moment = events[n].at
    by_then = [event for event in events if event.at <= moment]
    assert fold(events, moment) == fold(by_then, moment) == fold(by_then)


@given(histories(), st.sampled_from([act for act, rule in ACT_RULES.items() if not rule.answers]), st.integers(1, 15))
def test_what_answers_nothing_refers_to_nothing(events: tuple[TaskEvent, ...], act: Act, number: int) -> None:
    state = fold(events)
    assume(state is not None)
    stated = ActFields(
        text="x", agency="d", unit="x", basis="1", due=DUE + 300 * DAY, until=DUE + 300 * DAY, linked_task="d/x",
        cause=Cause.OBJECTIVE, channel=ReminderChannel.SYSTEM, proposed=Act.REMIND, result=CompletionResult.ACHIEVED,
    )  # fmt: skip
    event = TaskEvent(99, "t", act, at(DUE + 200 * DAY), "z", stated=stated)
    context = ActContext({**AGENCIES, "d": replace(AGENCIES["a"], key="d")}, adjustment_days=999)
    with suppress(ActError):
        check_act(state, event, context)
        with pytest.raises(ActError) as refused:
            check_act(state, replace(event, stated=replace(stated, refers_to=number)), context)
        assert refused.value.failure.code == ActCode.ANSWERS_NOTHING


@given(histories())
def test_intervals_equal_the_fold_at_every_moment(events: tuple[TaskEvent, ...]) -> None:
    intervals = fold_intervals(events)[1]
    moments = {event.at + shift for event in events for shift in (timedelta(0), timedelta(milliseconds=-1), DAY)}
    for moment in moments:
        state = fold(events, moment)
        valid = [
            interval for interval in intervals
            if interval.valid_from <= moment and (interval.valid_to is None or moment < interval.valid_to)
        ]  # fmt: skip
        assert len(valid) == (state is not None)
        if state is not None:
            assert TaskInterval.from_state(state, valid[0].valid_from).is_same(valid[0])


@given(histories())
def test_intervals_have_no_gaps_and_differ_from_their_neighbours(events: tuple[TaskEvent, ...]) -> None:
    intervals = fold_intervals(events)[1]
    assert bool(intervals) is bool(events)
    for earlier, later in pairwise(intervals):
        assert earlier.valid_from < later.valid_from == earlier.valid_to
        assert not earlier.is_same(later)
    assert not intervals or intervals[-1].valid_to is None


@given(st.lists(histories(), max_size=6), st.integers(0, 150))
def test_counts_of_all_states_add_up_at_any_moment(logs: list[tuple[TaskEvent, ...]], days: int) -> None:
    moment = at(ASSIGNED + days * DAY)
    states = [state for log in logs if (state := fold(log, moment))]
    counts = count_statuses(state.status(moment) for state in states)
    by_state = Counter(state.work_state for state in states)
    assert counts.total + counts.paused + counts.withdrawn == len(states) == sum(by_state.values())
    assert (counts.done, counts.paused, counts.withdrawn) == (
        by_state[WorkState.DONE], by_state[WorkState.PAUSED], by_state[WorkState.WITHDRAWN],
    )  # fmt: skip
    assert counts.done + counts.open == counts.total


@given(histories())
def test_stated_fields_survive_json(events: tuple[TaskEvent, ...]) -> None:
    for event in events:
        assert ActFields.from_json(event.stated.to_json()) == event.stated


def test_fields_of_every_type_survive_json() -> None:
    stated = ActFields(
        text="x", due=DUE, percent=12.5, is_granted=False, result=CompletionResult.ACHIEVED, proposed=Act.EXTEND,
        refers_to=7,
    )  # fmt: skip
    assert ActFields.from_json(stated.to_json()) == stated


def test_whole_life_of_a_task() -> None:
    log = TaskLog().receive()
    log.act(Act.ASSIGN_INSIDE, ASSIGNED, AGENCY, unit="Phòng 1", due=date(2026, 3, 15))
    log.act(Act.REPORT, date(2026, 3, 6), AGENCY, text="Đã làm", percent=40, petition="Kinh phí", petition_to="b")
    asked = log.act(
        Act.REQUEST_EXTENSION, date(2026, 3, 18), AGENCY, due=date(2026, 3, 30), text="x", cause="objective"
    )
    log.act(Act.DECIDE_EXTENSION, date(2026, 3, 19), LEADER, refers_to=asked, is_granted=True, due=date(2026, 3, 27))
    log.submit(date(2026, 3, 26))
    log.act(Act.RETURN_COMPLETION, date(2026, 3, 27), LEADER, return_kind="content", text="Thiếu phụ lục")
    log.submit(date(2026, 3, 27))
    log.act(Act.CONFIRM_COMPLETION, date(2026, 3, 31), LEADER)
    log.act(Act.CONTINUE, date(2026, 6, 1), LEADER, text="Làm tiếp", basis="5/TB", due=date(2026, 7, 1))
    works = [
        state.work_state for day in (ASSIGNED, date(2026, 3, 26), date(2026, 3, 30), date(2026, 4, 1), date(2026, 6, 2))
        if (state := fold(log.events, at(day, 23)))
    ]  # fmt: skip
    assert works == [
        WorkState.ACTIVE, WorkState.AWAITING_ACCEPTANCE, WorkState.AWAITING_ACCEPTANCE, WorkState.DONE,
        WorkState.ACTIVE,
    ]  # fmt: skip
    assert (log.state.due, log.state.first_due, log.state.extensions) == (date(2026, 7, 1), DUE, 1)


@given(histories())
def test_position_has_one_open_proposal_on_a_matter(events: tuple[TaskEvent, ...]) -> None:
    state = fold(events)
    items = state.items if state else ()
    advice = [(item.position, matter_of(item.proposed)) for item in items if item.proposed]
    assert len(advice) == len(set(advice))
