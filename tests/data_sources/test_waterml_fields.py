"""WaterML: offsets, units and numbers for "no data" wherever an answer of any version has them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_sources._mapping.errors import MappingCode
from data_sources.waterml.errors import WaterMlCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import canonical_unit
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row
from tests.data_sources.test_waterml import first, point, read, second

SITE_ZONE = (
    '<sourceInfo><siteCode>A</siteCode><timeZoneInfo siteUsesDaylightSavingsTime="{}">'
    '<defaultTimeZone zoneOffset="-06:00"/><daylightSavingsTimeZone zoneOffset="-05:00"/></timeZoneInfo></sourceInfo>'
)


def in_zone(time: str, uses_daylight: bool = False) -> str:
    site = SITE_ZONE.format(str(uses_daylight).lower())
    return first(f"<value {time}>1</value>").replace("<sourceInfo><siteCode>A</siteCode></sourceInfo>", site)


@pytest.mark.parametrize(
    ("time", "hour"),
    [
        ('dateTime="2026-11-24T01:00:00"', 7),
        ('dateTime="2026-11-24T01:00:00" timeOffset="07:00"', -6),
        ('dateTime="2026-11-24T09:00:00" timeOffset="+7"', 2),
        ('dateTime="2026-11-24T09:00:00+07:00"', 2),
        ('dateTime="2026-11-24T01:00:00" dateTimeUTC="2026-11-24T08:00:00+00:00"', 8),
        ('dateTime="2026-11-24"', 6),
        ('dateTime="2026-11-24T01:00"', 7),
    ],
)
def test_offset_of_a_time_is_its_own_else_that_of_the_site(time: str, hour: int) -> None:
    expected = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=hour)
    assert [one.observed for one in read(in_zone(time)).readings] == [expected]


def test_time_without_an_offset_of_a_site_with_two_is_rejected() -> None:
    batch = read(in_zone('dateTime="2026-11-24T01:00:00"', uses_daylight=True))
    params = {"text": "2026-11-24T01:00:00", "offsets": "-06:00/-05:00", "example": "America/Chicago"}
    failure = Failure(WaterMlCode.DAYLIGHT_SAVING, params)
    assert not batch.readings and failures(batch) == [failure]
    assert len(read(in_zone('dateTime="2026-11-24T01:00:00-06:00"', uses_daylight=True)).readings) == 1


@pytest.mark.parametrize(
    ("zone", "time", "result"),
    [
        ("America/Chicago", "2026-11-24T01:00:00", 7),
        ("America/Chicago", "2026-07-24T01:00:00", 6),
        ("America/Chicago", "2026-11-01T01:30:00", ParseCode.CLOCK_CHANGE),
        ("Asia/Ho_Chi_Minh", "2026-11-24T01:00:00", WaterMlCode.OTHER_ZONE),
        # Its winter offset is the summer offset of the site.
        ("America/New_York", "2026-11-24T01:00:00", WaterMlCode.OTHER_ZONE),
        ("America/New_York", "2026-07-24T01:00:00", WaterMlCode.OTHER_ZONE),
        ("Etc/GMT+6", "2026-07-24T01:00:00", 7),  # its clocks never change
    ],
)
def test_zone_of_the_row_decides_between_two_offsets_of_a_site(zone: str, time: str, result: object) -> None:
    batch = read(in_zone(f'dateTime="{time}"', uses_daylight=True), zone=zone)
    assert [one.observed.hour for one in batch.readings] or codes(batch) == [result]
    assert [one.observed.hour for one in batch.readings] == ([result] if isinstance(result, int) else [])


@pytest.mark.parametrize(
    ("standard", "daylight", "example"),
    [("-05:00", "-04:00", "America/New_York"), ("+01:00", "+02:00", "Europe/Paris"), ("+03:00", "+04:00", "Area/City")],
)
def test_zone_that_the_reason_names_has_the_offsets_of_the_site(standard: str, daylight: str, example: str) -> None:
    site = in_zone('dateTime="2026-11-24T01:00:00"', uses_daylight=True)
    site = site.replace("-05:00", daylight).replace("-06:00", standard)
    assert [one.params["example"] for one in failures(read(site))] == [example]
    if example != "Area/City":  # none of the zones that are named
        assert len(read(site, zone=example).readings) == 1


def test_unreadable_one_of_two_offsets_is_no_zone() -> None:
    site = in_zone('dateTime="2026-11-24T01:00:00"', uses_daylight=True).replace("-05:00", "CDT")
    assert codes(read(site, zone="America/Chicago")) == [ParseCode.UNKNOWN_ZONE]


def test_offset_of_a_point_of_the_second_version_is_that_of_its_site() -> None:
    zone = "<w:timeZone><w:TimeZone><w:zoneOffset>+09:00</w:zoneOffset></w:TimeZone></w:timeZone>"
    site = f"<o:featureOfInterest><w:MonitoringPoint>{zone}</w:MonitoringPoint></o:featureOfInterest>"
    body = second(point("2026-11-24T09:00:00")).replace("<o:result>", f"{site}<o:result>")
    body = body.replace('<o:featureOfInterest x:href="http://example.vn/stations/can-tho" x:title="Cần Thơ"/>', "")
    assert [one.observed for one in read(body, series="x").readings] == [datetime(2026, 11, 24, tzinfo=UTC)]


def test_every_declared_number_for_no_data_is_no_value() -> None:
    declared = "<noDataValue>-9999.0</noDataValue><noDataValue>-1</noDataValue>"
    values = "".join(
        f'<value dateTime="2026-11-24T0{n}:00:00Z">{text}</value>' for n, text in enumerate(("-9999", "-1"))
    )
    body = first(values).replace("</variable>", f"{declared}</variable>")
    assert [one.value for one in read(body).readings] == [None, None]
    assert [one.value for one in read(as_json(noDataValue=[-1, 1.5])).readings] == [None]


def test_unit_of_a_point_comes_before_that_of_its_series() -> None:
    points = point(metadata='<w:uom code="cm"/>') + point("2026-11-24T17:00:00+07:00")
    assert [one.unit for one in read(second(points)).readings] == ["cm", "m"]
    assert [one.unit for one in read(second(points, default="")).readings] == ["cm", ""]


TWO_UNITS = "<unit><unitCode>m</unitCode></unit><unit><unitCode>cm</unitCode></unit>"


@pytest.mark.parametrize(
    "body",
    [
        first('<value dateTime="2026-11-24T09:00:00Z">1</value>', TWO_UNITS),
        first('<unit><unitCode>cm</unitCode></unit><value dateTime="2026-11-24T09:00:00Z">1</value>'),
        second(point(), '<w:uom code="m"/><w:uom code="cm"/>'),
    ],
)  # fmt: skip
def test_two_different_units_are_rejected(body: str) -> None:
    batch = read(body)
    assert not batch.readings and failures(batch) == [Failure(MappingCode.UNITS_DIFFER, {"first": "m", "second": "cm"})]
    assert [one.unit for one in read(body, unit="cm").readings] == ["cm"]


def as_json(value: Any = None, block: Any = None, **variable: Any) -> str:
    item = value or {"value": "1.5", "dateTime": "2026-11-24T09:00:00Z"}
    series = {
        "sourceInfo": {"siteCode": [{"value": "A"}]},
        "variable": {"variableCode": [{"value": "B"}], "unit": {"unitCode": "m"}, **variable},
        "values": block or [{"value": [item]}],
    }
    return json.dumps({"value": {"timeSeries": [series]}})


def test_only_item_of_a_list_of_json_may_stand_alone() -> None:
    item = {"value": "1.5", "dateTime": "2026-11-24T16:00:00", "timeOffset": "+07:00", "qualifiers": "e"}
    for body in (as_json(item), as_json(block={"value": item}), as_json(block=[{"value": item}])):
        (reading,) = read(body).readings
        assert (reading.value, reading.quality) == (1.5, "suspect")
        assert reading.observed == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_unit_of_json_is_read_in_every_form() -> None:
    for unit in ("cm", {"unitAbbreviation": "cm"}, {"unitCode": "52", "unitName": "centimeter"}):
        assert [canonical_unit(one.unit) for one in read(as_json(unit=unit)).readings] == ["cm"]


@pytest.mark.parametrize(
    ("attributes", "censor"),
    [
        ('censorCode="lt"', "lt"), ('censorCode="gt"', "gt"), ('censorCode="nd"', "nd"), ('censorCode="pnq"', "pnq"),
        ('censorCode="nc"', ""), ('censorCode=""', ""), ('qualifiers="P &lt;"', "<"), ('qualifiers="&gt;"', ">"),
    ],
)  # fmt: skip
def test_limit_of_what_could_be_measured_is_no_value(attributes: str, censor: str) -> None:
    batch = read(first(f'<value dateTime="2026-11-24T09:00:00Z" {attributes}>0.05</value>'))
    found = [item.failure for item in batch.rejected_items]
    assert found == ([Failure(WaterMlCode.CENSORED, {"value": 0.05, "censor": censor})] if censor else [])
    assert [one.value for one in batch.readings] == ([] if censor else [0.05])


def test_limit_in_json_and_in_version_2_is_no_value() -> None:
    item = {"value": "0.05", "dateTime": "2026-11-24T09:00:00Z", "censorCode": "lt"}
    marked = {**item, "censorCode": "nc", "qualifiers": ["P", "<"]}
    href = "http://www.opengis.net/def/nil/OGC/0/BelowDetectionRange"
    reason = f'<w:censoredReason x:href="{href}"/>'
    default = second(point(value="0.05"), default=f'<w:uom code="m"/>{reason}')
    bodies = {
        as_json(item): "lt", as_json(marked): "<", second(point(value="0.05", metadata=reason)): "BelowDetectionRange",
        default: "BelowDetectionRange",
    }  # fmt: skip
    for body, censor in bodies.items():
        batch = read(body)
        assert [item.failure for item in batch.rejected_items] == [
            Failure(WaterMlCode.CENSORED, {"value": 0.05, "censor": censor})
        ]
        assert not batch.readings


def test_limit_that_means_no_value_is_none() -> None:
    body = first('<value dateTime="2026-11-24T09:00:00Z" censorCode="nd">-999999</value>')
    assert [one.value for one in read(body).readings] == [None]
    body = first('<value dateTime="2026-11-24T09:00:00Z" censorCode="lt">0.05</value>')
    assert [one.value for one in read(body, missing=[0.05]).readings] == [None]


@pytest.mark.parametrize(("methods", "count"), [(("1", "1"), 2), (("1", "2"), 0)])
@pytest.mark.parametrize("value", ["2.9", ""])
def test_two_sensors_of_one_series_are_rejected(methods: tuple[str, str], count: int, value: str) -> None:
    body = first(
        f'<value dateTime="2026-11-24T09:00:03Z" methodCode="{methods[0]}">1.5</value>'
        f'<value dateTime="2026-11-24T09:00:07Z" methodCode="{methods[1]}">{value}</value>'
    )
    source = row(series_keys=("a-b",), units={"a-b": "m"})
    batch = validate_batch(read(body, series="{site}-{variable}"), source.polled_series(), NOW)
    assert len(batch.readings) + batch.gap_mark_count == count
    assert set(codes(batch)) == (set() if count else {ValidationCode.SENSORS_OF_ONE_SERIES})
