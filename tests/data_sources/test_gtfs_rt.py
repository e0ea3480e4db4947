"""GTFS-Realtime: positions, delays, alerts, names from the timetable; invalid feeds and zips."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._http.errors import HttpCode
from data_sources.gtfs_rt import Options, fetch, parse
from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.names import NAMES_PAGE, read_names
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import Area, Event
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import EventKind, Source
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, client_factory, row, serving, shared
from tests.data_sources.transit import AT, feed, timetable, trip, vehicle

TIME = datetime.fromtimestamp(AT, UTC)
LINES = timetable(
    routes="\ufeffroute_id,route_short_name,route_long_name\nr1,44,\nr2,,Cần Thơ – Ô Môn\n",
    stops="stop_id,stop_name\ns1,Bến Ninh Kiều\n,none\n",
)


def source(address: str = "http://127.0.0.1:9/x", **options: Any) -> Source:
    kinds = EventKind("vehicle", LocalizedText("Xe buýt")), EventKind("alert", LocalizedText("Thông báo"))
    return replace(row(address, options), events=kinds)


def parsed(body: bytes, names: dict[str, Any] | None = None, **options: Any) -> Batch:
    names_pages = [ResponsePage(json.dumps(names).encode(), NAMES_PAGE)] if names else []
    return parse(source(**options), Payload((ResponsePage(body), *names_pages)), NOW)


def cause(batch: Batch) -> Failure:
    """Why the names are missing."""
    (failure,) = failures(batch)
    assert failure.code == GtfsCode.NAMES_MISSING
    parameter = failure.params["cause"]
    assert isinstance(parameter, Failure)
    return parameter


def test_a_vehicle_lasts_ninety_seconds() -> None:
    details = {
        "trip": {"tripId": "t", "routeId": "r1", "startDate": "20261123", "startTime": "25:10:00"},
        "vehicle": {"id": "65", "label": "Xe 12", "licensePlate": "65B-012.34"}, "stopId": "s1",
        "position": {"latitude": 10.03, "longitude": 105.78, "speed": 10},
    }  # fmt: skip
    batch = parsed(feed(vehicle("65", **details)), read_names(ResponsePage(LINES)))
    assert batch.events == (
        Event(
            "vehicle", "65", TIME - timedelta(seconds=20), "44 · Xe 12",
            started=datetime(2026, 11, 23, 18, 10, tzinfo=UTC), expires=TIME + timedelta(seconds=70),
            area=Area(105.78, 10.03),
            facts={"route": "44", "stop": "Bến Ninh Kiều", "trip": "t", "speed": "36 km/h"},
        ),
    )  # fmt: skip
    assert batch.complete_kinds == {"vehicle", "alert"}
    assert "012.34" not in repr(batch)


def test_answer_in_files_without_the_timetable_of_the_row_says_so() -> None:
    batch = parsed(feed(vehicle()), static="/gtfs.zip")
    assert cause(batch) == Failure(GtfsCode.TIMETABLE_NOT_GIVEN) and len(batch.events) == 1
    assert not parsed(feed(vehicle()), read_names(ResponsePage(LINES)), static="/gtfs.zip").rejected_items
    assert not parsed(feed(vehicle())).rejected_items


def test_a_vehicle_without_a_time_has_that_of_the_header() -> None:
    assert parsed(feed(vehicle(timestamp=0))).events[0].observed == TIME
    with raises_failure(GtfsCode.FEED_TIME_MISSING):
        parsed(feed(vehicle(), at=0))


def test_a_vehicle_with_an_invalid_position_is_rejected_alone() -> None:
    batch = parsed(feed(vehicle("1", position={"latitude": 95, "longitude": 1}), vehicle("2")))
    assert [one.key for one in batch.events] == ["2"]
    assert [item.location for item in batch.rejected_items] == ["entity[v1]"]
    assert codes(batch) == [GtfsCode.POSITION_INVALID]
    assert batch.complete_kinds == {"alert"}


def test_a_time_out_of_range_is_rejected() -> None:
    batch = parsed(feed(vehicle("1", timestamp=2**63), vehicle("2")))
    assert (len(batch.events), failures(batch)) == (1, [Failure(GtfsCode.TIME_INVALID, {"value": str(2**63)})])
    with raises_failure(GtfsCode.TIME_INVALID, value=str(2**63)):
        parsed(feed(at=2**63))


def test_time_in_milliseconds_is_named() -> None:
    milliseconds = AT * 1000
    with raises_failure(GtfsCode.TIME_IN_MILLISECONDS, value=str(milliseconds)):
        parsed(feed(at=milliseconds))
    period = {"header_text": {"translation": [{"text": "x"}]}, "activePeriod": [{"start": milliseconds}]}
    for entity in (vehicle("1", timestamp=milliseconds), {"id": "a1", "alert": period}):
        batch = parsed(feed(entity, vehicle("2")))
        assert failures(batch) == [Failure(GtfsCode.TIME_IN_MILLISECONDS, {"value": str(milliseconds)})]
        assert [event.key for event in batch.events] == ["2"]


def test_a_differential_feed_ends_no_event() -> None:
    body = feed(vehicle("1"), {"id": "v2", "isDeleted": True}, incrementality="DIFFERENTIAL")
    batch = parsed(body)
    assert ([one.key for one in batch.events], batch.complete_kinds) == (["1"], frozenset())


def test_kinds_that_are_not_declared_are_left_out() -> None:
    batch = parse(row(), Payload((ResponsePage(feed(vehicle())),)), NOW)
    assert not (batch.events or batch.rejected_items or batch.readings)


def test_the_mean_delay_counts_trips_with_a_delay() -> None:
    body = feed(
        trip("1", "r1", delay=60),
        trip("2", "r1", stopTimeUpdate=[{"stopId": "a"}, {"arrival": {"delay": 240}}, {"arrival": {"delay": 900}}]),
        trip("3", "r2", stopTimeUpdate=[{"departure": {"time": AT}}]),
        trip("4", "r3", delay=-30),
    )
    lines = read_names(ResponsePage(LINES))
    found = {
        one.series: (one.value, one.unit, one.observed) for one in parsed(body, lines, delay="late-{route}").readings
    }
    assert found == {"late-44": (150, "s", TIME), "late-r3": (-30, "s", TIME)}
    assert [one.value for one in parsed(body, delay="late").readings] == [90]
    assert parsed(body).readings == ()


def test_a_trip_without_a_route_is_rejected_when_the_series_needs_one() -> None:
    batch = parsed(feed(trip("1", "", delay=1)), delay="late-{route}")
    assert (batch.readings, batch.rejected_items[0].location) == ((), "entity[t1]")


@pytest.mark.parametrize("relationship", ["CANCELED", "DELETED"])
def test_a_trip_that_does_not_run_is_neither_late_nor_on_time(relationship: str) -> None:
    cancelled = trip("1", "r1", delay=0)
    cancelled["tripUpdate"]["trip"]["scheduleRelationship"] = relationship
    running = [trip("2", "r1", delay=60), trip("3", "r1", delay=120)]
    assert [one.value for one in parsed(feed(cancelled, *running), delay="late").readings] == [90]
    assert parsed(feed(cancelled), delay="late").readings == ()


@pytest.mark.parametrize("relationship", ["SKIPPED", "NO_DATA"])
def test_a_stop_that_is_skipped_or_unknown_has_no_delay(relationship: str) -> None:
    left_out = {"scheduleRelationship": relationship, "arrival": {"delay": 0}}
    body = feed(trip("1", "r1", stopTimeUpdate=[left_out, {"arrival": {"delay": 240}}]))
    assert [one.value for one in parsed(body, delay="late").readings] == [240]


TRIPS = {"routes": {"r1": "44"}, "stops": {}, "trips": {"t1": "r1", "t2": "r9"}}


def test_the_route_of_a_trip_comes_from_the_timetable_when_the_feed_does_not_say() -> None:
    affected = [{"trip": {"tripId": "t1"}}, {"trip": {"tripId": "t2"}}, {"trip": {"tripId": "t3", "routeId": "r1"}},
                {"trip": {"tripId": "unknown"}}]  # fmt: skip
    alert = {"id": "a1", "alert": {"headerText": {"translation": [{"text": "x"}]}, "informedEntity": affected}}
    body = feed(vehicle("1", trip={"tripId": "t1"}), vehicle("2", trip={"tripId": "unknown"}), alert,
                trip("t1", "", delay=60), trip("t2", "", delay=30), trip("t1", "r9", delay=90))  # fmt: skip
    batch = parsed(body, TRIPS, delay="late-{route}")
    assert [event.facts.get("route") for event in batch.events[:2]] == ["44", None]
    assert batch.events[2].facts["routes"] == "44, r9"
    assert {reading.series: reading.value for reading in batch.readings} == {"late-44": 60, "late-r9": 60}
    assert batch.rejected_items == ()


@pytest.mark.parametrize("names", [None, TRIPS])
def test_a_trip_whose_route_nothing_knows_is_rejected_by_name(names: dict[str, Any] | None) -> None:
    batch = parsed(feed(trip("t7", "", delay=1)), names, delay="late-{route}")
    assert failures(batch) == [Failure(GtfsCode.ROUTE_UNKNOWN, {"trip": "t7"})] and not batch.readings
    assert [reading.value for reading in parsed(feed(trip("t7", "", delay=1)), names, delay="late").readings] == [1]


def test_trips_are_read_from_the_timetable_and_never_cost_the_names() -> None:
    tables = {"routes": "route_id,route_short_name\nr1,44\n"}
    long_id = "t" * 150
    trips = f"route_id,service_id,trip_id\nr1,s,t1\n,s,t2\nr1,s,{long_id}\n"
    assert read_names(ResponsePage(timetable(**tables, trips=trips)))["trips"] == {"t1": "r1", long_id: "r1"}
    for broken in ("a" * (16 * 1_048_576 + 1), "", "a,b\n1,2\n", b"\xff\xfe\x00"):
        found = read_names(ResponsePage(timetable(**tables, trips=broken)))
        assert (found["routes"], found["trips"]) == ({"r1": "44"}, {})


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.sampled_from(["r1", "r2"]), min_size=1))
def test_a_feed_without_routes_gives_the_delays_of_one_that_has_them(routes: dict[str, str]) -> None:
    names = {"routes": {}, "stops": {}, "trips": routes}
    silent = feed(*(trip(key, "", delay=n) for n, key in enumerate(routes)))
    explicit = feed(*(trip(key, route, delay=n) for n, (key, route) in enumerate(routes.items())))
    assert parsed(silent, names, delay="late-{route}") == parsed(explicit, delay="late-{route}")


def test_an_alert_with_its_period_language_and_lines() -> None:
    details = {
        "activePeriod": [{"end": AT - 9}, {"start": AT - 60, "end": AT + 60}, {"start": AT + 600}],
        "headerText": {
            "translation": [{"text": "Detour", "language": "en"}, {"text": "Đổi lộ trình", "language": "vi-VN"}]
        },
        "descriptionText": {"translation": [{"text": "<b>Cầu đóng</b>"}]},
        "url": {"translation": [{"text": "https://bus.example/1"}]},
        "informedEntity": [{"routeId": "r1"}, {"routeId": "r1"}, {"routeId": "r9"}], "effect": "DETOUR",
        "severityLevel": "SEVERE",
    }  # fmt: skip
    (event,) = parsed(feed({"id": "a1", "alert": details}), read_names(ResponsePage(LINES))).events
    both = parsed(feed({"id": "v", "vehicle": {"vehicle": {"id": "a1"}}}, {"id": "a1", "alert": details})).events
    assert len({one.key for one in both}) == 2  # their ids may be equal
    assert event == Event(
        "alert", "alert:a1", TIME, "Đổi lộ trình", text="<b>Cầu đóng</b>", started=TIME - timedelta(seconds=60),
        expires=TIME + timedelta(seconds=60), severity=Severity.CRITICAL, link="https://bus.example/1",
        facts={"routes": "44, r9", "effect": "detour"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY), (b"<html>login", DecodingCode.HTML), (b"{}", GtfsCode.NOT_A_FEED),
        (feed(vehicle())[:-5], GtfsCode.NOT_A_FEED), (b"\xff" * 300, GtfsCode.NOT_A_FEED),
        (b"\x0b" * 5000, GtfsCode.NOT_A_FEED), (b"\x12\x02\x0a\x00" * 300_000, GtfsCode.TOO_MANY_FIELDS),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_feed_is_an_error(body: bytes, code: ErrorCode) -> None:
    with raises_failure(code):
        parsed(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", GtfsCode.TIMETABLE_NOT_A_ZIP), (b"<html>", GtfsCode.TIMETABLE_NOT_A_ZIP),
        (LINES[:-30], GtfsCode.TIMETABLE_NOT_A_ZIP), (timetable(agency="a"), GtfsCode.TIMETABLE_WITHOUT_TABLES),
        (timetable(routes="a" * (8 * 1_048_576 + 1)), GtfsCode.TIMETABLE_TABLE_TOO_LARGE),
        (timetable(**{f"f{n}": "" for n in range(501)}), GtfsCode.TIMETABLE_TOO_MANY_FILES),
        (timetable(), GtfsCode.TIMETABLE_WITHOUT_TABLES),
        (timetable(routes="", stops="stop_id,stop_name\n"), GtfsCode.TIMETABLE_EMPTY),
        (timetable(routes="a,b\n1,2\n"), GtfsCode.TIMETABLE_EMPTY),
    ],
    ids=range(9),
)  # fmt: skip
def test_an_invalid_timetable_is_an_error(body: bytes, code: GtfsCode) -> None:
    with raises_failure(code):
        read_names(ResponsePage(body))


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_a_timetable_in_another_charset(charset: str) -> None:
    body = timetable(stops="stop_id,stop_name\n1,Bến đò\n".encode(charset))
    assert read_names(ResponsePage(body))["stops"] == {"1": "Bến đò"}


def test_a_timetable_with_one_table_and_headings_as_people_write_them() -> None:
    body = timetable(**{"feed/routes": ' Route_ID , "route_long_name"\n1,"Bến xe, chợ"\n'})
    assert read_names(ResponsePage(body)) == {"routes": {"1": "Bến xe, chợ"}, "stops": {}, "trips": {}}


async def test_an_empty_timetable_does_not_remove_earlier_names() -> None:
    now, body = NOW, LINES

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=feed(vehicle(trip={"routeId": "r1"})) if request.path == "/rt" else body)

    async with serving(answer) as base, client_factory(clock=lambda: now) as clients:
        bus = source(f"{base}/rt", static=f"{base}/gtfs.zip")
        await fetch(bus, clients.context_for(bus))
        body, now = timetable(routes=""), NOW + timedelta(hours=25)
        batch = parse(bus, await fetch(bus, clients.context_for(bus)), NOW)
    assert batch.events[0].title == "44 · 1"
    assert failures(batch) == [Failure(GtfsCode.NAMES_MISSING, {"cause": Failure(GtfsCode.TIMETABLE_EMPTY)})]


async def test_the_timetable_is_fetched_once_a_day_and_may_fail() -> None:
    paths: list[str] = []
    now, zip_status = NOW, 503

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.path)
        if request.path != "/gtfs.zip":
            return web.Response(body=feed(vehicle(trip={"routeId": "r1"})))
        return web.Response(body=LINES, status=zip_status, headers={"ETag": "z"})

    async with serving(answer) as base, client_factory(clock=lambda: now) as clients:
        bus = source(f"{base}/rt", static=f"{base}/gtfs.zip")
        batch = parse(bus, await fetch(bus, clients.context_for(bus)), now)
        assert batch.events[0].title == "r1 · 1"
        assert cause(batch).code == HttpCode.ERROR_STATUS
        zip_status = 200
        for hours in (0.1, 1, 25):
            now = NOW + timedelta(hours=hours)
            assert parse(bus, await fetch(bus, clients.context_for(bus)), now).events[0].title == "44 · 1"
        elsewhere = replace(source(f"{base}/rt", static="http://127.0.0.2:1/gtfs.zip"), fingerprint="other")
        batch = parse(elsewhere, await fetch(elsewhere, clients.context_for(elsewhere)), now)
    assert paths.count("/gtfs.zip") == 3
    assert cause(batch).code == HttpCode.HOST_NOT_ALLOWED


def test_a_shared_feed_of_delays() -> None:
    batch = parsed(shared("gtfs/otp_3b.pb").read_bytes(), delay="late")
    assert (batch.events, {one.series: one.value for one in batch.readings}) == ((), {"late": 330.0})
    assert failures(batch) == [] and batch.complete_kinds == {"vehicle", "alert"}


def test_a_shared_feed_of_a_metro() -> None:
    """Of its 160 vehicles, 71 have the planned departure of a trip that has not begun for a time."""
    batch = parsed(shared("gtfs/1707397157.ace.pb").read_bytes(), delay="late")
    *ahead, delays = failures(batch)
    assert (len(batch.events), len(ahead), len(batch.readings)) == (89, 71, 0)
    assert {one.code for one in ahead} == {GtfsCode.TIME_AFTER_FEED}
    assert delays == Failure(GtfsCode.ONLY_ABSOLUTE_TIMES, {"n": 143})
    assert batch.complete_kinds == {"alert"}


def test_trips_with_absolute_times_only_are_counted_in_one_notice() -> None:
    at = {"time": AT}
    body = feed(
        trip("1", "r1", stopTimeUpdate=[{"arrival": at, "departure": at}]),
        trip("2", "r1", stopTimeUpdate=[{"scheduleRelationship": "SKIPPED", "arrival": at}, {"departure": at}]),
        trip("3", "r1", stopTimeUpdate=[{"arrival": at}, {"arrival": {**at, "delay": 60}}]),
        trip("4", "r1", stopTimeUpdate=[{"scheduleRelationship": "NO_DATA", "arrival": at}]),
        trip("5", "r1"), vehicle(),
    )  # fmt: skip
    batch = parsed(body, delay="late-{route}")
    assert [(one.series, one.value) for one in batch.readings] == [("late-r1", 60)]
    assert failures(batch) == [Failure(GtfsCode.ONLY_ABSOLUTE_TIMES, {"n": 2})]
    assert batch.complete_kinds == {"vehicle", "alert"}  # no event is missing
    assert not parsed(body).rejected_items  # the row asks for no delays


def test_the_shared_feed_without_any_time() -> None:
    with raises_failure(GtfsCode.FEED_TIME_MISSING):
        parsed(shared("gtfs/vehicle_position.pb").read_bytes())


@pytest.mark.parametrize(
    ("name", "routes", "stops", "trips"),
    [("sample-feed-1.zip", 5, 9, 11), ("bullrunner-gtfs-no-shapes.zip", 6, 125, 15), ("empty_feed.zip", 5, 9, 11)],
)
def test_the_shared_timetables(name: str, routes: int, stops: int, trips: int) -> None:
    tables = read_names(ResponsePage(shared(f"gtfs/{name}").read_bytes()))
    assert [len(tables[table]) for table in ("routes", "stops", "trips")] == [routes, stops, trips]
    assert set(tables["trips"].values()) <= set(tables["routes"])


@pytest.mark.parametrize("options", [{"delay": "late-{stop}"}, {"lasting": 1}, {"zone": "Mars"}, {"x": 1}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@given(st.binary() | st.binary(max_size=40).map(lambda one: feed(vehicle()) + one))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = parsed(body, delay="late")
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.integers(-60, 0)))
def test_a_valid_feed_gives_exactly_its_vehicles(ages: dict[str, int]) -> None:
    batch = parsed(feed(*(vehicle(key, timestamp=AT + seconds) for key, seconds in ages.items())))
    assert {one.key: one.observed for one in batch.events} == {
        key: TIME + timedelta(seconds=seconds) for key, seconds in ages.items()
    }


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    documented_source = documented("gtfs_rt", tmp_path)
    batch = parse(documented_source, Payload((ResponsePage(feed(vehicle(), trip("1", "44", delay=60))),)), NOW)
    assert len(batch.events) == 1
    assert {one.series for one in batch.readings} <= set(documented_source.polled_series())


def test_text_that_is_not_utf_8_is_marked_and_costs_nothing_else() -> None:
    # The library writes no such text: other producers do.
    body = feed(vehicle("AAAA", trip={"tripId": "BBBB", "routeId": "CCCC"}), trip("DDDD", "EEEE", delay=60))
    for word in (b"AAAA", b"BBBB", b"CCCC", b"EEEE"):
        body = body.replace(word, b"\xff\xfe\xfd" + word[:1])
    one = row(
        options={"delay": "delay-{route}"}, protocol="gtfs_rt", events=(EventKind("vehicle", LocalizedText("Xe")),)
    )
    batch = parse(one, Payload((ResponsePage(body),)), NOW)
    assert [(event.key, event.facts["trip"]) for event in batch.events] == [("���A", "���B")]
    assert not batch.readings and codes(batch) == [ParseCode.NAME_DAMAGED]  # "delay-e" may be another route
