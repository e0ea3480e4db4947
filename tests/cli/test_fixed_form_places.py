"""The unread parts of answers of a fixed form are told by their place, not by their name."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources import protocols
from ioc.cli.unread_parts import unread_parts_of
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, row, shared

TIME = "2026-11-24T09:00:00Z"
STREAM = {
    "@iot.id": 1, "name": "a", "unitOfMeasurement": {"symbol": "m", "name": "metre", "definition": "d"},
    "phenomenonTime": "2026-01-01T00:00:00Z/2026-11-24T09:00:00Z", "Sensor": {"name": "s", "metadata": "x"},
    "Observations": [{"@iot.id": 5, "result": 1.5, "phenomenonTime": TIME, "resultTime": None}],
}  # fmt: skip
THINGS = {"value": [{"@iot.id": 9, "name": "t", "Locations": [{"name": "l"}], "Datastreams": [STREAM]}]}
OBSERVATIONS = {"value": [{"@iot.id": 5, "result": 1.5, "phenomenonTime": TIME, "Datastream": {"@iot.id": 1}}]}
DATA_ARRAY = {
    "value": [{"Datastream": {"@iot.id": 1, "name": "a"}, "components": ["id", "result", "phenomenonTime"],
               "dataArray": [[7, 1.5, TIME]]}]
}  # fmt: skip
SENSORS = {
    "meta": {"name": "api", "found": 1, "limit": 100, "page": 1},
    "results": [{"id": 3, "name": "pm25 µg/m³", "parameter": {"id": 2, "name": "pm25", "units": "µg/m³"},
                 "latest": {"datetime": {"utc": TIME, "local": TIME}, "value": 9.5},
                 "datetimeLast": {"utc": TIME}, "summary": {"min": 1}}],
}  # fmt: skip
USGS = {
    "name": "ns1",
    "value": {
        "queryInfo": {"note": [{"value": "x", "title": "y"}]},
        "timeSeries": [{
            "name": "USGS:1", "sourceInfo": {"siteName": "A", "siteCode": [{"value": "01", "network": "NWIS"}],
                                             "siteProperty": [{"value": "ST", "name": "siteTypeCd"}]},
            "variable": {"variableName": "v", "variableCode": [{"value": "00065", "default": True}],
                         "unit": {"unitCode": "ft"}, "noDataValue": -999999,
                         "options": {"option": [{"name": "Statistic", "optionCode": "00000"}]}},
            "values": [{"value": [{"value": "2.5", "qualifiers": ["P"], "dateTime": "2026-11-24T04:00:00.000-05:00"}],
                        "method": [{"methodID": 7, "methodDescription": ""}]}],
        }],
    },
}  # fmt: skip
KIWIS = [{
    "ts_id": "7", "station_name": "A", "ts_unitsymbol": "m", "rows": "1",
    "columns": "Timestamp,Value,Quality Code,Note", "data": [[TIME, 1.5, 200, "x"]],
}]  # fmt: skip
PROMETHEUS = {
    "status": "success",
    "data": {"resultType": "vector", "result": [{"metric": {"__name__": "up", "job": "a"}, "values": None,
                                                     "value": [1795510800, "1"]}],
             "stats": {"value": 1}},
}  # fmt: skip
REPORTS = [{
    "service_request_id": "1", "status": "open", "service_name": "Rác", "service_code": "r", "lat": 10.0, "long": 105.7,
    "requested_datetime": TIME, "description": "x", "zipcode": "9", "extra": {"status": "closed"},
}]  # fmt: skip
HOURS = {
    "latitude": 1.0, "longitude": 1.0, "utc_offset_seconds": 0, "elevation": 2,
    "hourly": {"time": ["2026-11-24T09:00"], "t": [1.5], "rain": [2]}, "hourly_units": {"time": "iso8601", "t": "°C"},
}  # fmt: skip
FORECAST = {"product": "weather", "points": [{"key": "a", "lat": 1, "lon": 1}], "hourly": {"t": "t-{point}"}}
ENTITIES = [{
    "id": "x:1", "type": "T", "dateObserved": {"value": TIME}, "level": {"value": 1, "unitCode": "MTR"},
    "other": 2,
}]  # fmt: skip
SENML = [{"bn": "urn:a:", "bt": 1795510800, "bver": 5}, {"n": "level", "u": "m", "v": 1.5, "ut": 60}]
WATERML = f"""<timeSeriesResponse><queryInfo><note title="n">x</note></queryInfo><timeSeries name="n"><sourceInfo>
<siteName>A</siteName><siteCode network="n">1</siteCode></sourceInfo><variable><variableCode>v</variableCode>
<variableName>V</variableName><unit><unitCode>m</unitCode></unit><noDataValue>-9</noDataValue></variable>
<values><value dateTime="{TIME}" qualifiers="P">1.5</value><method methodID="7"/></values></timeSeries>
</timeSeriesResponse>"""
WATERML2 = f"""<c:Collection xmlns:c="http://www.opengis.net/waterml/2.0" xmlns:x="x"><observationMember>
<OM_Observation id="o"><phenomenonTime><t>x</t></phenomenonTime><procedure title="p"/><observedProperty title="Stage"/>
<featureOfInterest title="A"><MonitoringPoint><identifier>1</identifier><name>A</name></MonitoringPoint>
</featureOfInterest><result><MeasurementTimeseries><defaultPointMetadata><DefaultTVPMeasurementMetadata>
<uom code="m"/></DefaultTVPMeasurementMetadata></defaultPointMetadata><point><MeasurementTVP><time>{TIME}</time>
<value>1.5</value></MeasurementTVP></point></MeasurementTimeseries></result></OM_Observation></observationMember>
</c:Collection>"""
ALERT = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>s</sender>
<sent>2026-11-24T09:00:00+07:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><note>n</note>
<info><language>vi</language><category>Met</category><event>Mưa</event><responseType>Monitor</responseType>
<urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>
<expires>2026-11-25T09:00:00+07:00</expires><headline>Mưa lớn</headline><description>d</description>
<parameter><valueName>rain</valueName><value>80</value></parameter>
<area><areaDesc>A</areaDesc><geocode><valueName>SAME</valueName><value>31</value></geocode>
<geocode><valueName>UGC</valueName><value>9</value></geocode></area></info></alert>"""
RSS = """<rss version="2.0"><channel><title>a</title><link>https://example.org/</link><ttl>5</ttl>
<image><title>i</title></image><item><title>t</title><guid>1</guid><description>d</description>
<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate><enclosure url="u"/></item></channel></rss>"""
MQTT = {"topics": ["a"], "format": "senml"}
CASES: list[tuple[str, dict[str, Any], Any, list[str]]] = [
    ("sensorthings", {}, {"value": [STREAM]},
     ["value[].Observations[].@iot.id", "value[].Sensor.metadata", "value[].Sensor.name", "value[].phenomenonTime"]),
    ("sensorthings", {"series": "{Thing.name}-{id}"}, THINGS,
     ["value[].@iot.id", "value[].Datastreams[].Observations[].@iot.id", "value[].Datastreams[].Sensor.metadata",
      "value[].Datastreams[].Sensor.name", "value[].Datastreams[].name", "value[].Datastreams[].phenomenonTime",
      "value[].Locations[].name"]),
    ("sensorthings", {"series": "{id}"}, OBSERVATIONS, ["value[].@iot.id"]),
    ("sensorthings", {}, DATA_ARRAY, ["value[].dataArray[].id"]),
    ("openaq", {"stations": [1]}, SENSORS,
     ["meta.name", "results[].datetimeLast.utc", "results[].latest.datetime.local", "results[].name",
      "results[].parameter.id", "results[].summary.min"]),
    ("waterml", {}, USGS,
     ["name", "value.queryInfo.note[].title", "value.queryInfo.note[].value",
      "value.timeSeries[].sourceInfo.siteCode[].network", "value.timeSeries[].sourceInfo.siteProperty[].name",
      "value.timeSeries[].sourceInfo.siteProperty[].value", "value.timeSeries[].variable.variableCode[].default"]),
    ("waterml", {}, WATERML, ["queryInfo.note", "queryInfo.note.title", "timeSeries.sourceInfo.siteCode.network"]),
    ("waterml", {}, WATERML2, ["observationMember.OM_Observation.phenomenonTime.t"]),
    ("kiwis", {}, KIWIS, ["[].data[].note", "[].rows", "[].station_name"]),
    ("prometheus", {"queries": {"{job}": "up"}}, PROMETHEUS, ["data.stats.value"]),
    ("open311", {}, REPORTS, ["[].extra.status", "[].zipcode"]),
    ("open_meteo", FORECAST, HOURS, ["elevation", "hourly.rain[]"]),
    ("ngsi", {"values": {"level": "level"}}, ENTITIES, ["other"]),
    ("mqtt", MQTT, SENML, ["[].ut"]),
    ("cap", {"codes": ["SAME"]}, ALERT, ["info.area.geocode[].UGC", "info.parameter.rain"]),
    ("rss", {}, RSS, ["channel.image.title", "channel.item.enclosure.url", "channel.ttl"]),
]  # fmt: skip
each_case = pytest.mark.parametrize(("protocol", "options", "body", "unread"), CASES)


def payload_of(body: Any) -> Payload:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Payload((ResponsePage(data, address="1"),))


def listed(protocol: str, options: dict[str, Any], body: Any) -> list[str]:
    """The paths of the unread parts, of XML without the root."""
    parts = unread_parts_of(row(options=options, protocol=protocol), payload_of(body))
    paths = [part.path.replace('.""', "").replace('"', "") for part in parts]
    return sorted(path.partition(".")[2] if isinstance(body, str) else path for path in paths)


def parsed(protocol: str, options: dict[str, Any], body: Any) -> Batch | str:
    try:
        return protocols()[protocol].parse(row(options=options, protocol=protocol), payload_of(body), NOW)
    except SourceError as error:
        return error.failure.code


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The keys that lead to each object and each single value of plain data."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@each_case
def test_only_what_stands_at_another_place_is_listed(
    protocol: str, options: dict[str, Any], body: Any, unread: list[str]
) -> None:
    batch = parsed(protocol, options, body)
    assert isinstance(batch, Batch) and (batch.readings or batch.events) and not batch.rejected_items
    assert listed(protocol, options, body) == unread


# Without other names of what each answer has, which are read where the first one is missing: "id" of SensorThings.
NAMES = st.sampled_from([
    "value", "result", "name", "utc", "time", "dateTime", "data", "latest", "status", "title",
    "description", "Observations", "values", "note", "phenomenonTime", "category", "link", "v", "extra", "previous",
])  # fmt: skip
PLANTS = st.sampled_from([7, "x", {"value": 7}, {"previous": {"result": 7}}, [{"value": 7}]])


@each_case
@given(data=st.data())
@settings(max_examples=40)
def test_a_plant_is_listed_or_changes_what_is_read(
    protocol: str, options: dict[str, Any], body: Any, unread: list[str], data: st.DataObject
) -> None:
    if isinstance(body, str):
        changed: Any = _with_element(body, data)
    else:
        changed = deepcopy(body)
        path = data.draw(st.sampled_from([one for one in places(body) if isinstance(at(body, one), dict)]))
        name = data.draw(NAMES.filter(lambda one: one not in at(body, path)))
        at(changed, path)[name] = data.draw(PLANTS)
    is_listed = listed(protocol, options, changed) != unread
    assert is_listed or parsed(protocol, options, changed) != parsed(protocol, options, body)


def _with_element(body: str, data: st.DataObject) -> str:
    root = fromstring(body)
    inner = [element for element in root.iter() if len(element)]
    parent = data.draw(st.sampled_from(inner))
    known = {*parent.attrib, *(child.tag.rpartition("}")[2] for child in parent)}
    name = data.draw(NAMES.filter(lambda one: one not in known))
    child = SubElement(parent, name)
    if data.draw(st.booleans()):
        child = SubElement(child, data.draw(NAMES))
    child.text = "7"
    return tostring(root, encoding="unicode")


@each_case
def test_nothing_that_changes_the_values_is_listed(
    protocol: str, options: dict[str, Any], body: Any, unread: list[str]
) -> None:
    """What is listed may be anything: the values and events stay the same."""
    changed = _without_listed(body, set(listed(protocol, options, body)))
    before, after = parsed(protocol, options, body), parsed(protocol, options, changed)
    assert isinstance(before, Batch) and isinstance(after, Batch)
    assert (after.readings, after.events) == (before.readings, before.events)


def _without_listed(body: Any, paths: set[str]) -> Any:
    """An answer without the single values at `paths`, as `listed` gives them."""
    if isinstance(body, str):
        root = fromstring(body)
        _strip(root, "", {path.replace("[]", "") for path in paths})
        return tostring(root, encoding="unicode")
    return _stripped(body, "", paths)


def _strip(element: Element, path: str, paths: set[str]) -> None:
    for key in [key for key in element.attrib if _joined(path, key.rpartition("}")[2]) in paths]:
        del element.attrib[key]
    for child in element:
        _strip(child, _joined(path, child.tag.rpartition("}")[2]), paths)
    if path in paths:
        element.text = None


def _stripped(value: Any, path: str, paths: set[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _stripped(one, _joined(path, key), paths)
            for key, one in value.items()
            if _joined(path, key) not in paths
        }
    return [_stripped(one, f"{path}[]", paths) for one in value] if isinstance(value, list) else value


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


PAYLOADS: list[tuple[str, str, dict[str, Any]]] = [
    ("cap", "cap/australia.cap", {}), ("cap", "cap/canada.cap", {}), ("cap", "cap/earthquake-iso8859-1.cap", {}),
    ("cap", "cap/mexico.xml", {}), ("cap", "cap/taiwan.cap", {}), ("cap", "cap/weather.cap", {"codes": ["UGC"]}),
    ("waterml", "hydro/usgs_waterservices_iv.txt", {}), ("waterml", "hydro/usgsR_WaterML2Example.xml", {}),
    ("openaq", "openaq/sensors.json", {"stations": [1]}),
    ("sensorthings", "sensorthings/frost_entitiesDefault.json", {"series": "{name}"}),
    ("sensorthings", "sensorthings/geonovum_observations1.json", {"series": "level"}),
    ("open311", "open311/open311status_requests_many.xml", {}),
    ("open311", "open311/open311status_service_requests.json", {}),
    ("mqtt", "mqtt/senml_ex5.json", MQTT),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "name", "options"), PAYLOADS)
def test_no_listed_part_of_a_payload_gave_a_value(protocol: str, name: str, options: dict[str, Any]) -> None:
    data = shared(name).read_bytes().removeprefix(BOM_UTF8)
    if name.endswith("observations1.json"):  # lines of JSON
        body: Any = [json.loads(line) for line in data.splitlines() if line.startswith(b"{")]
    else:
        body = tostring(fromstring(data), encoding="unicode") if data.lstrip()[:1] == b"<" else json.loads(data)
    changed = _without_listed(body, set(listed(protocol, options, body)))
    before, after = parsed(protocol, options, body), parsed(protocol, options, changed)
    assert isinstance(before, Batch) and isinstance(after, Batch)
    assert before.readings or before.events
    assert (after.readings, after.events) == (before.readings, before.events)
