"""Submissions on both databases: what is stored, what counts, who may decide, and the message for the poller."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from data_sources import protocols
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import WebhookMessage
from ioc.domain.ingest.source import Source
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEventType, SubmissionState
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import newest_reading, readings
from ioc.submissions.forms import PeriodRecord
from ioc.submissions.service import LimitCorrection, NewSubmission, SubmissionService, WriteAuditEntry
from tests.data_sources.server import client_factory, row
from tests.domain.submissions.cases import make_obligation
from tests.storage.city import configuration

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=CITY_ZONE)
VALUES = {"x": 12.0, "y": 3.5}
AGENCIES = {key: Agency(key, LocalizedText(key), LocalizedText(key)) for key in ("a", "b")}


class SubmissionHarness:
    """A submission service with a clock that the test sets, and the audit entries that it wrote."""

    def __init__(
        self, store: Store, *duties: Obligation, agencies: dict[str, Agency] | None = None,
        write_entry: WriteAuditEntry | None = None, limit_correction: LimitCorrection = lambda _: 0.0,
    ) -> None:  # fmt: skip
        self.store, self.now, self.audited = store, NOW, list[tuple[str, ...]]()
        config = replace(configuration(), obligations=duties or (make_obligation(),), agencies=agencies or AGENCIES)
        self.service = SubmissionService(
            store, config, lambda: self.now, write_entry or self._write_entry, limit_correction
        )
        self.obligation = next(iter(self.service.obligations.values()))

    def _write_entry(self, conn: Conn, principal: Principal, *fields: Any) -> None:
        self.audited.append(tuple(map(str, fields[:-1])))

    def person(self, name: str = "an") -> Principal:
        """Who may submit, approve and enter reports by telephone, for the agency that owes the figures."""
        agency = self.service.responsible_agency(self.obligation) or ""
        return Principal(PrincipalKind.USER, name, roles=frozenset(Role), agency=agency)

    def period(self, key: str = "2026-10") -> ReportingPeriod:
        return self.service.open_period(self.obligation, key)

    def submit(
        self,
        reason: str = "",
        actor: str = "an",
        channel: SubmissionChannel = SubmissionChannel.FORM,
        **values: float | None,
    ) -> int:
        told_by = "trực ban" if channel is SubmissionChannel.PHONE else ""
        submission = NewSubmission(self.obligation, self.period(), VALUES | values, channel, reason or told_by)
        return self.service.submit(submission, self.person(actor)).id

    def record(self) -> PeriodRecord:
        return self.service.record(self.obligation, self.period())

    def status(self) -> SubmissionState:
        return self.service.status(self.obligation, self.period()).state

    def queued_messages(self) -> list[WebhookMessage]:
        with self.store.read() as conn:
            return webhook_queue.pending(conn, "d")


def assert_refused(code: SubmissionCode, command: Any, *args: Any, **options: Any) -> None:
    with pytest.raises(SubmissionError) as caught:
        command(*args, **options)
    assert caught.value.failure.code == code


def test_submission_without_approval_counts_at_once(store: Store) -> None:
    harness = SubmissionHarness(store)
    number = harness.submit()
    assert (harness.status(), len(harness.queued_messages())) == (SubmissionState.SUBMITTED, 1)
    assert harness.record().values[number] == VALUES
    assert harness.audited == [("submission-sent", f"d 2026-10 {number}", '{"x":12.0,"y":3.5}', "")]
    with store.read() as conn:
        assert change_counter.read(conn).topics["submissions"] == 1


def test_reason_has_no_character_that_hides_or_cannot_be_stored(store: Store) -> None:
    harness = SubmissionHarness(store)
    number = harness.submit("bo sung \0 \u202e xa A")
    assert harness.audited[0][3] == "bo sung \ufffd \ufffd xa A"
    with store.read() as conn:
        event = submissions.get(conn, number)
    assert event and event.reason == "bo sung \ufffd \ufffd xa A"


def test_submission_with_approval_waits_for_another_person(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(requires_approval=True))
    number = harness.submit()
    assert (harness.status(), harness.queued_messages()) == (SubmissionState.AWAITING_APPROVAL, [])
    assert_refused(SubmissionCode.ALREADY_AWAITING_APPROVAL, harness.submit)
    assert_refused(SubmissionCode.OWN_SUBMISSION, harness.service.approve, number, harness.person("an"))
    assert_refused(SubmissionCode.OWN_SUBMISSION, harness.service.reject, number, harness.person("an"), "sai số liệu")
    harness.service.approve(number, harness.person("binh"))
    assert (harness.status(), len(harness.queued_messages())) == (SubmissionState.SUBMITTED, 1)
    assert_refused(SubmissionCode.APPROVED, harness.service.approve, number, harness.person("binh"))
    assert_refused(SubmissionCode.NOT_AWAITING_APPROVAL, harness.service.approve, 999, harness.person("binh"))
    assert [line[0] for line in harness.audited] == ["submission-sent", "submission-approved"]


def test_rejected_submission_needs_a_reason_and_may_be_sent_again(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(requires_approval=True))
    number = harness.submit()
    assert_refused(
        SubmissionCode.REJECTION_REASON_MISSING, harness.service.reject, number, harness.person("binh"), " x "
    )
    assert_refused(
        SubmissionCode.REJECTION_REASON_MISSING, harness.service.reject, number, harness.person("binh"), "\u200b" * 9
    )
    harness.service.reject(number, harness.person("binh"), "thiếu xã A")
    assert (harness.status(), harness.queued_messages()) == (SubmissionState.REJECTED, [])
    harness.now = NOW + timedelta(days=4)
    assert harness.status() is SubmissionState.OVERDUE
    again = harness.submit(x=13.0)
    assert [(event.event_type, event.refers_to) for event in harness.record().history] == [
        (SubmissionEventType.SUBMITTED, 0),
        (SubmissionEventType.REJECTED, number),
        (SubmissionEventType.SUBMITTED, number),
    ]
    harness.service.approve(again, harness.person("binh"))
    assert harness.status() is SubmissionState.SUBMITTED_LATE


def test_correction_needs_a_reason_and_keeps_the_earlier_values(store: Store) -> None:
    harness = SubmissionHarness(store)
    first = harness.submit()
    assert_refused(SubmissionCode.CORRECTION_REASON_MISSING, harness.submit, x=13.0)
    for channel in (SubmissionChannel.FORM, SubmissionChannel.FILE):
        assert_refused(SubmissionCode.UNCHANGED, harness.submit, "cộng nhầm một xã", channel=channel)
    second = harness.submit(reason="cộng nhầm một xã", x=13.0)
    assert (harness.record().values[first]["x"], harness.record().values[second]["x"]) == (12.0, 13.0)
    assert len(harness.queued_messages()) == 2 and harness.status() is SubmissionState.SUBMITTED


def test_nothing_is_stored_when_the_audit_entry_fails(store: Store) -> None:

    def fail(*_: Any) -> None:
        raise RuntimeError("no audit log")

    harness = SubmissionHarness(store, write_entry=fail)

    with pytest.raises(RuntimeError):
        harness.submit()
    assert harness.queued_messages() == [] and harness.record().history == []
    with store.read() as conn:
        assert change_counter.read(conn).topics["submissions"] == 0


def test_only_ended_periods_can_be_submitted(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(since=date(2026, 9, 1), until=date(2026, 12, 31)))
    assert_refused(SubmissionCode.PERIOD_NOT_ENDED, harness.period, "2026-11")
    for key in ("2026-08", "2027-01", "2026-13", "<script>", ""):
        assert_refused(SubmissionCode.UNKNOWN_PERIOD, harness.period, key)


def test_reminder_once_a_day_and_only_when_overdue(store: Store) -> None:
    harness = SubmissionHarness(store)
    remind = harness.service.remind
    assert_refused(SubmissionCode.NOT_OVERDUE, remind, harness.obligation, harness.period(), harness.person("vp"), "")
    harness.now = NOW + timedelta(days=4)
    reminder = remind(harness.obligation, harness.period(), harness.person("vp"), "chưa có số liệu tháng 10")
    assert (reminder.agency, reminder.actor) == ("a", "vp")
    assert_refused(
        SubmissionCode.ALREADY_REMINDED, remind, harness.obligation, harness.period(), harness.person("khac"), ""
    )
    harness.now += timedelta(days=1)
    remind(harness.obligation, harness.period(), harness.person("vp"), "gửi gấp")
    with store.read() as conn:
        assert [reminder.reason for reminder in submissions.reminders(conn)] == ["chưa có số liệu tháng 10", "gửi gấp"]
        assert len(submissions.reminders(conn, known_by=harness.now - timedelta(hours=1))) == 1


def test_successor_of_a_merged_agency_is_responsible(store: Store) -> None:
    act = Succession("b", date(2026, 7, 1), LocalizedText("sáp nhập"))
    ended = Agency("a", LocalizedText("a"), LocalizedText("a"), until=date(2026, 6, 30), successors=(act,))
    harness = SubmissionHarness(store, agencies={**AGENCIES, "a": ended})
    assert harness.service.responsible_agency(harness.obligation) == "b"
    harness.submit(channel=SubmissionChannel.PHONE)
    assert harness.record().history[0].agency == "b"
    without_successor = SubmissionHarness(store, agencies={"a": replace(ended, successors=())})
    assert_refused(
        SubmissionCode.NO_RESPONSIBLE_AGENCY,
        without_successor.submit,
        reason="sửa lại số liệu",
        x=1.0,
        channel=SubmissionChannel.PHONE,
    )


def test_phone_report_is_of_today_or_yesterday(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(ReportingCadence.AD_HOC))
    call = harness.service.open_period(harness.obligation, "2026-11-03t08-30")
    harness.service.submit(
        NewSubmission(harness.obligation, call, {"x": 1.0}, SubmissionChannel.PHONE, "trực ban"), harness.person("truc")
    )
    assert harness.queued_messages()[0].page.body.startswith(b'{"channel":"phone","observed":"2026-11-03T08:30:00')
    assert harness.audited[0][0] == "phone-report-entered"
    for key in ("2026-11-03t10-30", "2026-10-30t08-30"):
        assert_refused(SubmissionCode.CALL_TIME_OUT_OF_RANGE, harness.service.open_period, harness.obligation, key)


def test_phone_report_does_not_replace_the_figures_of_the_agency(store: Store) -> None:
    harness = SubmissionHarness(store)
    told = partial(harness.submit, channel=SubmissionChannel.PHONE, actor="truc")
    told(x=10.0)
    told(reason="gọi lại, máy 102", x=11.0)
    own = harness.submit(reason="số chính thức")
    assert_refused(SubmissionCode.OWN_FIGURES_SENT, told, reason="gọi lại, máy 102", x=13.0)
    status = harness.service.status(harness.obligation, harness.period())
    assert status.own_figures and status.own_figures == status.effective and own == status.own_figures.id
    assert (len(harness.audited), len(harness.queued_messages())) == (3, 3)
    harness.submit(reason="cơ quan đính chính", x=14.0)


def test_returned_figures_of_the_agency_leave_room_for_a_phone_report(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(requires_approval=True))
    harness.service.reject(harness.submit(), harness.person("binh"), "sai cột tổng số")
    told = harness.submit(channel=SubmissionChannel.PHONE, x=13.0)
    waiting = harness.service.status(harness.obligation, harness.period()).pending
    assert waiting is not None and (waiting.id, waiting.channel) == (told, SubmissionChannel.PHONE)


def test_log_is_read_from_an_id_and_as_known_then(store: Store) -> None:
    harness = SubmissionHarness(store)
    first = harness.submit()
    harness.now += timedelta(hours=1)
    second = harness.submit(reason="cộng nhầm một xã", x=13.0)
    with store.read() as conn:
        assert [event.id for event in submissions.list_events(conn)] == [first, second]
        assert [event.id for event in submissions.list_events(conn, after=first)] == [second]
        assert [event.id for event in submissions.list_events(conn, known_by=NOW)] == [first]
        assert submissions.list_events(conn, since=harness.now)[0].reason == "cộng nhầm một xã"
        assert submissions.get_values(conn, [999]) == {}


def poll_once(store: Store, source: Source) -> list[PollResult]:
    """The results of one poll of `source`."""
    results: list[PollResult] = []

    async def ask() -> None:
        async with client_factory(pending_messages=partial(webhook_queue.read_pending, store, lambda: NOW)) as clients:
            healths = {source.key: SourceHealth(source.key, SourceState.LATE, NOW)}
            await Poller(
                protocols(), clients.context_for, ClockWatch(lambda: NOW.astimezone(UTC)), healths, results.append,
                id_key=b"key",
            ).poll(source)  # fmt: skip

    asyncio.run(ask())
    return results


def test_poller_reads_submissions_and_marks_phone_reports(store: Store) -> None:
    harness = SubmissionHarness(store)
    series = tuple(cell.series for cell in harness.obligation.cells)
    polled = row("/nhap-so-lieu/d", {}, key="d", protocol="submissions", series=series)
    source = replace(polled, age_limit=timedelta(days=60))
    (first_poll,) = poll_once(store, source)
    assert (first_poll.health.state, first_poll.health.last_error, first_poll.batch.readings) == (
        SourceState.NO_DATA,
        None,
        (),
    )
    harness.submit(channel=SubmissionChannel.PHONE)
    (result,) = poll_once(store, source)
    assert result.health.data_time == harness.period().observed_at
    with store.write() as conn:
        readings.append(conn, "d", result.batch.readings, NOW)
        webhook_queue.acknowledge(conn, "d", result.message_ids)
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "phoned"
        reading = newest_reading.latest_before(conn, "x", NOW)
        assert reading is None or reading.quality == "phoned"
    harness.submit(reason="đơn vị đã nộp bản chính thức")
    (result,) = poll_once(store, source)
    with store.write() as conn:
        assert readings.append(conn, "d", result.batch.readings, NOW).corrected == 2
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "good"


def test_second_submission_of_a_period_is_refused_while_one_waits(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(requires_approval=True))
    harness.submit(actor="an")
    assert_refused(SubmissionCode.ALREADY_AWAITING_APPROVAL, harness.submit, actor="binh", x=99.0)


def test_submission_is_decided_by_the_agency_that_owes_its_figures_now(store: Store) -> None:
    """Of an agency that has ended the successor decides, as it submits."""
    july = Succession("b", NOW.date() + timedelta(days=1), LocalizedText("1/QĐ"))
    ended = replace(AGENCIES["a"], until=NOW.date(), successors=(july,))
    harness = SubmissionHarness(store, make_obligation(requires_approval=True), agencies={**AGENCIES, "a": ended})
    number = harness.submit()
    former, present = (
        Principal(PrincipalKind.USER, "duyet", roles=frozenset({Role.EDITOR}), agency=agency) for agency in "ab"
    )
    assert harness.service.awaiting_approval(former) and not harness.service.awaiting_approval(present)
    harness.now += timedelta(days=1)
    assert harness.service.awaiting_approval(present) and not harness.service.awaiting_approval(former)
    with pytest.raises(PermissionDeniedError):
        harness.service.approve(number, former)
    harness.service.approve(number, present)
    assert harness.status() is SubmissionState.SUBMITTED
