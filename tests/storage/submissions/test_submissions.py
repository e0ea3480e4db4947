"""Handing in, on both databases: what is kept, what counts, who may decide, and that a letter goes with each figure."""

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
from tests.domain.submissions.cases import duty
from tests.storage.city import configuration

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=CITY_ZONE)
VALUES = {"x": 12.0, "y": 3.5}
AGENCIES = {key: Agency(key, LocalizedText(key), LocalizedText(key)) for key in ("a", "b")}


class House:
    """A desk whose clock a test turns, with all that was written beside the acts."""

    def __init__(self, store: Store, *duties: Obligation, agencies: dict[str, Agency] | None = None) -> None:
        self.store, self.now, self.beside = store, NOW, list[tuple[str, ...]]()
        made = replace(configuration(), obligations=duties or (duty(),), agencies=agencies or AGENCIES)
        self.desk = SubmissionService(store, made, lambda: self.now)
        self.duty = next(iter(self.desk.obligations.values()))

    def person(self, name: str = "an") -> Actor:
        def beside(conn: Conn, *told: Any) -> None:
            self.beside.append(tuple(map(str, told[:-1])))

        return Actor(name, beside)

    def period(self, key: str = "2026-10") -> ReportingPeriod:
        return self.desk.open_period(self.duty, key)

    def hand_in(
        self,
        reason: str = "",
        actor: str = "an",
        channel: SubmissionChannel = SubmissionChannel.FORM,
        **values: float | None,
    ) -> int:
        given = NewSubmission(self.duty, self.period(), VALUES | values, channel, reason)
        return self.desk.submit(given, self.person(actor)).id

    def status(self) -> SubmissionState:
        return self.desk.status(self.duty, self.period()).state

    def letters(self) -> list[WebhookMessage]:
        with self.store.read() as conn:
            return webhook_queue.pending(conn, "d")


def assert_refused(code: SubmissionCode, command: Any, *args: Any, **options: Any) -> None:
    with pytest.raises(SubmissionError) as caught:
        command(*args, **options)
    assert caught.value.failure.code == code


def test_what_is_handed_in_counts_at_once_where_no_release_is_asked(store: Store) -> None:
    house = House(store)
    number = house.hand_in()
    assert (house.status(), len(house.letters())) == (SubmissionState.SUBMITTED, 1)
    assert house.desk.values(number) == VALUES
    assert house.beside == [("submission-sent", f"d 2026-10 {number}", '{"x":12.0,"y":3.5}', "")]
    with store.read() as conn:
        assert change_counter.read(conn).topics["submissions"] == 1


def test_where_a_release_is_asked_it_waits_for_another_person(store: Store) -> None:
    house = House(store, duty(requires_approval=True))
    number = house.hand_in()
    assert (house.status(), house.letters()) == (SubmissionState.AWAITING_APPROVAL, [])
    assert_refused(SubmissionCode.ALREADY_AWAITING_APPROVAL, house.hand_in)
    assert_refused(SubmissionCode.OWN_SUBMISSION, house.desk.approve, number, house.person("an"))
    assert_refused(SubmissionCode.OWN_SUBMISSION, house.desk.reject, number, house.person("an"), "sai số liệu")
    house.desk.approve(number, house.person("binh"))
    assert (house.status(), len(house.letters())) == (SubmissionState.SUBMITTED, 1)
    assert_refused(SubmissionCode.NOT_AWAITING_APPROVAL, house.desk.approve, number, house.person("binh"))
    assert_refused(SubmissionCode.NOT_AWAITING_APPROVAL, house.desk.approve, 999, house.person("binh"))
    assert [line[0] for line in house.beside] == ["submission-sent", "submission-approved"]


def test_what_is_returned_says_why_and_may_be_sent_again(store: Store) -> None:
    house = House(store, duty(requires_approval=True))
    number = house.hand_in()
    assert_refused(SubmissionCode.REJECTION_REASON_MISSING, house.desk.reject, number, house.person("binh"), " x ")
    house.desk.reject(number, house.person("binh"), "thiếu xã A")
    assert (house.status(), house.letters()) == (SubmissionState.REJECTED, [])
    house.now = NOW + timedelta(days=4)
    assert house.status() is SubmissionState.OVERDUE
    again = house.hand_in(x=13.0)
    assert [(one.event_type, one.refers_to) for one in house.desk.history(house.duty, house.period())] == [
        (SubmissionEventType.SUBMITTED, 0),
        (SubmissionEventType.REJECTED, number),
        (SubmissionEventType.SUBMITTED, number),
    ]
    house.desk.approve(again, house.person("binh"))
    assert house.status() is SubmissionState.SUBMITTED_LATE


def test_a_correction_names_its_reason_and_nothing_is_ever_changed(store: Store) -> None:
    house = House(store)
    first = house.hand_in()
    assert_refused(SubmissionCode.CORRECTION_REASON_MISSING, house.hand_in, x=13.0)
    assert_refused(SubmissionCode.UNCHANGED, house.hand_in, reason="cộng nhầm một xã")
    second = house.hand_in(reason="cộng nhầm một xã", x=13.0)
    assert (house.desk.values(first)["x"], house.desk.values(second)["x"]) == (12.0, 13.0)
    assert len(house.letters()) == 2 and house.status() is SubmissionState.SUBMITTED


def test_nothing_is_kept_when_what_stands_beside_fails(store: Store) -> None:
    house = House(store)

    def fail(*_: Any) -> None:
        raise RuntimeError("no trail")

    with pytest.raises(RuntimeError):
        house.desk.submit(NewSubmission(house.duty, house.period(), VALUES, SubmissionChannel.FORM), Actor("an", fail))
    assert house.letters() == [] and house.desk.history(house.duty, house.period()) == []
    with store.read() as conn:
        assert change_counter.read(conn).topics["submissions"] == 0


def test_figures_are_for_periods_that_have_ended(store: Store) -> None:
    house = House(store, duty(since=date(2026, 9, 1), until=date(2026, 12, 31)))
    assert_refused(SubmissionCode.PERIOD_NOT_ENDED, house.period, "2026-11")
    for key in ("2026-08", "2027-01", "2026-13", "<script>", ""):
        assert_refused(SubmissionCode.UNKNOWN_PERIOD, house.period, key)


def test_a_reminder_is_one_a_day_and_only_over_what_is_late(store: Store) -> None:
    house = House(store)
    urge = house.desk.remind
    assert_refused(SubmissionCode.NOT_OVERDUE, urge, house.duty, house.period(), house.person("vp"), "")
    house.now = NOW + timedelta(days=4)
    made = urge(house.duty, house.period(), house.person("vp"), "chưa có số liệu tháng 10")
    assert (made.agency, made.actor) == ("a", "vp")
    assert_refused(SubmissionCode.ALREADY_REMINDED, urge, house.duty, house.period(), house.person("khac"), "")
    house.now += timedelta(days=1)
    urge(house.duty, house.period(), house.person("vp"), "")
    with store.read() as conn:
        assert [one.reason for one in submissions.reminders(conn)] == ["chưa có số liệu tháng 10", ""]
        assert len(submissions.reminders(conn, known_by=house.now - timedelta(hours=1))) == 1


def test_the_successor_of_a_merged_agency_owes_and_one_without_holder_is_told(store: Store) -> None:
    act = Succession("b", date(2026, 7, 1), LocalizedText("sáp nhập"))
    ended = Agency("a", LocalizedText("a"), LocalizedText("a"), until=date(2026, 6, 30), successors=(act,))
    house = House(store, agencies={**AGENCIES, "a": ended})
    assert house.desk.responsible_agency(house.duty) == "b"
    house.hand_in()
    assert house.desk.history(house.duty, house.period())[0].agency == "b"
    lost = House(store, agencies={"a": replace(ended, successors=())})
    assert_refused(SubmissionCode.NO_RESPONSIBLE_AGENCY, lost.hand_in, reason="sửa lại số liệu", x=1.0)


def test_a_call_is_about_a_minute_of_today_or_yesterday(store: Store) -> None:
    house = House(store, duty(ReportingCadence.AD_HOC))
    call = house.desk.open_period(house.duty, "2026-11-03t08-30")
    house.desk.submit(NewSubmission(house.duty, call, {"x": 1.0}, SubmissionChannel.PHONE), house.person("truc"))
    assert house.letters()[0].page.body.startswith(b'{"channel":"phone","observed":"2026-11-03T08:30:00')
    assert house.beside[0][0] == "phone-report-entered"
    for key in ("2026-11-03t10-30", "2026-10-30t08-30"):
        assert_refused(SubmissionCode.CALL_TIME_OUT_OF_RANGE, house.desk.open_period, house.duty, key)


def test_the_logs_are_read_on_and_as_they_were_known(store: Store) -> None:
    house = House(store)
    first = house.hand_in()
    house.now += timedelta(hours=1)
    second = house.hand_in(reason="cộng nhầm một xã", x=13.0)
    with store.read() as conn:
        assert [one.id for one in submissions.list_events(conn)] == [first, second]
        assert [one.id for one in submissions.list_events(conn, after=first)] == [second]
        assert [one.id for one in submissions.list_events(conn, known_by=NOW)] == [first]
        assert submissions.list_events(conn, since=house.now)[0].reason == "cộng nhầm một xã"
        assert submissions.get_values(conn, 999) == {}


def polled(store: Store, source: Source) -> list[PollResult]:
    """What one poll of `source` brings."""
    found: list[PollResult] = []

    def letters(key: str) -> list[WebhookMessage]:
        with store.read() as conn:
            return webhook_queue.pending(conn, key)

    async def ask() -> None:
        async with door(pending_messages=letters) as made:
            healths = {source.key: SourceHealth(source.key, SourceState.LATE, NOW)}
            await Poller(protocols(), made.context_for, lambda: NOW.astimezone(UTC), healths, found.append).poll(source)

    asyncio.run(ask())
    return found


def test_the_poller_reads_what_was_handed_in_and_what_was_told_by_telephone_is_marked(store: Store) -> None:
    house = House(store)
    series = tuple(cell.series for cell in house.duty.cells)
    source = replace(
        row("/nhap-so-lieu/d", {}, key="d", protocol="submissions", series=series), age_limit=timedelta(days=60)
    )
    (silent,) = polled(store, source)
    assert (silent.health.state, silent.health.last_error, silent.batch.readings) == (SourceState.LIVE, None, ())
    house.hand_in(channel=SubmissionChannel.PHONE)
    (arrival,) = polled(store, source)
    assert arrival.health.data_time == house.period().observed_at
    with store.write() as conn:
        readings.append(conn, "d", arrival.batch.readings, NOW)
        webhook_queue.acknowledge(conn, "d", arrival.message_ids)
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "phoned"
        found = readings.latest_before(conn, "x", NOW)
        assert found is None or found.quality == "phoned"
    house.hand_in(reason="đơn vị đã nộp bản chính thức")
    (arrival,) = polled(store, source)
    with store.write() as conn:
        assert readings.append(conn, "d", arrival.batch.readings, NOW).corrected == 2
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "good"


def test_two_people_cannot_both_be_first(store: Store) -> None:
    house = House(store, duty(requires_approval=True))
    house.hand_in(actor="an")
    assert_refused(SubmissionCode.ALREADY_AWAITING_APPROVAL, house.hand_in, actor="binh", x=99.0)
