"""Handing in, on both databases: what is kept, what counts, who may decide, and that a letter goes with each figure."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_sources import protocols
from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import CITY
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.protocol import Letter
from ioc.domain.ingest.source import Source
from ioc.domain.submissions.obligation import Cadence, Duty, Period
from ioc.domain.submissions.submission import Did, How, Status
from ioc.poller.poller import Arrival, Poller
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import readings
from ioc.submissions.service import Desk, Given, Person, Refused
from tests.data_sources.server import door, row
from tests.domain.owing import duty
from tests.storage.city import configuration

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=CITY)
VALUES = {"x": 12.0, "y": 3.5}
AGENCIES = {key: Agency(key, Text(key), Text(key)) for key in ("a", "b")}


class House:
    """A desk whose clock a test turns, with all that was written beside the acts."""

    def __init__(self, store: Store, *duties: Duty, agencies: dict[str, Agency] | None = None) -> None:
        self.store, self.now, self.beside = store, NOW, list[tuple[str, ...]]()
        made = replace(configuration(), duties=duties or (duty(),), agencies=agencies or AGENCIES)
        self.desk = Desk(store, made, lambda: self.now)
        self.duty = next(iter(self.desk.duties.values()))

    def person(self, name: str = "an") -> Person:
        def beside(conn: Conn, *told: Any) -> None:
            self.beside.append(tuple(map(str, told[:-1])))

        return Person(name, beside)

    def period(self, key: str = "2026-10") -> Period:
        return self.desk.period(self.duty, key)

    def hand_in(self, why: str = "", who: str = "an", how: How = How.FORM, **values: float | None) -> int:
        given = Given(self.duty, self.period(), VALUES | values, how, why)
        return self.desk.hand_in(given, self.person(who)).id

    def status(self) -> Status:
        return self.desk.standing(self.duty, self.period()).status

    def letters(self) -> list[Letter]:
        with self.store.read() as conn:
            return webhook_queue.waiting(conn, "d")


def refused(key: str, act: Any, *given: Any, **more: Any) -> None:
    with pytest.raises(Refused) as caught:
        act(*given, **more)
    assert caught.value.key == key


def test_what_is_handed_in_counts_at_once_where_no_release_is_asked(store: Store) -> None:
    house = House(store)
    number = house.hand_in()
    assert (house.status(), len(house.letters())) == (Status.SENT, 1)
    assert house.desk.values(number) == VALUES
    assert house.beside == [("handed-in", f"d 2026-10 {number}", '{"x":12.0,"y":3.5}', "")]
    with store.read() as conn:
        assert change_counter.read(conn).topics["handed"] == 1


def test_where_a_release_is_asked_it_waits_for_another_person(store: Store) -> None:
    house = House(store, duty(release=True))
    number = house.hand_in()
    assert (house.status(), house.letters()) == (Status.WAITING, [])
    refused("waits_already", house.hand_in)
    refused("four_eyes", house.desk.release, number, house.person("an"))
    refused("four_eyes", house.desk.send_back, number, house.person("an"), "sai số liệu")
    house.desk.release(number, house.person("binh"))
    assert (house.status(), len(house.letters())) == (Status.SENT, 1)
    refused("not_waiting", house.desk.release, number, house.person("binh"))
    refused("not_waiting", house.desk.release, 999, house.person("binh"))
    assert [line[0] for line in house.beside] == ["handed-in", "figures-released"]


def test_what_is_returned_says_why_and_may_be_sent_again(store: Store) -> None:
    house = House(store, duty(release=True))
    number = house.hand_in()
    refused("why_return", house.desk.send_back, number, house.person("binh"), " x ")
    house.desk.send_back(number, house.person("binh"), "thiếu xã A")
    assert (house.status(), house.letters()) == (Status.RETURNED, [])
    house.now = NOW + timedelta(days=4)
    assert house.status() is Status.LATE
    again = house.hand_in(x=13.0)
    assert [(one.did, one.of) for one in house.desk.course(house.duty, house.period())] == [
        (Did.SENT, 0), (Did.RETURNED, number), (Did.SENT, number),
    ]  # fmt: skip
    house.desk.release(again, house.person("binh"))
    assert house.status() is Status.SENT_LATE


def test_a_correction_names_its_reason_and_nothing_is_ever_changed(store: Store) -> None:
    house = House(store)
    first = house.hand_in()
    refused("why_correct", house.hand_in, x=13.0)
    refused("nothing_new", house.hand_in, why="cộng nhầm một xã")
    second = house.hand_in(why="cộng nhầm một xã", x=13.0)
    assert (house.desk.values(first)["x"], house.desk.values(second)["x"]) == (12.0, 13.0)
    assert len(house.letters()) == 2 and house.status() is Status.SENT


def test_nothing_is_kept_when_what_stands_beside_fails(store: Store) -> None:
    house = House(store)

    def fail(*_: Any) -> None:
        raise RuntimeError("no trail")

    with pytest.raises(RuntimeError):
        house.desk.hand_in(Given(house.duty, house.period(), VALUES, How.FORM), Person("an", fail))
    assert house.letters() == [] and house.desk.course(house.duty, house.period()) == []
    with store.read() as conn:
        assert change_counter.read(conn).topics["handed"] == 0


def test_figures_are_for_periods_that_have_ended(store: Store) -> None:
    house = House(store, duty(since=date(2026, 9, 1), until=date(2026, 12, 31)))
    refused("not_ended", house.period, "2026-11")
    for key in ("2026-08", "2027-01", "2026-13", "<script>", ""):
        refused("no_period", house.period, key)


def test_a_reminder_is_one_a_day_and_only_over_what_is_late(store: Store) -> None:
    house = House(store)
    urge = house.desk.urge
    refused("not_late", urge, house.duty, house.period(), house.person("vp"), "")
    house.now = NOW + timedelta(days=4)
    made = urge(house.duty, house.period(), house.person("vp"), "chưa có số liệu tháng 10")
    assert (made.agency, made.who) == ("a", "vp")
    refused("urged_today", urge, house.duty, house.period(), house.person("khac"), "")
    house.now += timedelta(days=1)
    urge(house.duty, house.period(), house.person("vp"), "")
    with store.read() as conn:
        assert [one.why for one in submissions.reminders(conn)] == ["chưa có số liệu tháng 10", ""]
        assert len(submissions.reminders(conn, by=house.now - timedelta(hours=1))) == 1


def test_the_successor_of_a_merged_agency_owes_and_one_without_holder_is_told(store: Store) -> None:
    act = Succession("b", date(2026, 7, 1), Text("sáp nhập"))
    ended = Agency("a", Text("a"), Text("a"), until=date(2026, 6, 30), successors=(act,))
    house = House(store, agencies={**AGENCIES, "a": ended})
    assert house.desk.holder(house.duty) == "b"
    house.hand_in()
    assert house.desk.course(house.duty, house.period())[0].agency == "b"
    lost = House(store, agencies={"a": replace(ended, successors=())})
    refused("no_holder", lost.hand_in, why="sửa lại số liệu", x=1.0)


def test_a_call_is_about_a_minute_of_today_or_yesterday(store: Store) -> None:
    house = House(store, duty(Cadence.ANY))
    call = house.desk.period(house.duty, "2026-11-03t08-30")
    house.desk.hand_in(Given(house.duty, call, {"x": 1.0}, How.PHONE), house.person("truc"))
    assert house.letters()[0].page.body.startswith(b'{"how":"phone","observed":"2026-11-03T08:30:00')
    assert house.beside[0][0] == "phoned-in"
    for key in ("2026-11-03t10-30", "2026-10-30t08-30"):
        refused("call_moment", house.desk.period, house.duty, key)


def test_the_logs_are_read_on_and_as_they_were_known(store: Store) -> None:
    house = House(store)
    first = house.hand_in()
    house.now += timedelta(hours=1)
    second = house.hand_in(why="cộng nhầm một xã", x=13.0)
    with store.read() as conn:
        assert [one.id for one in submissions.acts(conn)] == [first, second]
        assert [one.id for one in submissions.acts(conn, after=first)] == [second]
        assert [one.id for one in submissions.acts(conn, by=NOW)] == [first]
        assert submissions.acts(conn, since=house.now)[0].why == "cộng nhầm một xã"
        assert submissions.values(conn, 999) == {}


def polled(store: Store, source: Source) -> list[Arrival]:
    """What one poll of `source` brings."""
    found: list[Arrival] = []

    def letters(key: str) -> list[Letter]:
        with store.read() as conn:
            return webhook_queue.waiting(conn, key)

    async def ask() -> None:
        async with door(mailbox=letters) as made:
            healths = {source.key: Health(source.key, SourceState.LATE, NOW)}
            await Poller(protocols(), made.to, lambda: NOW.astimezone(UTC), healths, found.append).poll(source)

    asyncio.run(ask())
    return found


def test_the_poller_reads_what_was_handed_in_and_what_was_told_by_telephone_is_marked(store: Store) -> None:
    house = House(store)
    source = replace(row("/nhap-so-lieu/d", {}, key="d", protocol="submissions", keys=("x", "y")),
                     age_limit=timedelta(days=60))  # fmt: skip
    (silent,) = polled(store, source)
    assert (silent.health.state, silent.health.last_error, silent.batch.readings) == (SourceState.LIVE, "", ())
    house.hand_in(how=How.PHONE)
    (arrival,) = polled(store, source)
    assert arrival.health.data_time == house.period().observed
    with store.write() as conn:
        readings.append(conn, "d", arrival.batch.readings, NOW)
        webhook_queue.read(conn, "d", arrival.mail)
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "phoned"
        found = readings.before(conn, "x", NOW)
        assert found is None or found.quality == "phoned"
    house.hand_in(why="đơn vị đã nộp bản chính thức")
    (arrival,) = polled(store, source)
    with store.write() as conn:
        assert readings.append(conn, "d", arrival.batch.readings, NOW).corrected == 2
    with store.read() as conn:
        assert readings.latest(conn)["x"].quality == "good"


def test_two_people_cannot_both_be_first(store: Store) -> None:
    house = House(store, duty(release=True))
    house.hand_in(who="an")
    refused("waits_already", house.hand_in, who="binh", x=99.0)
