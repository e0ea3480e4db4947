"""What an act must fulfil besides the table: the issue's bad input, and the clock of directives.md."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.working_days import WorkCalendar
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, Cause, ItemKind, ReminderChannel, ReturnKind
from ioc.domain.directives.agency import Succession
from ioc.domain.directives.counts import count_statuses, overdue_buckets
from ioc.domain.directives.task_fold import fallen_from, fold
from ioc.domain.directives.task_status import DeadlineState, WorkState
from tests.domain.directives.act_cases import AGENCY, ASSIGNED, CONTEXT, DUE, LEADER, OFFICE, TaskLog
from tests.domain.directives.cases import at

DAY = timedelta(days=1)
LATER = DUE + 10 * DAY


def asks(log: TaskLog, day: date = ASSIGNED, due: date = LATER) -> int:
    """The agency asks for an extension."""
    return log.act(Act.REQUEST_EXTENSION, day, AGENCY, due=due, text="Mưa lũ", cause=Cause.OBJECTIVE)


def confirm(log: TaskLog, day: date, **stated: object) -> TaskLog:
    log.act(Act.CONFIRM_COMPLETION, day, LEADER, **stated)
    return log


def send_back(log: TaskLog, day: date, **stated: object) -> TaskLog:
    log.act(Act.RETURN_COMPLETION, day, LEADER, return_kind=ReturnKind.CONTENT, text="Thiếu phụ lục", **stated)
    return log


def succeeded_log() -> TaskLog:
    """The agency of the task ended on the due date; b succeeds it."""
    ended = replace(CONTEXT.agencies["a"], until=DUE, successors=(Succession("b", DUE + DAY, LocalizedText("1/QĐ")),))
    return TaskLog().with_context(agencies={**CONTEXT.agencies, "a": ended})


BAD_INPUT: dict[str, tuple[ActCode, Callable[[], object]]] = {
    "due before assigned": (ActCode.DUE_BEFORE_ASSIGNED, lambda: TaskLog(ASSIGNED - DAY)),
    "assigned in the future": (ActCode.ASSIGNED_LATER, lambda: TaskLog(assigned_on=ASSIGNED + DAY)),
    "report after completion": (
        ActCode.ACT_NOT_POSSIBLE,
        lambda: confirm(TaskLog().receive().submit(DUE), DUE).act(Act.REPORT, DUE, AGENCY, text="x"),
    ),
    "two completions at once": (ActCode.ACT_NOT_POSSIBLE, lambda: TaskLog().receive().submit(DUE).submit(DUE)),
    "two confirmations": (
        ActCode.ACT_NOT_POSSIBLE,
        lambda: confirm(confirm(TaskLog().receive().submit(DUE), DUE), DUE),
    ),
    "extension while a completion waits": (
        ActCode.ACT_NOT_POSSIBLE,
        lambda: asks(TaskLog().receive().submit(ASSIGNED)),
    ),
    "child after parent": (
        ActCode.CHILD_AFTER_PARENT,
        lambda: asks(TaskLog().with_context(parent_due=DUE + DAY).receive()),
    ),
    "two extensions": (ActCode.EXTENSION_OPEN, lambda: [asks(log) for log in [TaskLog()] * 2]),
    "extension not later": (ActCode.EXTENSION_NOT_LATER, lambda: asks(TaskLog(), due=DUE)),
    "extension without a due date": (ActCode.NO_DUE_DATE, lambda: asks(TaskLog(None))),
    "transfer to an abolished agency": (
        ActCode.AGENCY_ENDED,
        lambda: TaskLog().act(Act.TRANSFER, DUE, agency="old", basis="1/QĐ"),
    ),
    "transfer to a central agency": (
        ActCode.AGENCY_CENTRAL,
        lambda: TaskLog().act(Act.TRANSFER, DUE, agency="ministry", basis="1/QĐ"),
    ),
    "petition to a central agency": (
        ActCode.AGENCY_CENTRAL,
        lambda: TaskLog().receive().act(Act.REPORT, DUE, AGENCY, text="x", petition="y", petition_to="ministry"),
    ),
    "transfer to an unknown agency": (
        ActCode.AGENCY_UNKNOWN,
        lambda: TaskLog().act(Act.TRANSFER, DUE, agency="z", basis="1/QĐ"),
    ),
    "transfer without basis": (ActCode.FIELD_MISSING, lambda: TaskLog().act(Act.TRANSFER, DUE, agency="b")),
    "assigned to an abolished agency": (
        ActCode.AGENCY_ENDED,
        lambda: TaskLog().act(Act.DECIDE_ADJUSTMENT, DUE, agency="old", refers_to=1, is_granted=True),
    ),
    "percent above 100": (
        ActCode.PERCENT_OUT_OF_RANGE,
        lambda: TaskLog().receive().act(Act.REPORT, DUE, AGENCY, text="x", percent=101),
    ),
    "percent that is not that of its stage": (
        ActCode.PERCENT_OUT_OF_RANGE,
        lambda: TaskLog().receive().act(Act.REPORT, DUE, AGENCY, text="x", stage="draft", percent=90),
    ),
    "coordination asked of oneself": (
        ActCode.LEAD_COORDINATES,
        lambda: TaskLog().receive().act(Act.REQUEST_COORDINATION, DUE, AGENCY, agency="a", text="x", due=DUE),
    ),
    "petition to nobody": (
        ActCode.PETITION_WITHOUT_ADDRESSEE,
        lambda: TaskLog().receive().act(Act.REPORT, DUE, AGENCY, text="x", petition="y"),
    ),
    "petition to the agency that asks": (
        ActCode.PETITION_TO_HOLDER,
        lambda: TaskLog().receive().act(Act.REPORT, DUE, AGENCY, text="x", petition="y", petition_to="a"),
    ),
    "answer to nothing": (
        ActCode.NOT_OPEN,
        lambda: TaskLog().act(Act.ANSWER_PETITION, DUE, LEADER, refers_to=1, text="x"),
    ),
    "confirmed by the sender": (
        ActCode.OWN_REQUEST,
        lambda: TaskLog().receive().submit(DUE).act(Act.CONFIRM_COMPLETION, DUE, AGENCY),
    ),
    "completed without a product's number": (
        ActCode.PRODUCT_NUMBER_MISSING,
        lambda: confirm(TaskLog().receive().submit(DUE), DUE, completed_on=DUE),
    ),
    "completed after the submission": (
        ActCode.COMPLETED_AFTER_SUBMISSION,
        lambda: confirm(
            TaskLog().receive().submit(DUE, document_number="1/BC", document_date=DUE), DUE, completed_on=DUE + DAY
        ),
    ),
    "product of the future": (
        ActCode.COMPLETED_AFTER_SUBMISSION,
        lambda: TaskLog().receive().submit(DUE, document_number="1/BC", document_date=DUE + DAY),
    ),
    "report on a document of the future": (
        ActCode.COMPLETED_AFTER_SUBMISSION,
        lambda: TaskLog().receive().act(Act.REPORT, DUE, AGENCY, percent=10, text="x", document_date=DUE + DAY),
    ),
    "result missing where KPIs are linked": (
        ActCode.FIELD_MISSING,
        lambda: confirm(TaskLog().with_context(has_kpis=True).receive().submit(DUE), DUE),
    ),
    "supplementary due date missing": (
        ActCode.FIELD_MISSING,
        lambda: send_back(TaskLog().receive().submit(DUE), DUE + DAY),
    ),
    "supplementary due date not due": (
        ActCode.DUE_NOT_ALLOWED,
        lambda: send_back(TaskLog().receive().submit(DUE), DUE, due=LATER),
    ),
    "written reminder without number": (
        ActCode.FIELD_MISSING,
        lambda: TaskLog().act(Act.REMIND, DUE, channel=ReminderChannel.WRITTEN),
    ),
    "starred twice": (ActCode.ALREADY_STARRED, lambda: [log.act(Act.STAR, DUE) for log in [TaskLog()] * 2]),
    "linked twice": (
        ActCode.ALREADY_LINKED,
        lambda: [log.act(Act.LINK, DUE, linked_task="d/1") for log in [TaskLog()] * 2],
    ),
    "linked to itself": (ActCode.LINKED_TO_ITSELF, lambda: TaskLog().act(Act.LINK, DUE, linked_task="t")),
    "transfer to the agency that holds the task": (
        ActCode.HELD_ALREADY,
        lambda: TaskLog().act(Act.TRANSFER, ASSIGNED, agency="a", basis="1/QĐ"),
    ),
    "transfer to the successor that holds the task": (
        ActCode.HELD_ALREADY,
        lambda: succeeded_log().act(Act.TRANSFER, LATER, agency="b", basis="1/QĐ"),
    ),
    "adjustment after its days": (
        ActCode.ADJUSTMENT_TOO_LATE,
        lambda: TaskLog().act(Act.REQUEST_ADJUSTMENT, ASSIGNED + 8 * DAY, AGENCY, text="x"),
    ),
    "adjustment to the agency that holds the task": (
        ActCode.AGENCY_UNCHANGED,
        lambda: TaskLog().act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="x", agency="a", due=LATER),
    ),
    "adjustment to the same due date": (
        ActCode.NOTHING_CHANGED,
        lambda: TaskLog().act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="x", due=DUE),
    ),
    "withdrawn task": (
        ActCode.ACT_NOT_POSSIBLE,
        lambda: [withdrawn_log().act(Act.RECEIVE, DUE, AGENCY)],
    ),
}


def withdrawn_log() -> TaskLog:
    log = TaskLog()
    log.act(Act.WITHDRAW, ASSIGNED, basis="1/TB")
    return log


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_refused_with_its_code(name: str) -> None:
    code, act = BAD_INPUT[name]
    with pytest.raises(ActError) as refused:
        act()
    assert refused.value.failure.code == code


def test_the_decider_is_not_the_asker_and_a_refusal_has_a_reason() -> None:
    log = TaskLog()
    asked = asks(log)
    for actor, stated, code in (
        (AGENCY, {"is_granted": True}, ActCode.OWN_REQUEST),
        (LEADER, {"is_granted": False}, ActCode.FIELD_MISSING),
        (LEADER, {"is_granted": True, "due": DUE}, ActCode.EXTENSION_NOT_LATER),
    ):
        with pytest.raises(ActError) as refused:
            log.act(Act.DECIDE_EXTENSION, ASSIGNED, actor, refers_to=asked, **stated)
        assert refused.value.failure.code == code
    log.act(Act.DECIDE_EXTENSION, ASSIGNED, LEADER, refers_to=asked, is_granted=False, text="Không đủ căn cứ")
    assert (log.state.due, log.state.extensions, log.state.items) == (DUE, 0, ())


def test_an_extension_after_the_due_date_is_marked_and_the_third_is_repeated() -> None:
    log = TaskLog().receive()
    for n in range(3):
        assert not log.state.is_repeatedly_extended
        asked = asks(log, DUE + n * DAY, LATER + n * DAY)
        assert log.state.items[0].is_late is False
        log.act(Act.DECIDE_EXTENSION, DUE + n * DAY, LEADER, refers_to=asked, is_granted=True)
    assert log.state.is_repeatedly_extended and log.state.first_due == DUE
    asks(log, LATER + 30 * DAY, LATER + 60 * DAY)
    assert log.state.items[0].is_late


def test_progress_that_falls_is_kept_and_marked() -> None:
    log = TaskLog().receive()
    for percent, before in ((50, None), (30, 50), (30, None)):
        log.act(Act.REPORT, DUE, AGENCY, text="x", percent=percent)
        log.act(Act.REPORT, DUE, AGENCY, text="no percentage")
        assert log.state.percent == percent
        assert [fallen_from(each, log.events) for each in log.events[-2:]] == [before, None]


def test_days_at_the_office_are_not_the_agencys() -> None:
    log = send_back(TaskLog().receive().submit(DUE + 3 * DAY), DUE + 13 * DAY)
    status = log.state.status(at(DUE + 13 * DAY))
    assert (status.deadline_state, status.days_overdue) == (DeadlineState.OVERDUE, 3)
    assert overdue_buckets([log.state.status(at(DUE + 41 * DAY))]) == (0, 1, 0, 0)


def test_a_return_after_the_due_date_passed_at_the_office_sets_a_supplementary_due_date() -> None:
    log = send_back(TaskLog().receive().submit(DUE), DUE + 4 * DAY, due=LATER)
    status = log.state.status(at(DUE + 5 * DAY))
    assert (status.deadline_state, status.due, status.original_due, status.extensions) == (
        DeadlineState.DUE_SOON, LATER, DUE, 0,
    )  # fmt: skip
    assert fold(log.events, at(DUE + 3 * DAY)).status(at(DUE + 3 * DAY)).due == DUE  # type: ignore[union-attr]


def test_on_time_is_judged_by_the_accepted_product_date() -> None:
    late = confirm(TaskLog().receive().submit(DUE + 2 * DAY, document_number="1/BC", document_date=DUE), DUE + 5 * DAY)
    assert late.state.status(at(LATER)).deadline_state is DeadlineState.DONE_LATE
    log = TaskLog().receive().submit(DUE + 2 * DAY, document_number="1/BC", document_date=DUE)
    assert log.state.status(at(LATER)).days_overdue == 2
    confirm(log, DUE + 5 * DAY, completed_on=DUE)
    assert log.state.status(at(LATER)).deadline_state is DeadlineState.DONE_ON_TIME
    assert log.state.submission is not None and log.state.stopped_on == DUE


def test_the_clock_stands_while_work_is_paused() -> None:
    log = TaskLog().receive()
    log.act(Act.PAUSE, DUE - 5 * DAY, basis="1/TB", until=DUE + 20 * DAY)
    status = log.state.status(at(DUE + 10 * DAY))
    assert (status.deadline_state, status.is_open, count_statuses([status]).paused) == (None, False, 1)
    log.act(Act.RESUME, DUE + 5 * DAY)
    assert (log.state.due, log.state.first_due, log.state.work_state) == (DUE + 10 * DAY, DUE, WorkState.ACTIVE)


def test_work_that_was_not_received_is_not_after_a_pause() -> None:
    log = TaskLog()
    log.act(Act.PAUSE, ASSIGNED, basis="1/TB", until=DUE)
    log.act(Act.RESUME, DUE)
    assert (log.state.work_state, log.state.received_at) == (WorkState.NOT_STARTED, None)


def test_continued_work_stays_finished_in_the_past() -> None:
    log = confirm(TaskLog().receive().submit(DUE), DUE + DAY)
    log.act(Act.CONTINUE, LATER, LEADER, text="Làm tiếp", basis="2/TB")
    before, after = fold(log.events, at(LATER, 1)), fold(log.events, at(LATER, 23))
    assert before is not None and after is not None
    assert before.status(at(LATER, 1)).deadline_state is DeadlineState.DONE_ON_TIME
    assert after.status(at(LATER, 23)).deadline_state is DeadlineState.OVERDUE


def test_an_adjustment_may_change_the_lead_and_a_transfer_does_not_change_the_assignment() -> None:
    log = TaskLog()
    asked = log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
    assert (log.state.holder, log.state.items[0].kind) == ("a", ItemKind.ADJUSTMENT)
    log.act(Act.DECIDE_ADJUSTMENT, ASSIGNED, OFFICE, refers_to=asked, is_granted=True, agency="b")
    assert (log.state.holder, log.state.assigned_agency, log.state.items) == ("b", "b", ())
    log.act(Act.TRANSFER, ASSIGNED, agency="c", basis="3/QĐ")
    assert (log.state.holder, log.state.assigned_agency, log.state.due) == ("c", "b", DUE)


def test_explanation_goes_from_request_to_acceptance_and_moves_with_a_transfer() -> None:
    log = TaskLog().receive()
    asked = log.act(Act.REQUEST_EXPLANATION, DUE, LEADER, text="Vì sao chậm?")
    log.act(Act.TRANSFER, DUE, agency="b", basis="3/QĐ")
    assert log.state.items[0].agency == "b"
    answered = log.act(Act.ANSWER_EXPLANATION, DUE, AGENCY, refers_to=asked, text="Do mưa")
    back = log.act(Act.DECIDE_EXPLANATION, DUE, LEADER, refers_to=answered, is_granted=False, text="Chưa rõ")
    again = log.act(Act.ANSWER_EXPLANATION, DUE, AGENCY, refers_to=back, text="Do lũ")
    log.act(Act.DECIDE_EXPLANATION, DUE, LEADER, refers_to=again, is_granted=True)
    assert log.state.items == ()


def test_petition_is_forwarded_and_answered() -> None:
    log = TaskLog().receive()
    petition = log.act(Act.REPORT, DUE, AGENCY, text="x", petition="Bố trí kinh phí", petition_to="b")
    with pytest.raises(ActError) as refused:
        log.act(Act.FORWARD_PETITION, DUE, LEADER, refers_to=petition, agency="a")
    assert refused.value.failure.code == ActCode.PETITION_TO_HOLDER
    log.act(Act.FORWARD_PETITION, DUE, LEADER, refers_to=petition, agency="c")
    assert [(item.kind, item.agency) for item in log.state.items] == [(ItemKind.PETITION, "c")]
    confirm(log.submit(DUE), DUE)
    assert log.state.items, "an open petition stays the leader's debt"
    log.act(Act.ANSWER_PETITION, DUE, LEADER, refers_to=petition, text="Đồng ý")
    assert log.state.items == ()


def test_working_days_skip_weekends_holidays_and_count_swapped_days() -> None:
    friday = date(2026, 3, 6)
    assert WorkCalendar().add(friday, 1) == friday + 3 * DAY
    assert WorkCalendar(frozenset({friday + 3 * DAY})).add(friday, 1) == friday + 4 * DAY
    assert WorkCalendar(swapped=frozenset({friday + DAY})).add(friday, 1) == friday + DAY
    assert WorkCalendar().add(friday + 3 * DAY, -1) == friday
    assert WorkCalendar().count(friday, friday + 7 * DAY) == 5 == -WorkCalendar().count(friday + 7 * DAY, friday)


def test_an_adjustment_is_counted_in_working_days_of_the_calendar() -> None:
    rest = frozenset(ASSIGNED + n * DAY for n in range(1, 6))
    log = TaskLog(context=CONTEXT).with_context(calendar=WorkCalendar(rest))
    assert log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED + 10 * DAY, AGENCY, text="x")


def is_code(code: ActCode) -> pytest.RaisesExc[ActError]:
    return pytest.RaisesExc(ActError, check=lambda error: error.failure.code == code)


def test_decision_is_proposed_on_an_open_request_and_ends_with_it() -> None:
    log = TaskLog()
    with is_code(ActCode.NOT_OPEN):
        log.act(Act.PROPOSE, ASSIGNED, proposed=Act.DECIDE_ADJUSTMENT, is_granted=True, agency="b")
    log.act(Act.REQUEST_ADJUSTMENT, ASSIGNED, AGENCY, text="Thuộc Sở B")
    for stated, code in (({"agency": "a"}, ActCode.AGENCY_UNCHANGED), ({"due": DUE}, ActCode.NOTHING_CHANGED)):
        with is_code(code):
            log.act(Act.PROPOSE, ASSIGNED, proposed=Act.DECIDE_ADJUSTMENT, is_granted=True, **stated)
    log.act(Act.PROPOSE, ASSIGNED, proposed=Act.DECIDE_ADJUSTMENT, is_granted=True, agency="b")
    assert [item.kind for item in log.state.items] == [ItemKind.ADJUSTMENT, ItemKind.PROPOSAL]
    log.act(Act.TRANSFER, ASSIGNED, agency="c", basis="3/QĐ")
    assert log.state.items == ()
