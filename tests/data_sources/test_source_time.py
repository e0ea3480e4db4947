"""How new an answer is, by the source's own time: the clock of the poll must not make a frozen answer newer."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.data_time import latest_value_time
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, fixture, row
from tests.data_sources.test_contract import CASES, Case
from tests.data_sources.test_unexpected_responses import source_of
from tests.data_sources.transit import AT, feed

AT_9 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
# Protocols of which the fixture states no time for its list of events.
STATES_NO_TIME = {"cameras"}
# How far ahead the values of one answer reach: a forecast becomes a reading when its moment has come.
HORIZONS = {"open_meteo": timedelta(days=1)}


def own_time(batch: Batch) -> datetime | None:
    return batch.source_time or latest_value_time(batch.readings)


def parsed(protocol: str, body: str | bytes, now: datetime = NOW, **options: Any) -> Batch:
    page = ResponsePage(body.encode() if isinstance(body, str) else body)
    return protocols()[protocol].parse(row(options=options, protocol=protocol), Payload((page,)), now)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fixture)
@given(years=st.floats(0, 10))
def test_own_time_of_an_answer_does_not_move_with_the_clock(case: Case, years: float) -> None:
    source, page = source_of(case), fixture(case.fixture)
    parse = protocols()[case.protocol].parse
    time = own_time(parse(source, Payload((page,)), NOW))
    later = own_time(parse(source, Payload((page,)), NOW + timedelta(days=365 * years)))
    if case.protocol in STATES_NO_TIME:
        assert time is None and later is None
    else:
        assert time is not None and later is not None
        assert timedelta(0) <= later - time <= HORIZONS.get(case.protocol, timedelta(0))


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{}</feed>'
RSS = '<rss version="2.0"><channel><title>x</title>{}</channel></rss>'
ITEM = "<item><title>t</title><link>http://a/1</link>{}</item>"
BUILT = "<lastBuildDate>Tue, 24 Nov 2026 16:00:00 +0700</lastBuildDate>"
ALERT = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>s</sender>'
    "<sent>2026-11-24T16:00:00+07:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>{}</alert>"
)
REPORT = {
    "service_request_id": "1",
    "status": "open",
    "service_name": "x",
    "requested_datetime": "2026-11-23T09:00:00Z",
}
WORKS: dict[str, Any] = {"events": {"kind": "works", "key": "{id}", "title": "{id}", "time": "updated"}}
TIMES: list[tuple[str, str, dict[str, Any], datetime | None]] = [
    ("cap", ATOM.format("<updated>2026-11-24T09:00:00Z</updated>"), {}, AT_9),
    ("cap", RSS.format(BUILT), {}, AT_9),
    ("cap", RSS.format("<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>"), {}, AT_9),
    ("cap", RSS.format(""), {}, None),
    ("cap", RSS.format("<lastBuildDate>soon</lastBuildDate>"), {}, None),
    ("cap", ALERT.format(""), {}, AT_9),
    ("rss", RSS.format(BUILT), {}, AT_9),
    ("rss", ATOM.format("<updated>2026-11-24T09:00:00Z</updated>"), {}, AT_9),
    # A channel with the date of its template says less than a newer item.
    ("rss", RSS.format("<pubDate>Mon, 1 Jan 2024 00:00:00 GMT</pubDate>" + ITEM.format(
        "<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate>")), {}, AT_9),
    ("rss", RSS.format(ITEM.format("<pubDate>Tue, 24 Nov 2026 16:00 GMT+7</pubDate>")), {}, AT_9),
    ("rss", RSS.format(ITEM.format("")), {}, None),
    ("rss", RSS.format(ITEM.format("<pubDate>Tue, 24 Nov 2030 09:00:00 GMT</pubDate>")), {}, None),
    ("open311", json.dumps([{**REPORT, "updated_datetime": "2026-11-24T09:00:00Z"}, REPORT]), {}, AT_9),
    ("open311", json.dumps([REPORT]), {}, AT_9 - timedelta(days=1)),
    ("open311", "[]", {}, None),
    ("geojson", '{"type": "FeatureCollection", "timeStamp": "2026-11-24T09:00:00Z", "features": []}', WORKS, AT_9),
    ("geojson", '{"type": "FeatureCollection", "metadata": {"generated": 1795510800000}, "features": []}', WORKS, AT_9),
    ("geojson", '{"type": "FeatureCollection", "metadata": {"generated": 1795510800}, "features": []}', WORKS, AT_9),
    ("geojson", '{"type": "FeatureCollection", "timestamp": 1795510800, "features": []}', WORKS, AT_9),
    ("geojson", '{"type": "FeatureCollection", "generated": "2026-11-24T09:00:00Z", "features": []}', WORKS, AT_9),
    ("geojson", '{"type": "FeatureCollection", "timeStamp": "later", "features": []}', WORKS, None),
    ("geojson", '{"type": "FeatureCollection", "made": 1795510800, "features": []}',
     {**WORKS, "page_time": "made", "time_format": "unix"}, AT_9),
    ("http_json", '[{"id": 1, "updated": "2026-11-24T09:00:00Z"}]', WORKS, None),
    ("http_json", '[{"id": 1, "updated": "2026-11-24T09:00:00Z"}]', {**WORKS, "page_time": "max([].updated)"}, AT_9),
    ("http_json", '{"at": "2026-11-24T09:00:00Z", "items": []}',
     {"page_time": "at", "events": {**WORKS["events"], "items": "items"}}, AT_9),
    ("cameras", '{"at": "2026-11-24T09:00:00Z", "cameras": []}',
     {"page_time": "at", "events": {"items": "cameras", "key": "{id}", "title": "{id}"}}, AT_9),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "body", "options", "time"), TIMES)
def test_list_of_events_is_as_new_as_its_source_states(
    protocol: str, body: str, options: dict[str, Any], time: datetime | None
) -> None:
    assert parsed(protocol, body, **options).source_time == time


@pytest.mark.parametrize(
    ("row_options", "of_events", "hour"),
    [
        ({}, {}, 2),
        ({}, {"zone": "UTC"}, 9),
        ({"zone": "UTC"}, {}, 9),
        ({"zone": "UTC"}, {"zone": "Asia/Tokyo"}, 9),
        ({"zone": "UTC", "series": "a", "value": "v", "items": "items"}, {"zone": "Asia/Tokyo"}, 9),
        ({"series": "a", "value": "v", "items": "items"}, {"zone": "UTC"}, 2),
    ],
)
@pytest.mark.parametrize("protocol", ["http_json", "geojson"])
def test_zone_of_events_holds_for_the_page_time_of_a_row_that_has_nothing_else(
    protocol: str, row_options: dict[str, Any], of_events: dict[str, Any], hour: int
) -> None:
    if protocol == "geojson":
        body = '{"type": "FeatureCollection", "features": [], "timeStamp": "2026-11-24T09:00:00"}'
        options = {**row_options, "events": {**WORKS["events"], **of_events}}
        options.pop("items", None)
    else:
        body = '{"at": "2026-11-24T09:00:00", "items": []}'
        options = {**row_options, "page_time": "at", "events": {**WORKS["events"], "items": "items", **of_events}}
    batch = parsed(protocol, body, **options)
    assert batch.source_time == datetime(2026, 11, 24, hour, tzinfo=UTC)


def test_page_time_of_a_list_of_events_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SourceError) as caught:
        parsed("http_json", "[]", page_time="at", **WORKS)
    assert caught.value.failure.code == MappingCode.PAGE_TIME_MISSING


def test_event_without_a_time_of_its_own_has_that_of_its_page() -> None:
    (event,) = parsed("http_json", '{"at": "2026-11-24T09:00:00Z", "id": 1}', page_time="at", **WORKS).events
    assert event.observed == AT_9


def test_value_of_geojson_without_a_time_of_its_own_has_that_of_the_document() -> None:
    document = {
        "type": "FeatureCollection", "timeStamp": "2026-11-24T09:00:00Z",
        "features": [{"type": "Feature", "properties": {"v": 1}, "geometry": None}],
    }  # fmt: skip
    (reading,) = parsed("geojson", json.dumps(document), series="level", value="properties.v").readings
    assert reading.observed == AT_9


def test_vehicles_and_none_of_them_are_as_new_as_the_header() -> None:
    time = datetime.fromtimestamp(AT, UTC)
    assert (
        parsed("gtfs_rt", feed()).source_time
        == parsed("gtfs_rt", feed(), NOW + timedelta(days=900)).source_time
        == time
    )


def test_picture_is_as_old_as_its_server_says_and_the_newest_makes_the_age_of_all() -> None:
    cameras = [{"key": key, "name": key, "snapshot": f"/{key}.jpg"} for key in "ab"]
    source = row(options={"cameras": cameras}, protocol="cameras")

    def picture(key: str, age: timedelta | None) -> ResponsePage:
        return ResponsePage(b"\xff\xd8\xff" + key.encode(), "picture", "", key, age=age)

    def batch(*pictures: ResponsePage) -> Batch:
        return protocols()["cameras"].parse(source, Payload((ResponsePage(orjson.dumps(cameras)), *pictures)), NOW)

    hour = timedelta(hours=1)
    frozen = batch(picture("a", 3 * hour), picture("b", 2 * hour))
    assert frozen.source_time == NOW - 2 * hour
    assert [image.taken_at for image in frozen.camera_images] == [NOW - 3 * hour, NOW - 2 * hour]
    assert batch(picture("a", 3 * hour), picture("b", None)).source_time is None


@pytest.mark.parametrize("protocol", ["webhook", "mqtt"])
def test_pushed_events_without_a_time_are_as_new_as_their_receipt(protocol: str) -> None:
    options: dict[str, Any] = {"push_token": "${TOKEN}"} if protocol == "webhook" else {"topics": ["x"]}
    events = {"kind": "works", "key": "{id}", "title": "{id}"}
    source = row(options={"events": events, **options}, protocol=protocol)
    page = ResponsePage(b'{"id": 1}', received_at=AT_9)
    if protocol == "mqtt":
        assert (
            protocols()[protocol].parse(source, Payload((replace(page, received_at=None),)), AT_9).source_time == AT_9
        )
    else:
        assert protocols()[protocol].parse(source, Payload((page,)), NOW).source_time == AT_9


OWN_TIME: list[tuple[str, dict[str, Any], bool]] = [
    ("http_json", {"series": "a", "value": "v", "time": "t"}, True),
    ("http_json", {"series": "a", "value": "v", "page_time": "t"}, True),
    ("http_json", {"series": "a", "value": "v"}, False),
    ("http_json", WORKS, False),
    ("http_json", {**WORKS, "page_time": "t"}, True),
    ("mqtt", {"topics": ["x"], "series": "a", "value": "v"}, False),
    ("mqtt", {"topics": ["x"], "format": "senml"}, True),
    ("ngsi", {"values": {"a": "b"}}, True),
    ("ngsi", {"values": {"a": "b"}, "time": ""}, False),
    ("prometheus", {"queries": {"a": "up[2m]"}}, True),
    ("prometheus", {"queries": {"a": "up[2m] offset 1h"}}, True),
    ("prometheus", {"queries": {"a": "up[2m]", "b": "rate(x[5m])"}}, False),
    ("prometheus", {"queries": {"a": "up[2m] @ end() offset -1h"}}, True),
    ("prometheus", {"queries": {"a": "up[10m:1m]"}}, False),
    ("prometheus", {"queries": {"a": "rate(x[5m] offset 1h)"}}, False),
    ("prometheus", {"queries": {"a": "up"}, "minutes": 10}, False),
    ("sensorthings", {}, True),
    ("gtfs_rt", {}, True),
]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"series": "a", "value": "v"}, True),
        ({"series": "a", "value": "v", "time": "t"}, False),
        ({"series": "a", "value": "v", "page_time": "t"}, False),
        (WORKS, True),
    ],
)
def test_a_row_of_geojson_says_whether_its_answers_may_lack_a_time(options: dict[str, Any], expected: bool) -> None:
    made = protocols()["geojson"].Options.model_validate(options)
    assert made.has_own_time and made.may_lack_time is expected


@pytest.mark.parametrize(("protocol", "options", "expected"), OWN_TIME)
def test_row_says_whether_its_answers_state_their_time(protocol: str, options: dict[str, Any], expected: bool) -> None:
    assert protocols()[protocol].Options.model_validate(options).has_own_time is expected


@pytest.mark.parametrize("path", ["max(data[].t)", "data[0].t", "data[-1].t", "sort_by(data, &t)[-1].t"])
def test_time_computed_from_an_empty_list_is_none_and_the_list_ends_its_events(path: str) -> None:
    events = {**WORKS["events"], "items": "data", "complete": True}
    batch = parsed("http_json", '{"data": []}', page_time=path, events=events)
    assert batch.source_time is None and batch.complete_kinds and not batch.rejected_items
    with pytest.raises(SourceError):
        parsed("http_json", '{"data": [{"id": 1}]}', page_time=path, events=events)
