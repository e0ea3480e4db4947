"""`ignored_fields`: a row says that fields mean something else than a total, a further page, a failure or a zone."""

import json
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping import options_of
from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.option_reasons import PlainCode, with_options_of
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.test_cut_lists import FURTHER_PAGES, ITEMS, TOTALS
from tests.data_sources.test_failed_answers import FAILED, WITHOUT_ITEMS

VALUES = {"items": "data", "series": "{id}", "value": "v"}
EVENTS: dict[str, Any] = {
    "events": {"kind": "outage", "items": "data", "key": "{id}", "title": "{id}", "complete": True}
}
PROTOCOLS: dict[str, dict[str, Any]] = {"http_json": {}, "webhook": {"push_token": "${TOKEN}"}}


def read(document: dict[str, Any], protocol: str = "http_json", **options: Any) -> Batch:
    page = ResponsePage(json.dumps(document).encode())
    source = row(options=PROTOCOLS[protocol] | options, protocol=protocol)
    return protocols()[protocol].parse(source, Payload((page,)), NOW)


@pytest.mark.parametrize("mark", [*FURTHER_PAGES, *TOTALS])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_mark_of_a_further_page_may_mean_something_else(mark: dict[str, Any], protocol: str) -> None:
    document = {**mark, "data": ITEMS}
    assert read(document, protocol, **VALUES).rejected_items
    batch = read(document, protocol, **VALUES, ignored_fields=list(mark))
    assert len(batch.readings) == 2 and not batch.rejected_items


@pytest.mark.parametrize("mark", [*(mark for mark, _ in FAILED), *WITHOUT_ITEMS])
def test_a_mark_of_a_failure_may_mean_something_else(mark: dict[str, Any]) -> None:
    document = {**mark, "data": []}
    with pytest.raises(SourceError):
        read(document, **EVENTS)
    assert read(document, **EVENTS, ignored_fields=list(mark)).complete_kinds == {"outage"}


def test_only_the_named_fields_are_ignored() -> None:
    document = {"total": 9, "count": 8, "data": ITEMS}
    assert codes(read(document, **VALUES, ignored_fields=["total"])) == [IngestCode.LIST_CUT]
    with pytest.raises(SourceError):
        read({"error": "x", "success": False, "data": []}, **VALUES, ignored_fields=["error"])


def test_a_header_may_be_ignored_too() -> None:
    page = ResponsePage(json.dumps({"data": ITEMS}).encode(), total_items=9, has_next_page=True)
    for ignored, count in (((), 1), (("X-Total-Count",), 1), (("X-Total-Count", "Link"), 0)):
        source = row(options={**VALUES, "ignored_fields": list(ignored)})
        batch = protocols()["http_json"].parse(source, Payload((page,)), NOW)
        assert len(batch.rejected_items) == count


def test_a_zone_may_be_one_of_an_area() -> None:
    items = [{"id": zone, "v": 1, "t": "2026-11-24 09:00:00", "zone": zone} for zone in ("WET", "JST", "dry")]
    options = VALUES | {"time": "t"}
    assert codes(read({"data": items}, **options)) == [MappingCode.ZONE_UNREAD] * 2
    assert len(read({"data": items}, **options, ignored_fields=["zone"]).readings) == 3
    other = [item | {"tz": "UTC"} for item in items]
    assert codes(read({"data": other}, **options, ignored_fields=["zone"])) == [MappingCode.ZONE_UNREAD] * 3


TOKYO = {"timezone": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("document", "ignored"),
    [
        ({**TOKYO, "data": [{"zone": "+09:00"}]}, "zone"), ({"data": [{**TOKYO, "zone": "+09:00"}]}, "timezone"),
        ({"data": [{**TOKYO, "location": {"tz": "ICT"}}]}, "location"),
        ({"data": [{"timezone": {"offset": "+07:00", "name": "Asia/Tokyo"}}]}, "offset"),
    ],
)  # fmt: skip
def test_an_ignored_zone_hides_no_other(document: dict[str, Any], ignored: str) -> None:
    items = [{"id": "a", "v": 1, "t": "2026-11-24 09:00:00", **item} for item in document["data"]]
    answer = {**document, "data": items}
    assert codes(read(answer, **VALUES, time="t", ignored_fields=[ignored])) == [MappingCode.ZONE_UNREAD]


@pytest.mark.parametrize("name", ["location", "lo.cation", 'si"te'])
def test_what_is_in_an_ignored_object_is_no_zone(name: str) -> None:
    document = {"data": [{"id": "a", "v": 1, "t": "2026-11-24 09:00:00", name: {"timezone": "UTC"}}]}
    assert codes(read(document, **VALUES, time="t", ignored_fields=["meta"])) == [MappingCode.ZONE_UNREAD]
    assert len(read(document, **VALUES, time="t", ignored_fields=[name]).readings) == 1


def test_items_in_several_zones_are_told_by_what_is_not_ignored() -> None:
    zones = (("WET", "UTC"), ("CST", "JST"))
    items = [{"id": area, "v": 1, "t": "2026-11-24 09:00:00", "zone": area, "tz": zone} for area, zone in zones]
    options = {**VALUES, "time": "t", "zone": "UTC"}
    assert codes(read({"data": items}, **options, ignored_fields=["zone"])) == [MappingCode.ZONES_OF_ITEMS]
    assert len(read({"data": items}, **options, ignored_fields=["zone", "tz"]).readings) == 2


def test_the_reason_of_a_message_names_the_option() -> None:
    source = row(options=PROTOCOLS["webhook"] | VALUES, protocol="webhook")
    (item,) = read({"total": 9, "data": ITEMS}, "webhook", **VALUES).rejected_items
    names = {"items", "ignored_fields"}
    assert with_options_of(item.failure, source.option_names or names).code == PlainCode.MESSAGE_LIST_CUT


@pytest.mark.parametrize("options", [VALUES, EVENTS])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_name_that_no_answer_has_is_said(protocol: str, options: dict[str, Any]) -> None:
    names = ["totl", "total", "unit", "Link", "data"]
    made = row(options=PROTOCOLS[protocol] | options | {"ignored_fields": names}, protocol=protocol)
    connector = protocols()[protocol]
    body = json.dumps({"total": 9, "data": [{**one, "unit": "m"} for one in ITEMS]}).encode()
    connector.parse(made, Payload((ResponsePage(body, has_next_page=True),)), NOW)
    failures = options_of(made, connector.Options).unmatched_paths
    (failure,) = [one for one in failures if one.code == MappingCode.IGNORED_UNMATCHED]
    assert failure.params["names"] == "totl"


def test_a_name_inside_an_ignored_object_is_one_that_the_answer_has() -> None:
    made = row(options=PROTOCOLS["http_json"] | VALUES | {"ignored_fields": ["meta", "total"]}, protocol="http_json")
    connector = protocols()["http_json"]
    body = json.dumps({"meta": {"total": 9}, "data": ITEMS}).encode()
    assert connector.parse(made, Payload((ResponsePage(body, has_next_page=False),)), NOW).readings
    failures = options_of(made, connector.Options).unmatched_paths
    assert MappingCode.IGNORED_UNMATCHED not in [one.code for one in failures]
