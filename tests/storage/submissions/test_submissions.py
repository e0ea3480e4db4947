"""Submissions on both databases: what is stored, what counts, who may decide, and the message for the poller."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_sources import protocols
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import WebhookMessage
from ioc.domain.ingest.source import Source
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.obligation import Obligation, ReportingCadence, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEventType, SubmissionState
from ioc.poller.poller import Poller, PollResult
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import readings
from ioc.submissions.service import Actor, NewSubmission, SubmissionService
from tests.data_sources.server import door, row
from tests.domain.submissions.cases import make_obligation
from tests.storage.city import configuration

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=CITY_ZONE)
VALUES = {"x": 12.0, "y": 3.5}
AGENCIES = {key: Agency(key, LocalizedText(key), LocalizedText(key)) for key in ("a", "b")}


class SubmissionDesk:
    """A submission service with a clock of the test, and the audit entries that were written."""

    def __init__(self, store: Store, *duties: Obligation, agencies: dict[str, Agency] | None = None) -> None:
        self.store, self.now, self.audited = store, NOW, list[tuple[str, ...]]()
        config = replace(configuration(), obligations=duties or (make_obligation(),), agencies=agencies or AGENCIES)
        self.service = SubmissionService(store, config, lambda: self.now)
        self.obligation = next(iter(self.service.obligations.values()))

    def person(self, name: str = "an") -> Actor:
        def write_entry(conn: Conn, *fields: Any) -> None:
            self.audited.append(tuple(map(str, fields[:-1])))

        return Actor(name, write_entry)

    def period(self, key: str = "2026-10") -> ReportingPeriod:
        return self.service.open_period(self.obligation, key)

    def submit(
        self,
        reason: str = "",
        actor: str = "an",
        channel: SubmissionChannel = SubmissionChannel.FORM,
        **values: float | None,
    ) -> int:
        given = NewSubmission(self.obligation, self.period(), VALUES | values, channel, reason)
        return self.service.submit(given, self.person(actor)).id

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
    desk = SubmissionDesk(store)
    number = desk.submit()
    assert (desk.status(), len(desk.queued_messages())) == (SubmissionState.SUBMITTED, 1)
    assert desk.service.values(number) == VALUES
    assert desk.audited == [("submission-sent", f"d 2026-10 {number}", '{"x":12.0,"y":3.5}', "")]
    with store.read() as conn:
        assert change_counter.read(conn).topics["submissions"] == 1


def test_submission_with_approval_waits_for_another_person(store: Store) -> None:
    desk = SubmissionDesk(store, make_obligation(requires_approval=True))
    number = desk.submit()
    assert (desk.status(), desk.queued_messages()) == (SubmissionState.AWAITING_APPROVAL, [])
    assert_refused(SubmissionCode.ALREADY_AWAITING_APPROVAL, desk.submit)
    assert_refused(SubmissionCode.OWN_SUBMISSION, desk.service.approve, number, desk.person("an"))
    assert_refused(SubmissionCode.OWN_SUBMISSION, desk.service.reject, number, desk.person("an"), "sai số liệu")
    desk.service.approve(number, desk.person("binh"))
    assert (desk.status(), len(desk.queued_messages())) == (SubmissionState.SUBMITTED, 1)
    assert_refused(SubmissionCode.NOT_AWAITING_APPROVAL, desk.service.approve, number, desk.person("binh"))
    assert_refused(SubmissionCode.NOT_AWAITING_APPROVAL, desk.service.approve, 999, desk.person("binh"))
    assert [line[0] for line in desk.audited] == ["submission-sent", "submission-approved"]


def test_rejected_submission_needs_a_reason_and_may_be_sent_again(store: Store) -> None:
    desk = SubmissionDesk(store, make_obligation(requires_approval=True))
    number = desk.submit()
    assert_refused(SubmissionCode.REJECTION_REASON_MISSING, desk.service.reject, number, desk.person("binh"), " x ")
    desk.service.reject(number, desk.person("binh"), "thiếu xã A")
    assert (desk.status(), desk.queued_messages()) == (SubmissionState.REJECTED, [])
    desk.now = NOW + timedelta(days=4)
    assert desk.status() is SubmissionState.OVERDUE
    again = desk.submit(x=13.0)
    assert [(one.event_type, one.refers_to) for one in desk.service.history(desk.obligation, desk.period())] == [
        (SubmissionEventType.SUBMITTED, 0),
        (SubmissionEventType.REJECTED, number),
        (SubmissionEventType.SUBMITTED, number),
    ]
    desk.service.approve(again, desk.person("binh"))
    assert desk.status() is SubmissionState.SUBMITTED_LATE


def test_correction_needs_a_reason_and_keeps_the_earlier_values(store: Store) -> None:
    desk = SubmissionDesk(store)
    first = desk.submit()
    assert_refused(SubmissionCode.CORRECTION_REASON_MISSING, desk.submit, x=13.0)
    assert_refused(SubmissionCode.UNCHANGED, desk.submit, reason="cộng nhầm một xã")
    second = desk.submit(reason="cộng nhầm một xã", x=13.0)
    assert (desk.service.values(first)["x"], desk.service.values(second)["x"]) == (12.0, 13.0)
    assert len(desk.queued_messages()) == 2 and desk.status() is SubmissionState.SUBMITTED


def test_nothing_is_stored_when_the_audit_entry_fails(store: Store) -> None:
    desk = SubmissionDesk(store)

    def fail(*_: Any) -> None:
        raise RuntimeError("no trail")

    with pytest.raises(RuntimeError):
        desk.service.submit(
            NewSubmission(desk.obligation, desk.period(), VALUES, SubmissionChannel.FORM), Actor("an", fail)
        )
    assert desk.queued_messages() == [] and desk.service.history(desk.obligation, desk.period()) == []
    with store.read() as conn:
        assert change_counter.read(conn).topics["submissions"] == 0


def test_only_ended_periods_can_be_submitted(store: Store) -> None:
    desk = SubmissionDesk(store, make_obligation(since=date(2026, 9, 1), until=date(2026, 12, 31)))
    assert_refused(SubmissionCode.PERIOD_NOT_ENDED, desk.period, "2026-11")
    for key in ("2026-08", "2027-01", "2026-13", "<script>", ""):
        assert_refused(SubmissionCode.UNKNOWN_PERIOD, desk.period, key)


def test_reminder_once_a_day_and_only_when_overdue(store: Store) -> None:
    desk = SubmissionDesk(store)
    urge = desk.service.remind
    assert_refused(SubmissionCode.NOT_OVERDUE, urge, desk.obligation, desk.period(), desk.person("vp"), "")
    desk.now = NOW + timedelta(days=4)
    made = urge(desk.obligation, desk.period(), desk.person("vp"), "chưa có số liệu tháng 10")
    assert (made.agency, made.actor) == ("a", "vp")
    assert_refused(SubmissionCode.ALREADY_REMINDED, urge, desk.obligation, desk.period(), desk.person("khac"), "")
    desk.now += timedelta(days=1)
    urge(desk.obligation, desk.period(), desk.person("vp"), "")
    with store.read() as conn:
        assert [one.reason for one in submissions.reminders(conn)] == ["chưa có số liệu tháng 10", ""]
        assert len(submissions.reminders(conn, known_by=desk.now - timedelta(hours=1))) == 1


def test_successor_of_a_merged_agency_is_responsible(store: Store) -> None:
    act = Succession("b", date(2026, 7, 1), LocalizedText("sáp nhập"))
    ended = Agency("a", LocalizedText("a"), LocalizedText("a"), until=date(2026, 6, 30), successors=(act,))
    desk = SubmissionDesk(store, agencies={**AGENCIES, "a": ended})
    assert desk.service.responsible_agency(desk.obligation) == "b"
    desk.submit()
    assert desk.service.history(desk.obligation, desk.period())[0].agency == "b"
    lost = SubmissionDesk(store, agencies={"a": replace(ended, successors=())})
    assert_refused(SubmissionCode.NO_RESPONSIBLE_AGENCY, lost.submit, reason="sửa lại số liệu", x=1.0)


def test_phone_report_is_of_today_or_yesterday(store: Store) -> None:
    desk = SubmissionDesk(store, make_obligation(ReportingCadence.AD_HOC))
    call = desk.service.open_period(desk.obligation, "2026-11-03t08-30")
    desk.service.submit(NewSubmission(desk.obligation, call, {"x": 1.0}, SubmissionChannel.PHONE), desk.person("truc"))
    assert desk.queued_messages()[0].page.body.startswith(b'{"channel":"phone","observed":"2026-11-03T08:30:00')
    assert desk.audited[0][0] == "phone-report-entered"
    for key in ("2026-11-03t10-30", "2026-10-30t08-30"):
        assert_refused(SubmissionCode.CALL_TIME_OUT_OF_RANGE, desk.service.open_period, desk.obligation, key)


def test_log_is_read_from_an_id_and_as_known_then(store: Store) -> None:
    desk = SubmissionDesk(store)
    first = desk.submit()
    desk.now += timedelta(hours=1)
    second = desk.submit(reason="cộng nhầm một xã", x=13.0)
    with store.read() as conn:
        assert [one.id for one in submissions.list_events(conn)] == [first, second]
        assert [one.id for one in submissions.list_events(conn, after=first)] == [second]
        assert [one.id for one in submissions.list_events(conn, known_by=NOW)] == [first]
        assert submissions.list_events(conn, since=desk.now)[0].reason == "cộng nhầm một xã"
        assert submissions.get_values(conn, 999) == {}


def poll_once(store: Store, source: Source) -> list[PollResult]:
    """The results of one poll of `source`."""
    found: list[PollResult] = []

    def queued_messages(key: str) -> list[WebhookMessage]:
        with store.read() as conn:
            return webhook_queue.pending(conn, key)

    async def ask() -> None:
        async with door(pending_messages=queued_messages) as made:
            healths = {source.key: SourceHealth(source.key, SourceState.LATE, NOW)}
            await Poller(protocols(), made.context_for, lambda: NOW.astimezone(UTC), healths, found.append).poll(source)

    asyncio.run(ask())
    return found


def test_poller_reads_submissions_and_marks_phone_reports(store: Store) -> None:
    desk = SubmissionDesk(store)
    series = tuple(cell.series for cell in desk.obligation.cells)
    polled = row("/nhap-so-lieu/d", {}, key="d", protocol="submissions", series=series)
    source = replace(polled, age_limit=timedelta(days=60))
    (silent,) = poll_once(store, source)
    assert (silent.health.state, silent.health.last_error, silent.batch.readings) == (SourceState.NO_DATA, None, ())
    desk.submit(channel=SubmissionChannel.PHONE)
    (arrival,) = poll_once(store, source)
    assert arrival.health.data_time == desk.period().observed_at
    with store.write() as conn:
        readings.append(conn, "d", arrival.batch.readings, NOW)
        webhook_queue.acknowledge(conn, "d", arrival.message_ids)
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "phoned"
        found = readings.latest_before(conn, "x", NOW)
        assert found is None or found.quality == "phoned"
    desk.submit(reason="đơn vị đã nộp bản chính thức")
    (arrival,) = poll_once(store, source)
    with store.write() as conn:
        assert readings.append(conn, "d", arrival.batch.readings, NOW).corrected == 2
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "good"


def test_second_submission_of_a_period_is_refused_while_one_waits(store: Store) -> None:
    desk = SubmissionDesk(store, make_obligation(requires_approval=True))
    desk.submit(actor="an")
    assert_refused(SubmissionCode.ALREADY_AWAITING_APPROVAL, desk.submit, actor="binh", x=99.0)
