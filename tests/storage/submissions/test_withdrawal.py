"""Figures that await approval are withdrawn by who sent them, on both databases; the log keeps both acts."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest

from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Role
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.submission import SubmissionEventType, SubmissionState
from ioc.storage.db.store import Store
from tests.domain.submissions.cases import make_obligation
from tests.storage.submissions.test_submissions import SubmissionHarness, assert_refused

SUBMITTED, APPROVED, WITHDRAWN = (
    SubmissionEventType.SUBMITTED,
    SubmissionEventType.APPROVED,
    SubmissionEventType.WITHDRAWN,
)


@pytest.fixture
def harness(store: Store) -> SubmissionHarness:
    return SubmissionHarness(store, make_obligation(requires_approval=True))


def test_withdrawn_figures_wait_no_longer_and_may_be_sent_again(harness: SubmissionHarness) -> None:
    number = harness.submit()
    harness.service.withdraw(number, harness.person("an"))
    assert harness.service.awaiting_approval(harness.person("binh")) == []
    assert harness.status() is SubmissionState.NOT_DUE
    again = harness.submit(x=13.0)
    history = harness.record().history
    assert [(event.event_type, event.refers_to) for event in history] == [
        (SUBMITTED, 0),
        (WITHDRAWN, number),
        (SUBMITTED, 0),
    ]
    assert harness.audited[1] == ("submission-withdrawn", f"d 2026-10 {number}", "", "")
    assert harness.queued_messages() == []
    harness.service.approve(again, harness.person("binh"))
    assert (harness.status(), len(harness.queued_messages())) == (SubmissionState.SUBMITTED, 1)


def test_a_withdrawn_correction_leaves_the_figures_in_use(harness: SubmissionHarness) -> None:
    first = harness.submit()
    harness.service.approve(first, harness.person("binh"))
    harness.service.withdraw(harness.submit(reason="cộng nhầm một xã", x=13.0), harness.person("an"))
    status = harness.record().status
    assert (status.state, status.effective and status.effective.id) == (SubmissionState.SUBMITTED, first)
    again = harness.submit(reason="cộng nhầm hai xã", x=14.0)
    assert harness.record().history[-1].refers_to == first and harness.record().history[-1].id == again


def test_only_who_sent_figures_withdraws_them(harness: SubmissionHarness) -> None:
    number = harness.submit(actor="an")
    an = harness.person("an")
    others = [
        harness.person("binh"),
        replace(an, agency="b"),
        replace(an, agency=""),
        replace(an, roles=frozenset(Role) - {Role.REPORTER}),
    ]
    for other in others:
        with pytest.raises(PermissionDeniedError):
            harness.service.withdraw(number, other)
    assert harness.status() is SubmissionState.AWAITING_APPROVAL
    assert_refused(SubmissionCode.NOT_AWAITING_APPROVAL, harness.service.withdraw, 999, an)


def test_figures_that_were_decided_on_are_not_withdrawn(harness: SubmissionHarness) -> None:
    approved = harness.submit()
    harness.service.approve(approved, harness.person("binh"))
    returned = harness.submit(reason="cộng nhầm một xã", x=13.0)
    harness.service.reject(returned, harness.person("binh"), "sai cột tổng số")
    for number, code in ((approved, SubmissionCode.REPLACED), (returned, SubmissionCode.REJECTED)):
        assert_refused(code, harness.service.withdraw, number, harness.person("an"))


def test_the_second_is_told_that_figures_were_withdrawn(harness: SubmissionHarness) -> None:
    number = harness.submit()
    harness.service.withdraw(number, harness.person("an"))
    decide, binh = harness.service, harness.person("binh")
    assert_refused(SubmissionCode.WITHDRAWN, decide.approve, number, binh)
    assert_refused(SubmissionCode.WITHDRAWN, decide.reject, number, binh, "sai cột tổng số")
    assert_refused(SubmissionCode.WITHDRAWN, decide.withdraw, number, harness.person("an"))


def test_of_a_withdrawal_and_an_approval_at_once_one_is_done(harness: SubmissionHarness) -> None:
    number, start, codes = harness.submit(), Barrier(2), list[str]()

    def act(name: str) -> None:
        start.wait()
        try:
            (harness.service.approve if name == "binh" else harness.service.withdraw)(number, harness.person(name))
        except SubmissionError as error:
            codes.append(error.failure.code)

    both = [Thread(target=act, args=(name,)) for name in ("an", "binh")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    done = [event.event_type for event in harness.record().history[1:]]
    expected = {WITHDRAWN: SubmissionCode.WITHDRAWN, APPROVED: SubmissionCode.APPROVED}
    assert len(done) == 1 and codes == [expected[done[0]]]
    assert len(harness.queued_messages()) == (done == [APPROVED])
