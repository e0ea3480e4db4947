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

from data_sources._http.errors import HttpCode
from data_sources._mapping.errors import GeometryCode, MappingCode
from data_sources.geojson import GeoJsonCode, Options, fetch, parse
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import EventStage
from ioc.domain.events.validation import EventCode
from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared

EVENTS = {
    "kind": "roadwork",
    "key": "{id}",
    "title": "{properties.road}: {properties.what}",
    "time": "properties.updated",
    "expires": "properties.until",
    "word": "properties.status",
    "words": {"đang thi công": "open", "xong": "closed", "ngập": {"severity": "attention"}},
    "facts": {"lanes": "properties.lanes"},
    "complete": True,
}


def feature(key: Any = 1, geometry: Any = None, **properties: Any) -> dict[str, Any]:
    defaults = {"road": "QL1", "what": "sửa mặt đường", "updated": "2026-11-24T09:00:00Z", "status": "đang thi công"}
    return {"type": "Feature", "id": key, "properties": {**defaults, **properties}, "geometry": geometry}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def parsed(body: Any, charset: str = "", **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode(), "", charset)
    return parse(row(options=options or {"events": EVENTS}), Payload((page,)), NOW)


def test_the_fixture_of_works_closures_and_flooded_places() -> None:
    options = {"events": {**EVENTS, "zone": "Asia/Ho_Chi_Minh"}}  # of times without one, which stand beside others
    batch = parse(row(options=options), Payload((fixture("geojson.json"),)), NOW)
    events = {event.key: event for event in batch.events}
    assert list(events) == ["w-1", "w-2", "w-3", "w-4"]
    assert (events["w-1"].title, events["w-1"].facts) == ("Đường 3/2: lắp cống", {"lanes": "1"})
    assert events["w-2"].area is not None and len(events["w-2"].area.rings[0]) == 3
    assert (events["w-2"].stage, events["w-3"].severity) == (EventStage.CLOSED, Severity.ATTENTION)
    assert events["w-3"].expires == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert events["w-4"].area is None
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("features[7]", GeoJsonCode.NOT_A_FEATURE),
        ("items[4]", GeometryCode.SWAPPED),
        ("items[5]", GeometryCode.RING_OPEN),
        ("items[6]", GeometryCode.NOT_TWO_NUMBERS),
    ]
    assert batch.complete_kinds == frozenset()


POINT = {"type": "Point", "coordinates": [105.78, 10.03]}
FIELD = [[105.7, 10.0], [105.8, 10.0], [105.8, 10.1], [105.7, 10.0]]


@pytest.mark.parametrize("geometry", [POINT, None, {"type": "Polygon", "coordinates": [FIELD]}])
def test_a_feature_that_a_file_holds_twice_is_one_event(geometry: Any) -> None:
    one = feature("a", geometry)
    other_order = dict(reversed(one.items()))
    features = (one, other_order, feature("b", geometry, road="QL91"))
    valid, rejected = admit_events(parsed(collection(*features)).events, {"roadwork"}, NOW, id_key=b"key")
    assert [event.key for event in valid] == ["a", "b"] and not rejected


def test_of_two_features_with_one_id_the_newer_counts() -> None:
    older, newer = feature("a", POINT, updated="2026-11-24T08:00:00Z", lanes="1"), feature("a", POINT, lanes="2")
    for features in ((newer, older), (older, newer)):
        valid, rejected = admit_events(parsed(collection(*features)).events, {"roadwork"}, NOW, id_key=b"key")
        assert [event.facts for event in valid] == [{"lanes": "2"}] and not rejected


def test_different_features_with_one_id_and_time_are_all_rejected() -> None:
    features = (feature("a", POINT), feature("a", POINT, lanes="3"), feature("a", None))
    valid, rejected = admit_events(parsed(collection(*features)).events, {"roadwork"}, NOW, id_key=b"key")
    assert not valid and [item.failure.code for item in rejected] == [EventCode.STATES_DIFFER] * 3


def test_a_repeated_outline_with_another_id_is_one_event_but_points_are_two() -> None:
    outline = {"type": "LineString", "coordinates": FIELD[:3]}
    for features in ((feature(7, outline), feature(6, outline)), (feature(6, outline), feature(7, outline))):
        batch = parsed(collection(*features))
        assert [event.key for event in batch.events] == ["6"] and batch.duplicate_count == 1
    assert len(parsed(collection(feature(6, outline), feature(7, outline, lanes="1"))).events) == 2
    assert len(parsed(collection(feature(6, POINT), feature(7, POINT))).events) == 2


def test_a_polygon_that_a_geometry_has_twice_is_one_ring() -> None:
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
    point = {"type": "Point", "coordinates": [105, 10]}
    with raises_failure(GeoJsonCode.GEOMETRY_ALONE, kind="Point"):
        parsed(point)
    batch = parsed(point, events={"kind": "roadwork", "key": "bridge", "title": "Cầu"})
    assert [one.key for one in batch.events] == ["bridge"] and not batch.rejected_items


def test_facts_that_are_objects_are_said_once_and_the_events_stay() -> None:
    owner = {"name": "Sở Xây dựng"}
    features = [
        feature("a", owner=owner, lanes=[1, 2]),
        feature("b", owner=owner, lanes=[[1], 2]),
        feature("c", owner={}),
    ]
    facts = {"owner": "properties.owner", "lanes": "properties.lanes", "name": "properties.owner.name"}
    batch = parsed(collection(*features), events={**EVENTS, "facts": facts, "complete": True})
    assert [(one.key, dict(one.facts)) for one in batch.events] == [
        ("a", {"lanes": "1, 2", "name": "Sở Xây dựng"}), ("b", {"lanes": "2", "name": "Sở Xây dựng"}), ("c", {}),
    ]  # fmt: skip
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("items[0]", Failure(MappingCode.OBJECT_LEFT_OUT, {"path": "properties.owner"})),
        ("items[1]", Failure(MappingCode.OBJECT_LEFT_OUT, {"path": "properties.lanes"})),
    ]
    assert batch.complete_kinds == {"roadwork"}


def test_an_empty_collection_ends_all_events() -> None:
    batch = parsed(collection())
    assert batch == Batch(complete_kinds=frozenset({"roadwork"}))


def test_an_incomplete_answer_is_reported_and_ends_no_event() -> None:
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


def test_an_event_of_tomorrow_is_rejected_and_of_yesterday_accepted() -> None:
    times = [(NOW + timedelta(days=days)).isoformat() for days in (1, -1)]
    batch = parsed(collection(*(feature(n, updated=one) for n, one in enumerate(times))))
    good, refused = admit_events(batch.events, {"roadwork"}, NOW, id_key=b"key")
    assert [one.key for one in good] == ["1"]
    assert len(refused) == 1


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_unicode_is_read_whatever_is_claimed(charset: str) -> None:
    text = json.dumps(collection(feature()), ensure_ascii=False)
    assert parsed(text.encode(charset), "iso-8859-1").events[0].title == "QL1: sửa mặt đường"


def test_windows_1258_is_read_with_its_tones_in_place() -> None:
    # That charset has ư and đ, but writes the tones as signs of their own.
    text = json.dumps(collection(feature(what="mă\u0323t đươ\u0300ng", status="xong")), ensure_ascii=False)
    assert parsed(text.encode("cp1258"), "windows-1258").events[0].title == "QL1: mặt đường"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b"<!doctype html><p>login", DecodingCode.HTML),
        (b'{"type": "FeatureCollection", "features": [', DecodingCode.NOT_JSON),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b"[]", GeoJsonCode.NOT_GEOJSON),
        (b"{}", GeoJsonCode.NOT_GEOJSON),
        (b'{"type": ["Feature"]}', GeoJsonCode.NOT_GEOJSON),
        (b'{"type": "FeatureCollection"}', GeoJsonCode.FEATURES_NOT_A_LIST),
        (b'{"type": "FeatureCollection", "features": {}}', GeoJsonCode.FEATURES_NOT_A_LIST),
        (b'{"geometryType": "esriGeometryPoint", "spatialReference": {}, "features": []}', GeoJsonCode.ESRI_JSON),
        (b'{"type": "Feature", "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}}', GeoJsonCode.WRONG_CRS),
    ],
)
def test_an_answer_that_is_no_geojson_in_wgs_84_is_an_error(body: bytes, code: ErrorCode) -> None:
    with raises_failure(code):
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


async def test_all_pages_are_fetched_and_unchanged_ones_come_from_the_memory() -> None:
    second, queries = collection(feature(2)), []

    async def handler(request: web.Request) -> web.Response:
        queries.append(request.query_string)
        if request.query.get("page") == "2":
            body = json.dumps(second)
        else:
            body = json.dumps(collection(feature(1), links=[{"rel": "next", "href": "?page=2"}]))
        tag = str(abs(hash(body)))
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(text=body, headers={"ETag": tag})

    async with serving(handler) as base, client_factory() as clients:
        source = row(f"{base}/works", {"events": EVENTS, "params": {"f": "json"}})
        first = await fetch(source, clients.context_for(source))
        assert [one.key for one in parse(source, first, NOW).events] == ["1", "2"]
        assert parse(source, first, NOW).complete_kinds == {"roadwork"} and first.is_paged
        assert (await fetch(source, clients.context_for(source))).is_unchanged
        second = collection(feature(3))
        assert [one.key for one in parse(source, await fetch(source, clients.context_for(source)), NOW).events] == [
            "1",
            "3",
        ]
    assert queries == ["f=json", "page=2"] * 3


async def test_pages_end_at_the_limit_and_at_a_repeated_address() -> None:
    async def handler(request: web.Request) -> web.Response:
        n = int(request.query.get("n", 0))
        return web.json_response(collection(feature(n), links=[{"rel": "next", "href": f"?n={(n + 1) % 5}"}]))

    async with serving(handler) as base, client_factory() as clients:
        bounded = row(base, {"events": EVENTS, "pages": 3})
        batch = parse(bounded, await fetch(bounded, clients.context_for(bounded)), NOW)
        assert (len(batch.events), batch.complete_kinds) == (3, frozenset())
        assert codes(batch) == [IngestCode.MORE_PAGES]
        circle = row(f"{base}/?n=0", {"events": EVENTS}, key="b")
        assert len((await fetch(circle, clients.context_for(circle))).pages) == 5


async def test_a_next_link_to_another_origin_is_refused() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(collection(links=[{"rel": "next", "href": "http://169.254.169.254/latest"}]))

    async with serving(handler) as base, client_factory() as clients:
        source = row(base, {"events": EVENTS})
        with raises_failure(HttpCode.HOST_NOT_ALLOWED, host="169.254.169.254"):
            await fetch(source, clients.context_for(source))


async def test_a_next_link_to_another_host_of_the_row_is_followed() -> None:
    async def last(_request: web.Request) -> web.Response:
        return web.json_response(collection(feature(2)))

    async with serving(last) as other:

        async def first(_request: web.Request) -> web.Response:
            return web.json_response(collection(feature(1), links=[{"rel": "next", "href": f"{other}/x"}]))

        async with serving(first) as base, client_factory() as clients:
            source = row(base, {"events": EVENTS}, allowed_hosts=(other.removeprefix("http://").rstrip("/"),))
            assert len((await fetch(source, clients.context_for(source))).pages) == 2


@pytest.mark.parametrize(
    ("name", "events", "rejected"),
    [
        ("good_good-featurecollection", 3, []),
        ("good_multipolygon", 1, []),
        ("items", 9, []),
        ("bad_nofeaturetype", 0, [GeoJsonCode.NOT_A_FEATURE]),
        ("bad_stringcoord", 1, [GeometryCode.NOT_TWO_NUMBERS]),
        ("bad_bad-polygonloop", 0, [GeometryCode.NOT_A_LIST]),
    ],
)
def test_recorded_file_gives_events_with_areas_and_names_its_faults(
    name: str, events: int, rejected: list[str]
) -> None:
    page = ResponsePage(shared(f"geojson/{name}.geojson").read_bytes())
    options = {"events": {"kind": "place", "key": "{type}", "title": "{type}"}}
    batch = parse(row(options=options), Payload((page,)), NOW)
    # The features have no id: with this key all are one event.
    assert (len(batch.events) + batch.duplicate_count, codes(batch)) == (events, rejected)
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
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = parsed(body)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)


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


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("geojson", tmp_path)
    details = {"until": "2026-12-01T17:00:00+07:00", "lanes": 2}
    batch = parse(source, Payload((ResponsePage(json.dumps(collection(feature(**details))).encode()),)), NOW)
    good, refused = admit_events(batch.events, {one.key for one in source.events}, NOW, id_key=b"key")
    assert [(one.title, one.facts, one.expires) for one in good] == [
        ("QL1: sửa mặt đường", {"lanes": "2"}, datetime(2026, 12, 1, 10, tzinfo=UTC))
    ]
    assert (refused, batch.rejected_items) == ((), ())
