"""GeoJSON: features into events and readings, the traps of the format, broken and hostile answers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources.geojson import Options, fetch, parse
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import EventStage
from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, door, fixture, row, serving, shared

EVENTS = {
    "kind": "roadwork",
    "key": "{id}",
    "title": "{properties.road}: {properties.what}",
    "time": "properties.updated",
    "expires": "properties.until",
    "word": "properties.status",
    "words": {"đang thi công": "open", "xong": "closed", "ngập": {"severity": "attention"}},
    "facts": {"lanes": "properties.lanes"},
    "whole": True,
}


def feature(key: Any = 1, geometry: Any = None, **properties: Any) -> dict[str, Any]:
    told = {"road": "QL1", "what": "sửa mặt đường", "updated": "2026-11-24T09:00:00Z", "status": "đang thi công"}
    return {"type": "Feature", "id": key, "properties": {**told, **properties}, "geometry": geometry}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def parsed(body: Any, charset: str = "", **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode(), "", charset)
    return parse(row(options=options or {"events": EVENTS}), Payload((page,)), NOW)


def test_the_fixture_of_works_closures_and_flooded_places() -> None:
    batch = parse(row(options={"events": EVENTS}), Payload((fixture("geojson.json"),)), NOW)
    found = {one.key: one for one in batch.events}
    assert list(found) == ["w-1", "w-2", "w-3", "w-4"]
    assert (found["w-1"].title, found["w-1"].facts) == ("Đường 3/2: lắp cống", {"lanes": "1"})
    assert found["w-2"].area is not None and len(found["w-2"].area.rings[0]) == 3
    assert (found["w-2"].stage, found["w-3"].severity) == (EventStage.CLOSED, Severity.ATTENTION)
    assert found["w-3"].expires == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert found["w-4"].area is None
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("features[7]", "this is no Feature but 'Featre'"),
        ("items[4]", "longitude and latitude are swapped: 10.03, 105.78"),
        ("items[5]", "a ring is not closed: its last corner is not its first"),
        ("items[6]", "coordinates are not two numbers: [105.7, '10.0']"),
    ]
    assert batch.complete_kinds == frozenset()


POINT = {"type": "Point", "coordinates": [105.78, 10.03]}
FIELD = [[105.7, 10.0], [105.8, 10.0], [105.8, 10.1], [105.7, 10.0]]


@pytest.mark.parametrize("geometry", [POINT, None, {"type": "Polygon", "coordinates": [FIELD]}])
def test_a_feature_that_a_file_holds_twice_is_one_event(geometry: Any) -> None:
    one = feature("a", geometry)
    other_order = dict(reversed(one.items()))
    batch = parsed(collection(one, other_order, feature("b", geometry, road="QL91")))
    assert [event.key for event in batch.events] == ["a", "b"] and batch.duplicate_count == 1


def test_of_two_features_with_one_id_the_newer_holds_and_of_equally_new_ones_the_last() -> None:
    older = feature("a", POINT, updated="2026-11-24T08:00:00Z", lanes="1")
    moved = {"type": "Point", "coordinates": [105.7800001, 10.03]}
    for told, lanes in (((feature("a", POINT, lanes="2"), older), "2"), ((older, feature("a", POINT, lanes="2")), "2")):
        batch = parsed(collection(*told))
        assert [event.facts for event in batch.events] == [{"lanes": lanes}] and batch.duplicate_count == 1
    batch = parsed(collection(feature("a", POINT), feature("a", moved)))
    assert [event.area.lon for event in batch.events if event.area] == [105.7800001]


def test_an_outline_that_a_portal_lists_again_under_another_number_is_one_event_but_two_points_are_two() -> None:
    outline = {"type": "LineString", "coordinates": FIELD[:3]}
    for told in ((feature(7, outline), feature(6, outline)), (feature(6, outline), feature(7, outline))):
        batch = parsed(collection(*told))
        assert [event.key for event in batch.events] == ["6"] and batch.duplicate_count == 1
    assert len(parsed(collection(feature(6, outline), feature(7, outline, lanes="1"))).events) == 2
    assert len(parsed(collection(feature(6, POINT), feature(7, POINT))).events) == 2


def test_a_polygon_that_stands_twice_in_a_geometry_is_drawn_once() -> None:
    twice = {"type": "MultiPolygon", "coordinates": [[FIELD], [FIELD]]}
    (event,) = parsed(collection(feature("a", twice))).events
    assert event.area is not None and len(event.area.rings) == 1


def test_features_may_bring_readings() -> None:
    gauge = feature(level="1,85", code="Cần Thơ")
    options = {
        "series": "level-{properties.code}", "value": "properties.level", "decimal": ",", "unit": "m",
        "time": "properties.updated",
    }  # fmt: skip
    batch = parsed(collection(gauge, feature(code="B", level="x")), **options)
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [("level-can-tho", 1.85, "m")]
    assert [one.location for one in batch.rejected_items] == ["items[1].properties.level"]


def test_a_single_feature_and_a_bare_geometry_are_documents_too() -> None:
    assert [one.key for one in parsed(feature("a")).events] == ["a"]
    assert parsed({"type": "Point", "coordinates": [105, 10]}).rejected_items[0].failure == "id is missing"


def test_nothing_to_tell_is_an_answer_and_ends_what_stood() -> None:
    batch = parsed(collection())
    assert batch == Batch(complete_kinds=frozenset({"roadwork"}))


def test_what_the_server_left_out_is_said_and_ends_nothing() -> None:
    for more in (
        {"exceededTransferLimit": True},
        {"properties": {"exceededTransferLimit": True}},
        {"links": [{"rel": "next", "href": "?page=2"}]},
    ):
        batch = parsed(collection(feature(), **more))
        assert (len(batch.events), len(batch.rejected_items), batch.complete_kinds) == (1, 1, frozenset())


def test_html_in_a_text_stays_text() -> None:
    (event,) = parsed(collection(feature(what="<script>alert(1)</script>"))).events
    assert event.title == "QL1: <script>alert(1)</script>"


def test_a_clock_a_day_ahead_is_not_admitted_a_day_behind_is() -> None:
    told = [(NOW + timedelta(days=days)).isoformat() for days in (1, -1)]
    batch = parsed(collection(*(feature(n, updated=one) for n, one in enumerate(told))))
    good, refused = admit_events(batch.events, {"roadwork"}, NOW)
    assert [one.key for one in good] == ["1"]
    assert "lies ahead" in refused[0].failure


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_unicode_is_read_whatever_is_claimed(charset: str) -> None:
    text = json.dumps(collection(feature()), ensure_ascii=False)
    assert parsed(text.encode(charset), "iso-8859-1").events[0].title == "QL1: sửa mặt đường"


def test_windows_1258_is_read_with_its_tones_in_place() -> None:
    # That charset has ư and đ, but writes the tones as signs of their own.
    text = json.dumps(collection(feature(what="mă\u0323t đươ\u0300ng", status="xong")), ensure_ascii=False)
    assert parsed(text.encode("cp1258"), "windows-1258").events[0].title == "QL1: mặt đường"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<!doctype html><p>login", "HTML"),
        (b'{"type": "FeatureCollection", "features": [', "not JSON"),
        (b"[" * 10_000, "too deep"),
        (b"[]", "no GeoJSON type"),
        (b"{}", "no GeoJSON type"),
        (b'{"type": ["Feature"]}', "no GeoJSON type"),
        (b'{"type": "FeatureCollection"}', "features is not a list"),
        (b'{"type": "FeatureCollection", "features": {}}', "features is not a list"),
        (b'{"geometryType": "esriGeometryPoint", "spatialReference": {}, "features": []}', "f=geojson"),
        (b'{"type": "Feature", "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}}', "EPSG::9210: right"),
    ],
)
def test_answers_of_which_nothing_can_be_made(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parsed(body)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_a_named_wgs_84_is_right(name: str) -> None:
    assert parsed(collection(feature(), crs={"type": "name", "properties": {"name": name}})).events


@pytest.mark.parametrize(
    "options", [{}, {"events": {**EVENTS, "lon": "a", "lat": "b"}}, {"events": EVENTS, "pages": 0}]
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


async def test_pages_are_followed_and_a_page_that_did_not_move_is_the_one_held() -> None:
    second, asked = collection(feature(2)), []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.query_string)
        if request.query.get("page") == "2":
            body = json.dumps(second)
        else:
            body = json.dumps(collection(feature(1), links=[{"rel": "next", "href": "?page=2"}]))
        tag = str(abs(hash(body)))
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(text=body, headers={"ETag": tag})

    async with serving(handler) as base, door() as way:
        source = row(f"{base}/works", {"events": EVENTS, "params": {"f": "json"}})
        first = await fetch(source, way.context_for(source))
        assert [one.key for one in parse(source, first, NOW).events] == ["1", "2"]
        assert parse(source, first, NOW).complete_kinds == {"roadwork"}
        assert (await fetch(source, way.context_for(source))).is_unchanged
        second = collection(feature(3))
        assert [one.key for one in parse(source, await fetch(source, way.context_for(source)), NOW).events] == [
            "1",
            "3",
        ]
    assert asked == ["f=json", "page=2"] * 3


async def test_pages_end_at_the_rows_bound_and_go_in_no_circle() -> None:
    async def handler(request: web.Request) -> web.Response:
        n = int(request.query.get("n", 0))
        return web.json_response(collection(feature(n), links=[{"rel": "next", "href": f"?n={(n + 1) % 5}"}]))

    async with serving(handler) as base, door() as way:
        bounded = row(base, {"events": EVENTS, "pages": 3})
        batch = parse(bounded, await fetch(bounded, way.context_for(bounded)), NOW)
        assert (len(batch.events), batch.complete_kinds) == (3, frozenset())
        assert "more pages than the row allows" in batch.rejected_items[-1].failure
        circle = row(f"{base}/?n=0", {"events": EVENTS}, key="b")
        assert len((await fetch(circle, way.context_for(circle))).pages) == 5


async def test_a_next_link_to_another_origin_is_refused() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(collection(links=[{"rel": "next", "href": "http://169.254.169.254/latest"}]))

    async with serving(handler) as base, door() as way:
        source = row(base, {"events": EVENTS})
        with pytest.raises(SourceError, match=r"169\.254\.169\.254 is not a host of this source"):
            await fetch(source, way.context_for(source))


@pytest.mark.parametrize(
    ("name", "events", "refused"),
    [
        ("good_good-featurecollection", 3, []),
        ("good_multipolygon", 1, []),
        ("items", 9, []),
        ("bad_nofeaturetype", 0, ["this is no Feature but 'Featre'"]),
        ("bad_stringcoord", 1, ["coordinates are not two numbers: [-100.8984375, '39.36827914916011']"]),
        ("bad_bad-polygonloop", 0, ["coordinates are a float where a list is due"]),
    ],
)
def test_the_shared_files(name: str, events: int, refused: list[str]) -> None:
    page = ResponsePage(shared(f"geojson/{name}.geojson").read_bytes())
    options = {"events": {"kind": "place", "key": "{type}", "title": "{type}"}}
    batch = parse(row(options=options), Payload((page,)), NOW)
    # None of them has a number: by this key all are one.
    assert (len(batch.events) + batch.duplicate_count, [one.failure for one in batch.rejected_items]) == (
        events,
        refused,
    )
    assert all(one.area is not None for one in batch.events)


def test_every_shared_file_is_named_above() -> None:
    assert len(list(shared("geojson").glob("*"))) == 6


WORDS = st.text(max_size=6)
LEAVES = st.none() | st.booleans() | st.floats() | st.integers() | WORDS
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "features", "geometry", "coordinates", "properties", "id", "crs", "links"]), inner
        )
    ),
    max_leaves=20,
)


def collected(one: Any) -> dict[str, Any]:
    return collection(one, {"type": "Feature", "geometry": one})


@given(st.binary() | (TREES | TREES.map(collected)).map(lambda one: json.dumps(one).encode()))
def test_any_bytes_give_a_batch_or_a_reason(body: bytes) -> None:
    try:
        batch = parsed(body)
    except SourceError as error:
        assert 0 < len(error.failure) < 300
    else:
        assert all(one.failure for one in batch.rejected_items)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.tuples(st.floats(104, 107), st.floats(8, 11)), max_size=6
    )
)
def test_good_documents_give_exactly_their_events(places: dict[str, tuple[float, float]]) -> None:
    features = [feature(key, {"type": "Point", "coordinates": list(at)}) for key, at in places.items()]
    batch = parsed(collection(*features))
    assert {one.key: (one.area.lon, one.area.lat) for one in batch.events if one.area} == places
    assert batch.rejected_items == ()


def test_the_row_of_the_page_is_read_as_it_stands(tmp_path: Path) -> None:
    source = documented("geojson", tmp_path)
    told = {"until": "2026-12-01T17:00:00+07:00", "lanes": 2}
    batch = parse(source, Payload((ResponsePage(json.dumps(collection(feature(**told))).encode()),)), NOW)
    good, refused = admit_events(batch.events, {one.key for one in source.events}, NOW)
    assert [(one.title, one.facts, one.expires) for one in good] == [
        ("QL1: sửa mặt đường", {"lanes": "2"}, datetime(2026, 12, 1, 10, tzinfo=UTC))
    ]
    assert (refused, batch.rejected_items) == ((), ())
