"""A period that was corrected very often costs no more to read, to correct and to decide on than any other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.obligation import ReportingCadence
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEventType, submission_status
from ioc.storage.db.store import Store
from ioc.storage.submissions import submissions
from ioc.storage.submissions.submissions import SubmissionEventRow
from ioc.submissions.forms import HISTORY_LENGTH, PeriodRecord
from ioc.web.middleware.rate_limit import CORRECTION_RATE, correction_limit
from tests.domain.submissions.cases import act, make_obligation
from tests.storage.submissions.test_submissions import NOW, SubmissionHarness, assert_refused

FEW, MANY = 40, 1600  # both more than a form shows
SENT, APPROVED, REJECTED, WITHDRAWN = SubmissionEventType


def fill(store: Store, rounds: int, did: SubmissionEventType | None = None, **more: Any) -> None:
    """So many submissions of the period, each decided on by `did` where there is one."""
    rows = []
    with store.write() as conn:
        first = max((each.id for each in submissions.list_events(conn)), default=0) + 1
        for number in range(first, first + rounds * (2 if did else 1), 2 if did else 1):
            sent = act(0, "2026-11-02 08:00", awaits_approval=did is not None, **more)
            rows.append(SubmissionEventRow(sent, {"x": float(number % 900), "y": 1.0}))
            rows += [SubmissionEventRow(act(0, "2026-11-02 08:00", did, refers_to=number), {})] if did else []
        submissions.add_all(conn, rows)


def cost(work: Callable[[], object]) -> tuple[int, int]:
    """The number of statements that the work sends, and of the rows that their queries return."""
    counts = []

    def count(conn: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        counts.append(0)
        if statement.lstrip().upper().startswith("SELECT"):  # ask again: the rows of the first answer are the work's
            again = conn.connection.cursor()
            again.execute(statement, parameters)
            counts[-1] = len(again.fetchall())

    event.listen(Engine, "after_cursor_execute", count)
    try:
        work()
    finally:
        event.remove(Engine, "after_cursor_execute", count)
    return len(counts), sum(counts)


@pytest.mark.parametrize("did", [None, APPROVED, REJECTED, WITHDRAWN])
def test_forms_and_acts_on_a_period_cost_the_same_after_many_corrections(
    store: Store, did: SubmissionEventType | None
) -> None:
    harness = SubmissionHarness(store, make_obligation(requires_approval=did is not None))
    costs: list[list[tuple[int, int]]] = []
    for rounds in (1, 1, FEW, MANY):  # the first two bring figures that count
        fill(store, rounds, did)
        costs.append(
            [
                cost(harness.record),
                cost(lambda: harness.submit(reason="cộng nhầm một xã", x=-1.0 - len(costs))),
                cost(harness.record),
                cost(lambda: harness.service.awaiting_approval(harness.person("binh"))),
            ]
        )
        if did:
            last = harness.record().status.pending
            assert last is not None
            harness.service.approve(last.id, harness.person("binh"))
    few, many = costs[-2:]
    assert many == few


def test_form_shows_the_newest_and_counts_the_others(store: Store) -> None:
    harness = SubmissionHarness(store)
    fill(store, FEW)
    record = harness.record()
    assert [each.id for each in record.history] == list(range(FEW - HISTORY_LENGTH + 1, FEW + 1))
    assert record.earlier == FEW - HISTORY_LENGTH and set(record.values) == {each.id for each in record.history}
    for n in range(HISTORY_LENGTH):  # one by one over the limit
        assert harness.submit(reason="cộng nhầm một xã", x=n / 2 + 0.25)
    assert harness.record().earlier == FEW


def test_own_figures_that_are_older_than_the_history_are_shown_with_their_values(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(requires_approval=True))
    fill(store, 1, APPROVED)
    fill(store, FEW, REJECTED)
    record = harness.record()
    assert record.status.own_figures and record.values[record.status.own_figures.id] == {"x": 1.0, "y": 1.0}


def test_calls_of_the_past_days_are_bounded_as_well(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(ReportingCadence.AD_HOC, may_phone=True))
    minutes = (NOW - timedelta(minutes=n + 1) for n in range(FEW))
    with store.write() as conn:
        for minute in minutes:
            key = f"{minute:%Y-%m-%dt%H-%M}"
            sent = act(0, "2026-11-03 08:00", period=key, channel=SubmissionChannel.PHONE)
            submissions.add(conn, sent, {"x": 1.0, "y": 1.0})

    def called() -> PeriodRecord:
        return harness.service.call_record(harness.service.phone_form("d", None, harness.person()))

    assert (len(called().history), called().earlier) == (HISTORY_LENGTH, FEW - HISTORY_LENGTH)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.sampled_from(SubmissionChannel), st.sampled_from(SubmissionEventType)))
)
def test_status_follows_from_the_deciding_events_as_from_all(store: Store, steps: list[tuple[Any, Any, Any]]) -> None:
    """The obligation needs an approval at some times and none at others; a decision may be outstanding at the end."""
    obligation, moment = make_obligation(requires_approval=True), iter(range(10_000))
    harness = SubmissionHarness(store, obligation)

    def later() -> str:
        minutes = next(moment)
        return f"2026-11-{5 + minutes // 1440:02} {minutes // 60 % 24:02}:{minutes % 60:02}"

    with store.write() as conn:
        conn.execute(submissions.submission_event.delete())
        for number, (awaits, channel, did) in enumerate(steps, 1):
            sent = act(0, later(), awaits_approval=awaits, channel=channel)
            last = submissions.add(conn, sent, {"x": 1.0}).id
            if awaits and (did is not SENT or number < len(steps)):
                decided = REJECTED if did is SENT else did
                submissions.add(conn, act(0, later(), decided, refers_to=last, channel=channel))
        everything = submissions.list_events(conn)
        deciding = submissions.deciding_events(conn, "d", "2026-10")
        waiting = submissions.awaiting_approval(conn, NOW - timedelta(days=9))
    status = submission_status(obligation, harness.period(), everything, NOW)
    assert submission_status(obligation, harness.period(), deciding, NOW) == status
    assert waiting == ([status.pending] if status.pending else [])
    assert deciding == sorted(deciding, key=lambda each: each.id) and len(deciding) <= 8


def test_corrections_of_one_person_are_limited_by_rate(store: Store) -> None:
    seconds = 0.0
    harness = SubmissionHarness(store, limit_correction=correction_limit(lambda: seconds))
    harness.submit()  # the first figures are no correction

    def correct(x: float, actor: str = "an") -> int:
        return harness.submit(reason="cộng nhầm một xã", actor=actor, x=x)

    for n in range(int(CORRECTION_RATE.burst)):
        correct(n + 0.5)
    stored = len(harness.audited)
    assert_refused(SubmissionCode.TOO_MANY_CORRECTIONS, correct, 700.0)
    assert len(harness.audited) == stored
    correct(701.0, actor="binh")
    seconds = 1 / CORRECTION_RATE.per_second
    correct(702.0)
    assert_refused(SubmissionCode.TOO_MANY_CORRECTIONS, correct, 703.0)
