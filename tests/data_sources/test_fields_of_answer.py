"""A reason for nothing read lists the fields that the answer has, so that the row can be corrected by it."""

from typing import Any

import orjson
import pytest

from components.ui.error_messages import describe
from data_sources import protocols
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import CUT_CODES, IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, row, shared

WORKS = {"kind": "roadwork", "key": "{code}", "title": "{road}"}
ITEM = "<item><guid>1</guid><title>a</title><pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate></item>"


def parse(protocol: str, body: Any, **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else orjson.dumps(body), address="x")
    return protocols()[protocol].parse(row(protocol=protocol, options=options), Payload((page,)), NOW)


def first_failure(protocol: str, body: Any, **options: Any) -> Failure:
    try:
        return parse(protocol, body, **options).rejected_items[0].failure
    except SourceError as error:
        return error.failure


@pytest.mark.parametrize(
    ("protocol", "body", "options", "expected"),
    [
        ("http_json", {"depth": 1, "at": "x"}, {"series": "level", "value": "v"}, ["depth", "at"]),
        ("sql_view", [{"depth": 1, "at": 2}], {"series": "level", "value": "v", "query": "SELECT v FROM a"}, ["depth"]),
        ("http_json", [{"code": "1", "road": "a"}, {"id": "2", "Tên": "b"}], {"events": WORKS}, ["id", '"Tên"']),
        ("http_json", [{"id": "2", "Tên": "b"}], {"events": WORKS}, ["id", '"Tên"']),
        ("cameras", [{"code": "1", "road": "a"}, {"id": "2", "name": "b"}], {"events": WORKS}, ["id", "name"]),
        ("ngsi", [{"id": "a:1", "type": "A", "pm25": {"value": 1}}], {"values": {"level": "NO2"}}, ["pm25"]),
        (
            "geojson", {"type": "Feature", "geometry": None, "properties": {"depth": 1}},
            {"series": "level", "value": "properties.v"}, ["depth"],
        ),
    ],
)  # fmt: skip
def test_fields_of_the_answer_are_listed(
    protocol: str, body: Any, options: dict[str, Any], expected: list[str]
) -> None:
    failure = first_failure(protocol, body, **options)
    for lang in ("vi", "en"):
        assert all(name in describe(failure, lang) for name in expected)


@pytest.mark.parametrize(
    ("wanted", "written", "is_read"),
    [
        ("Air", "Air", True), ("Air", "https://uri.etsi.org/models#Air", True), ("https://a/b/Air", "Air", True),
        ("Water,Air", "Air", True), ("(Water;Air)|Noise", ["Noise", "Air"], True), ("", "Air", True),
        ("Water", "Air", False), ("Air", "AirQualityObserved", False), ("Water", ["Noise", "Air"], False),
    ],
)  # fmt: skip
def test_entities_of_another_type_are_rejected_with_their_type(wanted: str, written: Any, is_read: bool) -> None:
    batch = parse("ngsi", [{"id": "a:1", "type": written, "v": 1}], values={"level": "v"}, type=wanted, time="")
    assert len(batch.readings) == is_read
    names = written if isinstance(written, list) else [written]
    assert [item.failure.params for item in batch.rejected_items] == (
        [] if is_read else [{"type": wanted, "found": ", ".join(names)}]
    )


@pytest.mark.parametrize(
    ("body", "is_cut"),
    [
        (f"<rss version='2.0'><channel><title>a</title>{ITEM}</channel></rss>", False),
        (f"<rss version='2.0'><channel><title>a</title>{ITEM}</channel></RSS >\n<!-- made -->", False),
        (f"<rss version='2.0'><channel><title>a</title>{ITEM}", True),
        (f"<rss version='2.0'><channel><title>a</title>{ITEM}<item><title>b</ti", True),
    ],
)
def test_a_feed_that_ends_in_the_middle_is_said_and_counts_nothing(body: str, is_cut: bool) -> None:
    batch = parse("rss", body.encode())
    assert batch.events and batch.is_cut == is_cut and IngestCode.FEED_CUT in CUT_CODES
    assert (IngestCode.FEED_CUT in [item.failure.code for item in batch.rejected_items]) == is_cut


def test_the_real_feed_that_was_cut_is_said() -> None:
    assert parse("rss", shared("rss/vnexpress_the-gioi_truncated.rss").read_bytes()).is_cut
