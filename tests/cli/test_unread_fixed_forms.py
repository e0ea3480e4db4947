"""What `try` prints of the parts of an answer of a fixed form that the row, or the program, does not read."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.cli.unread_parts import unread_parts_of
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.source import EventKind
from tests.data_sources.server import row
from tests.data_sources.transit import feed, trip, vehicle

RSS = """<rss version="2.0"><channel><title>a</title><link>l</link><ttl>5</ttl><item><title>t</title><guid>1</guid>
<pubDate>x</pubDate><enclosure url="u"/></item></channel></rss>"""
STREAM = {
    "@iot.id": 1, "name": "a", "unitOfMeasurement": {"symbol": "m", "name": "m", "definition": "d"},
    "Observations@iot.navigationLink": "l", "properties": {"code": "x", "owner": "o"},
    "Observations": [{"result": 1, "phenomenonTime": "t", "resultQuality": "bad"}],
}  # fmt: skip
WATERML = """<timeSeriesResponse><timeSeries><sourceInfo><siteCode network="n">1</siteCode><note>dam</note></sourceInfo>
<variable><variableCode>v</variableCode><unit><unitCode>m</unitCode></unit></variable>
<values><value dateTime="t">1</value><qualityControlLevel>raw</qualityControlLevel></values>
</timeSeries></timeSeriesResponse>"""
FORECAST = {"product": "weather", "points": [{"key": "a", "lat": 1, "lon": 1}], "hourly": {"t": "t-{point}"}}
HOURS = {"hourly": {"time": [1], "t": [1], "rain": [2]}, "hourly_units": {"time": "iso", "t": "°C"}, "elevation": 2}
NGSI = {"values": {"a-{tail}": "level", "b-{name}": {"attribute": "no2", "dataset": "urn:b"}, "c": "body.a"}}
ENTITY = {
    "id": "x:1", "type": "T", "name": {"value": "n"},
    "dateObserved": {"value": "t"}, "body": {"value": {"a": 1, "z": 2}},
    "level": {"value": 1, "unitCode": "CMT", "metadata": {"TimeInstant": {"value": "t"}, "flag": {"value": "bad"}}},
    "no2": [
        {"type": "Property", "value": 1, "datasetId": "urn:a"}, {"type": "Property", "value": 2, "datasetId": "urn:b"},
    ],
    "https://example.org/pm10": {"value": 5, "type": "Number"},
}  # fmt: skip
TIMED = [[1, "2026-11-24T09:00:00Z"]]
REPORT = {"service_request_id": "1", "status": "open", "zipcode": "9", "ward": "a"}
ALERT = {"id": "a", "alert": {"headerText": {"translation": [{"text": "x"}]}}}


Parts = list[tuple[str, int]]


def parts_of(
    protocol: str, options: dict[str, Any], body: object, kinds: tuple[str, ...] = ()
) -> list[tuple[str, int]]:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode(), address="a.json")
    source = row(options=options, protocol=protocol)
    source = replace(source, events=tuple(EventKind(kind, LocalizedText(kind)) for kind in kinds))
    return sorted((part.path, part.count) for part in unread_parts_of(source, Payload((page,))))


@pytest.mark.parametrize(
    ("protocol", "options", "body", "unread"),
    [
        ("rss", {}, RSS.encode(), ["rss.channel.item.enclosure.url", "rss.channel.ttl"]),
        ("open311", {"place": "ward"}, [REPORT], ["[].zipcode"]),
        ("sensorthings", {"series": "{properties.code}"}, {"value": [STREAM]},
         ["value[].Observations[].resultQuality", "value[].name", "value[].properties.owner"]),
        ("sensorthings", {"series": "a"}, b'{"result": 1, "resultQuality": "a"}\n{"result": 2, "validTime": "b"}\n',
         ["resultQuality", "validTime"]),
        ("waterml", {"series": "{site}"}, WATERML.encode(),
         ["timeSeriesResponse.timeSeries.sourceInfo.note", "timeSeriesResponse.timeSeries.sourceInfo.siteCode.network",
          "timeSeriesResponse.timeSeries.values.qualityControlLevel"]),
        ("open_meteo", FORECAST, HOURS, ["elevation", "hourly.rain[]"]),
        ("open_meteo", FORECAST, [HOURS, HOURS], ["elevation", "hourly.rain[]"]),
        ("ngsi", NGSI, [ENTITY], ["body.z", "level.flag.value", 'no2."urn:a"', "pm10"]),
        ("ngsi", NGSI, {"data": [{"id": "x:1", "level": 1, "body": {"a": 1}, "pH": 7}]}, ["pH"]),
        ("ngsi", NGSI, [{"id": "x:1", "level": TIMED, "pH": TIMED}], ["pH"]),
    ],
)  # fmt: skip
def test_parts_of_a_fixed_form_that_are_not_read(
    protocol: str, options: dict[str, Any], body: object, unread: list[str]
) -> None:
    assert [path for path, _ in parts_of(protocol, options, body)] == unread


@pytest.mark.parametrize(
    ("options", "kinds", "unread"),
    [
        ({}, (), [("entity[].alert", 1), ("entity[].trip_update", 2), ("entity[].vehicle", 1)]),
        ({}, ("vehicle",), [("entity[].alert", 1), ("entity[].trip_update", 2)]),
        ({"delay": "d"}, ("vehicle", "alert"), [("entity[].trip_update", 1)]),
    ],
)
def test_a_feed_names_the_kinds_of_entities_that_are_not_read(
    options: dict[str, Any], kinds: tuple[str, ...], unread: list[tuple[str, int]]
) -> None:
    body = feed(vehicle(), trip("1", "r1"), trip("2", "r1", delay=60), ALERT)
    found = [part for part in parts_of("gtfs_rt", options, body, kinds) if part[0].count(".") == 1]
    assert found == unread


@given(st.sets(st.sampled_from("abcdefgh"), min_size=1), st.sampled_from("abcdefgh"))
def test_each_attribute_of_an_entity_is_read_or_listed(names: set[str], asked: str) -> None:
    entity = {"id": "x:1", "type": "T", **{name: {"type": "Number", "value": 1} for name in sorted(names)}}
    listed = [path for path, _ in parts_of("ngsi", {"values": {"s": asked}, "time": ""}, [entity])]
    assert listed == sorted(names - {asked})
