"""A list of which only the first page came: it is said, and nothing is counted over it."""

import json
from typing import Any

import pytest
from aiohttp import web

from data_sources import geojson, http_json, openaq, sensorthings, webhook
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import CUT_CODES, IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.schema_drift import SchemaProfile, check_drift
from tests.data_sources.failures import failures
from tests.data_sources.server import NOW, client_factory, row, serving, shared

ITEMS = [{"id": "a", "v": 1}, {"id": "b", "v": 2}]
VALUES = {"items": "data", "series": "{id}", "value": "v"}
CONTINUES = [Failure(IngestCode.LIST_CONTINUES, {"read": 2})]
PAGE_2 = "https://x.example/?page=2"


def cut(total: int) -> list[Failure]:
    return [Failure(IngestCode.LIST_CUT, {"read": 2, "total": total})]


def read(document: Any, options: dict[str, Any] = VALUES, **header: Any) -> Batch:
    page = ResponsePage(json.dumps(document).encode(), **header)
    return http_json.parse(row(options=options), Payload((page,)), NOW)


FURTHER_PAGES: list[dict[str, Any]] = [
    {"@iot.nextLink": PAGE_2}, {"@odata.nextLink": PAGE_2}, {"next": PAGE_2}, {"next": "/x?page=2"},
    {"next": "?page=2"}, {"next": {"href": PAGE_2}},
    {"links": [{"rel": "self", "href": "/"}, {"rel": "next", "href": "?page=2"}]},
    {"links": {"next": PAGE_2}}, {"_links": {"next": {"href": PAGE_2}}}, {"paging": {"next": PAGE_2}},
    {"nextPageToken": "CAUQ"}, {"pageInfo": {"hasNextPage": True}}, {"has_more": True}, {"exceededTransferLimit": True},
    {"properties": {"exceededTransferLimit": True}}, {"hydra:view": {"hydra:next": "/x?page=2"}},
    {"meta": {"found": ">1000"}}, {"data@iot.nextLink": PAGE_2},
    {"_links": [{"rel": "next", "href": PAGE_2}]}, {"next_page_url": PAGE_2}, {"meta": {"next_page_url": PAGE_2}},
    {"current_page": 1, "last_page": 5}, {"meta": {"current_page": 1, "last_page": 5}}, {"page": 1, "totalPages": 5},
    {"number": 0, "totalPages": 2}, {"last": False, "first": True}, {"more": True}, {"truncated": True},
    {"isTruncated": True}, {"continuationToken": "abc"}, {"LastEvaluatedKey": {"id": "b"}}, {"offset": "itrAB/recCD"},
    {"page": 1, "pages": 3}, {"currentPage": 1, "totalPage": 3}, {"pageNo": 1, "pageSize": 2, "totalPage": 3},
    {"page": "1", "totalPages": "3"}, {"nextPage": 2}, {"next_page": 2, "page": 1}, {"nextOffset": 100},
    {"next_link": PAGE_2}, {"__next": PAGE_2}, {"NextMarker": "abc"}, {"next_cursor": 17}, {"nextToken": "17"},
    {"response_metadata": {"next_cursor": "abc"}}, {"isLast": False}, {"isLastPage": False}, {"is_end": False},
    {"HasMoreItems": True}, {"moreData": True}, {"has_more": "true"}, {"HasNextPage": True},
    {"link": [{"relation": "next", "url": PAGE_2}]}, {"info": {"next": PAGE_2}}, {"count": 2, "page": 1, "pages": 3},
    {"Meta": {"NextPageToken": "CAUQ"}}, {"meta": {"pagination": {"page": 1, "pageCount": 3}}},
]  # fmt: skip
TOTALS: list[dict[str, Any]] = [
    {"@iot.count": 9}, {"count": 9}, {"total": 9}, {"totalCount": 9}, {"numberMatched": 9}, {"totalFeatures": 9},
    {"meta": {"found": 9}}, {"meta": {"pagination": {}, "total": 9}}, {"page": {"totalElements": 9}},
    {"totalRecords": 9}, {"total_records": 9}, {"nhits": 9}, {"nbHits": 9}, {"totalHits": 9}, {"total_rows": 9},
    {"tongSo": 9}, {"total": {"value": 9, "relation": "eq"}},
    {"count": 9, "next": PAGE_2}, {"data@iot.count": 9}, {"hydra:totalItems": 9}, {"context": {"matched": 9}},
    {"Total": 9}, {"TotalCount": 9}, {"TotalRecord": 9}, {"total": "9"}, {"totalCount": "9"}, {"count": "9"},
    {"totalItem": 9}, {"totalRow": 9}, {"totalElement": 9}, {"recordCount": 9}, {"row_count": 9}, {"result_count": 9},
    {"num_results": 9}, {"totalSize": 9}, {"tongBanGhi": 9}, {"pager": {"total": 9}}, {"paginator": {"total": 9}},
    {"phanTrang": {"tong": 9}}, {"metadata": {"resultset": {"count": 9}}}, {"meta": {"pagination": {"total": 9}}},
    {"recordsTotal": 50, "recordsFiltered": 9},
]  # fmt: skip
WHOLE: list[dict[str, Any]] = [
    {"next": None, "count": 2}, {"next": ""}, {"next": "2026-11-24T12:00:00Z"}, {"next": 7}, {"links": []},
    {"links": {"next": None}}, {"_links": {"self": {"href": PAGE_2}}}, {"total": 2}, {"count": True},
    {"total": 9.5}, {"hasNextPage": False}, {"exceededTransferLimit": False}, {"other": {"count": 9}}, {"total": 1},
    {"current_page": 5, "last_page": 5}, {"page": 0, "totalPages": 1}, {"number": 1, "totalPages": 2},
    {"last": True, "first": False}, {"last": False}, {"more": False}, {"truncated": False}, {"LastEvaluatedKey": {}},
    {"offset": 0}, {"offset": "100"}, {"_links": [{"rel": "self", "href": PAGE_2}]}, {"next_page_url": None},
    {"total": {"value": 2}}, {"totalPages": 5},
    {"offset": "+07:00"}, {"offset": "-1"}, {"meta": {"offset": "Asia/Ho_Chi_Minh"}}, {"offset": "UTC+7"}, {"page": 1},
    {"page": "1", "pageSize": "50", "total": "2"}, {"page": 0, "pages": 3, "total": 2}, {"nextPage": None},
    {"nextPage": 0}, {"nextPage": 1, "page": 1}, {"nextOffset": 0}, {"nextOffset": 2, "count": 2}, {"isLast": True},
    {"next_cursor": "0"}, {"next_cursor": -1}, {"nextToken": ""}, {"cursor": "abc"}, {"tong": 9}, {"data_count": 9},
    {"recordsTotal": 9, "recordsFiltered": 2}, {"has_more": "false"}, {"soLuong": 9}, {"total": "9 m³"},
    {"link": [{"relation": "self", "url": PAGE_2}]}, {"totalVolume": 900}, {"pages": 3},
]  # fmt: skip


@pytest.mark.parametrize("marks", FURTHER_PAGES, ids=str)
@pytest.mark.parametrize("path", ["data", "response.data"])
def test_mark_of_a_further_page_is_said_once(marks: dict[str, Any], path: str) -> None:
    document = {"data": ITEMS, **marks}
    document = {"response": document} if path != "data" else document
    batch = read(document, {**VALUES, "items": path})
    assert failures(batch) == CONTINUES and len(batch.readings) == 2


@pytest.mark.parametrize("marks", TOTALS, ids=str)
def test_total_beyond_the_items_is_said_with_both_numbers(marks: dict[str, Any]) -> None:
    batch = read({"data": ITEMS, **marks})
    assert failures(batch) == cut(9) and len(batch.readings) == 2


def test_total_around_an_inner_object_counts_too() -> None:
    assert failures(read({"total": 9, "x": {"data": ITEMS}}, {**VALUES, "items": "x.data"})) == cut(9)


@pytest.mark.parametrize("marks", WHOLE, ids=str)
def test_whole_list_gives_no_notice(marks: dict[str, Any]) -> None:
    assert not read({"data": ITEMS, **marks}).rejected_items


def test_field_of_an_item_that_is_named_count_is_a_value() -> None:
    assert not read({"data": [{"id": "a", "v": 1, "count": 57}]}, {**VALUES, "value": "count"}).rejected_items
    batch = read({"count": 57, "at": "x"}, {"series": "lượt", "value": "count"})
    assert [reading.value for reading in batch.readings] == [57] and not batch.rejected_items
    batch = read([{"id": "a", "v": 1, "count": 57}], {**VALUES, "items": "@"})
    assert not batch.rejected_items


@pytest.mark.parametrize("items", ["data[0]", "data[:5]", "data[-1]", "data[0:1].{id: id, v: v}"])
def test_row_that_asks_for_the_beginning_only_gets_no_notice(items: str) -> None:
    assert not set(codes_of(read({"data": ITEMS, "total": 9, "next": PAGE_2}, {**VALUES, "items": items}))) & CUT_CODES


@pytest.mark.parametrize("items", ["data[]", "data[*]", "data[?v > `0`]", "sort_by(data, &v)", '"data"'])
def test_expressions_over_a_whole_list_are_seen(items: str) -> None:
    assert failures(read({"data": ITEMS, "total": 9}, {**VALUES, "items": items})) == cut(9)


def test_count_of_another_list_is_no_total() -> None:
    assert not read({"data": ITEMS, "count": 3, "stations": [1, 2, 3]}).rejected_items
    inner = {"stations": [{"data": ITEMS}, {"data": ITEMS}], "count": 4}
    options = {**VALUES, "items": "stations", "each": "data", "series": "{id}-{v}"}
    assert not read(inner, options).rejected_items
    assert failures(read({**inner, "count": 5}, options)) == cut(5)


def test_marks_of_a_list_inside_an_item() -> None:
    station = {"code": "S", "data": ITEMS, "total": 9}
    options = {**VALUES, "items": "stations", "each": "data"}
    assert failures(read({"stations": [station]}, options)) == cut(9)


@pytest.mark.parametrize("path", ["length(data)", "sum(data[].v)", "length(data[?v > `1`])"])
def test_no_value_is_computed_from_a_cut_list(path: str) -> None:
    options = {"values": {"n": path, "newest": "data[0].v"}}
    batch = read({"data": ITEMS, "next": PAGE_2}, options)
    assert [(reading.series, reading.value) for reading in batch.readings] == [("newest", 1)]
    (item,) = batch.rejected_items
    assert item.failure == CONTINUES[0] and [reading.series for reading in item.readings] == ["n"]
    assert [reading.series for reading in read({"data": ITEMS}, options).readings] == ["n", "newest"]


def codes_of(batch: Batch) -> list[str]:
    return [failure.code for failure in failures(batch)]


def test_pages_of_one_answer_are_counted_together() -> None:
    bodies = [{"data": ITEMS, "total": 4, "next": PAGE_2}, {"data": ITEMS, "total": 4}]
    pages = tuple(ResponsePage(json.dumps(body).encode()) for body in bodies)
    assert not http_json.parse(row(options=VALUES), Payload(pages), NOW).rejected_items
    bodies[1]["total"] = 5
    pages = tuple(ResponsePage(json.dumps(body).encode()) for body in bodies)
    assert failures(http_json.parse(row(options=VALUES), Payload(pages), NOW)) == [
        Failure(IngestCode.LIST_CUT, {"read": 4, "total": 5})
    ]


@pytest.mark.parametrize(
    ("link", "is_cut"),
    [
        ('<https://x.example/?page=2>; rel="next"', True), ("</x?page=2>; rel=next", True),
        ('</x?page=9>; rel="last", </x?page=2>; rel="next"', True), ('</x?page=2>; title="b"; rel="last next"', True),
        ('</x?page=1>; rel="prev"', False), ('</next>; rel="nextcloud"', False), ("", False),
        ('</c>; rel="http://www.w3.org/ns/json-ld#context"', False),
    ],
)  # fmt: skip
async def test_header_link_to_a_further_page(link: str, is_cut: bool) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(ITEMS, headers={"Link": link} if link else {})

    async with serving(handler) as base, client_factory() as clients:
        source = row(base, {**VALUES, "items": "@"})
        batch = http_json.parse(source, await http_json.fetch(source, clients.context_for(source)), NOW)
    assert failures(batch) == (CONTINUES if is_cut else [])


def test_header_with_the_total() -> None:
    assert failures(read(ITEMS, {**VALUES, "items": "@"}, total_items=9)) == cut(9)
    assert not read(ITEMS, {**VALUES, "items": "@"}, total_items=2).rejected_items


REPORTS = {"kind": "report", "items": "data", "key": "{id}", "title": "{id}", "complete": True}


def test_cut_list_of_events_is_not_complete_and_its_number_is_not_trusted() -> None:
    whole, part = (read({"data": ITEMS, "total": total}, {"events": REPORTS}) for total in (2, 9))
    assert whole.complete_kinds == {"report"} and check_drift(SchemaProfile(), whole, NOW).is_count_trusted
    assert len(part.events) == 2 and not part.complete_kinds and failures(part) == cut(9)
    assert not check_drift(SchemaProfile(), part, NOW).is_count_trusted
    nothing = read({"data": [], "total": 9}, {"events": REPORTS})
    assert not nothing.complete_kinds and not check_drift(SchemaProfile(), nothing, NOW).is_count_trusted


def test_message_of_a_webhook_with_a_cut_list() -> None:
    page = ResponsePage(json.dumps({"data": ITEMS, "total": 9}).encode(), "application/json")
    source = row(options={"events": REPORTS, "push_token": "${T}"})
    batch = webhook.parse(source, Payload((page,)), NOW)
    assert failures(batch) == cut(9) and not batch.complete_kinds


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({"numberMatched": 9}, cut(9)), ({"totalFeatures": 9}, cut(9)), ({"next": PAGE_2}, CONTINUES),
        ({"exceededTransferLimit": True}, CONTINUES), ({"numberMatched": 2, "totalFeatures": "unknown"}, []),
    ],
)  # fmt: skip
def test_geojson(marks: dict[str, Any], expected: list[Failure]) -> None:
    features = [{"type": "Feature", "properties": item, "geometry": None} for item in ITEMS]
    document = {"type": "FeatureCollection", "features": features, **marks}
    events = {**REPORTS, "items": "@", "key": "{properties.id}", "title": "{properties.id}"}
    page = ResponsePage(json.dumps(document).encode())
    batch = geojson.parse(row(options={"events": events}), Payload((page,)), NOW)
    assert failures(batch) == expected and bool(batch.complete_kinds) is not bool(expected)


def test_sensorthings_with_a_total_and_no_next_link() -> None:
    stream = {"@iot.id": 1, "name": "S", "Observations": [{"result": 1, "phenomenonTime": "2026-11-24T09:00:00Z"}]}
    page = ResponsePage(json.dumps({"@iot.count": 9, "value": [stream, {**stream, "@iot.id": 2}]}).encode())
    assert failures(sensorthings.parse(row(options={"unit": "m"}), Payload((page,)), NOW)) == cut(9)
    newest = {"unit": "m", "path": "Datastreams(1)/Observations", "series": "s"}
    body = json.dumps({"@iot.count": 9, "value": stream["Observations"]}).encode()
    assert not failures(sensorthings.parse(row(options=newest), Payload((ResponsePage(body),)), NOW))


NEXT_PAGE = "http://127.0.0.1:9/x/Datastreams?$skip=2"
STREAM = {"name": "S", "Observations": [{"result": 1, "phenomenonTime": "2026-11-24T09:00:00Z"}]}
STREAMS = [{**STREAM, "@iot.id": 1}, {**STREAM, "@iot.id": 2}]
THING = {"name": "T", "Datastreams": STREAMS}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([{"@iot.count": 9, "@iot.nextLink": NEXT_PAGE, "value": STREAMS}], cut(9)),  # one page in a file
        ([{"@iot.nextLink": NEXT_PAGE, "value": STREAMS}], CONTINUES),
        ([{"@iot.count": 9, "@iot.nextLink": NEXT_PAGE, "value": STREAMS[:1]}, {"value": STREAMS[1:]}], cut(9)),
        ([{"@iot.count": 2, "@iot.nextLink": NEXT_PAGE, "value": STREAMS[:1]}, {"value": STREAMS[1:]}], []),
        ([{"value": [{**THING, "Datastreams@iot.count": 9}]}], cut(9)),
        ([{"value": [{**THING, "Datastreams@iot.nextLink": NEXT_PAGE}]}], CONTINUES),
        ([{**THING, "Datastreams@iot.count": 9}], cut(9)),
        ([{**THING, "Datastreams@iot.count": 2, "properties": {"count": 9}}], []),
        # The further Datastreams of a Thing are no part of the list of Things.
        ([{"@iot.count": 1, "value": [{**THING, "Datastreams@iot.nextLink": NEXT_PAGE}]},
          {"@iot.count": 5, "value": STREAMS[:1]}], []),
    ],
)  # fmt: skip
def test_sensorthings_of_which_not_all_pages_came(answers: list[Any], expected: list[Failure]) -> None:
    pages = tuple(ResponsePage(json.dumps(answer).encode()) for answer in answers)
    assert failures(sensorthings.parse(row(options={"unit": "m"}), Payload(pages), NOW)) == expected


@pytest.mark.parametrize("total", [2, 9])
async def test_sensorthings_whose_pages_end_before_the_total(total: int) -> None:
    async def handler(request: web.Request) -> web.Response:
        n, version = (1, 0) if "skip" in request.query else (0, changes)
        tag = f'"{n}-{version}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        more = {} if n else {"@iot.nextLink": f"{request.path}?skip=1"}
        body = {"@iot.count": total, **more, "value": [{**STREAM, "@iot.id": n}]}
        return web.json_response(body, headers={"ETag": tag})

    changes = 0
    async with serving(handler) as base, client_factory() as clients:
        source = row(base, {"unit": "m"})
        whole = sensorthings.parse(source, await sensorthings.fetch(source, clients.context_for(source)), NOW)
        changes = 1  # of the first page only: the second one is not missing
        part = await sensorthings.fetch(source, clients.context_for(source))
    assert failures(whole) == (cut(9) if total == 9 else [])
    assert len(part.pages) == 1 and part.is_partial and not failures(sensorthings.parse(source, part, NOW))


def test_openaq_with_more_sensors_than_came() -> None:
    sensor = {
        "id": 1, "name": "pm25 µg/m³", "parameter": {"name": "pm25", "units": "µg/m³"},
        "latest": {"datetime": {"utc": "2026-11-24T09:00:00Z"}, "value": 1},
    }  # fmt: skip
    for found, expected in ((9, cut(9)), (">1000", CONTINUES), (2, [])):
        body = {"meta": {"found": found}, "results": [sensor, {**sensor, "id": 2}]}
        payload = Payload((ResponsePage(json.dumps(body).encode(), address="7"),))
        assert failures(openaq.parse(row(options={"stations": [7]}), payload, NOW)) == expected


async def test_openaq_with_more_stations_in_the_box_than_the_row_takes() -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/sensors"):
            return web.json_response({"meta": {"found": 0}, "results": []})
        return web.json_response({"meta": {"found": 9}, "results": [{"id": 1}, {"id": 2}]})

    async with serving(handler) as base, client_factory() as clients:
        source = row(base, {"bbox": "105,9,106,10", "most": 2})
        for _ in range(2):
            batch = openaq.parse(source, await openaq.fetch(source, clients.context_for(source)), NOW)
            assert failures(batch) == [Failure(openaq.OpenAqCode.STATIONS_LEFT_OUT, {"limit": 2})]


def test_recorded_list_of_locations() -> None:
    page = ResponsePage(shared("sensorthings/indoor_Location_locations.json").read_bytes())
    events = {**REPORTS, "items": "value", "key": '{"@iot.id"}', "title": "{name}"}
    batch = http_json.parse(row(options={"events": events}), Payload((page,)), NOW)
    assert failures(batch)[0] == Failure(IngestCode.LIST_CUT, {"read": 100, "total": 26693})
    assert batch.events and not batch.complete_kinds
