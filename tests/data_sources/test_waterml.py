"""WaterML: three versions and a JSON form, missing and doubtful values, times in all their forms."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping import MAX_ITEMS
from data_sources._mapping.errors import XmlCode
from data_sources.waterml import Options, fetch, parse
from data_sources.waterml.errors import WaterMlCode
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared


def read(body: str | bytes, **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else body.encode())
    return parse(row(options=options, protocol="waterml"), Payload((page,)), NOW)


def first(values: str, unit: str = "<unit><unitCode>m</unitCode></unit>", root: str = "timeSeriesResponse") -> str:
    return (
        f"<{root}><timeSeries><sourceInfo><siteCode>A</siteCode></sourceInfo><variable><variableCode>B</variableCode>"
        f"{unit}</variable><values>{values}</values></timeSeries></{root}>"
    )


def second(points: str, default: str = '<w:uom code="m"/>', root: str = "w:Collection") -> str:
    return (
        f'<{root} xmlns:w="http://www.opengis.net/waterml/2.0" xmlns:o="http://www.opengis.net/om/2.0" '
        'xmlns:x="http://www.w3.org/1999/xlink" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        '<w:observationMember><o:OM_Observation><o:observedProperty x:href="http://example.vn/def/level"/>'
        '<o:featureOfInterest x:href="http://example.vn/stations/can-tho" x:title="Cần Thơ"/><o:result>'
        f"<w:MeasurementTimeseries><w:defaultPointMetadata><w:DefaultTVPMeasurementMetadata>{default}"
        f"</w:DefaultTVPMeasurementMetadata></w:defaultPointMetadata>{points}</w:MeasurementTimeseries>"
        f"</o:result></o:OM_Observation></w:observationMember></{root}>"
    )


def point(time: str = "2026-11-24T16:00:00+07:00", value: str = "1.87", metadata: str = "") -> str:
    inner = f"<w:metadata><w:TVPMeasurementMetadata>{metadata}</w:TVPMeasurementMetadata></w:metadata>"
    return bare_point(f"<w:time>{time}</w:time><w:value>{value}</w:value>{inner}")


def bare_point(inner: str) -> str:
    return f"<w:point><w:MeasurementTVP>{inner}</w:MeasurementTVP></w:point>"


def test_waterml_1_gives_readings_and_rejects_faulty_values() -> None:
    options = {"zone": "Asia/Ho_Chi_Minh"}  # one of its times has no zone
    batch = parse(row(options=options), Payload((fixture("waterml11.xml"),)), NOW)
    assert [
        (one.series, one.observed.strftime("%H:%M"), one.value, one.unit, one.quality) for one in batch.readings
    ] == [
        ("ct01-00065-2", "09:00", 6.1, "ft", "good"),
        ("ct01-00065-2", "09:05", 6.2, "ft", "suspect"),
        ("ct01-00065-2", "09:10", 6.3, "ft", "good"),
        ("ct01-00065-2", "09:15", None, "ft", "good"),
        ("ct01-00065-2", "09:16", None, "ft", "good"),
    ]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("series[0].value[5]", ParseCode.NOT_A_NUMBER),
        ("series[0].value[6]", ParseCode.TIME_MISSING),
        ("series[1]", ParseCode.SERIES_NAME_MISSING),
    ]


def test_series_by_other_names() -> None:
    body = fixture("waterml11.xml").body
    for template, series in (
        ("{site_name}-{method}", "can-tho-2"),
        ("{variable_name}", "muc-nuoc"),
        ("{id}", "mp-ct01-00065"),
    ):
        assert {one.series for one in read(body, series=template).readings} == {series}
    assert read(body, names={"CT01-00065-2": "level"}).readings[0].series == "level"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("<unit><unitAbbreviation>cm</unitAbbreviation></unit>", "cm"),
        ('<units unitsAbbreviation="ft3/s">cubic feet</units>', "ft3/s"),
        ("", ""),
    ],
)
def test_units_of_the_first_versions(unit: str, expected: str) -> None:
    body = first('<value dateTime="2026-11-24T09:00:00Z">1</value>', unit)
    assert [one.unit for one in read(body).readings] == [expected]
    assert [one.unit for one in read(body, units={"": "m"}).readings] == [expected or "m"]
    assert [one.unit for one in read(body, unit="mm").readings] == [expected or "mm"]


def test_cubic_feet_become_cubic_metres() -> None:
    source = row(series_keys=("a-b",), units={"a-b": "m³/s"})
    body = first('<value dateTime="2026-11-24T09:00:00Z">1000</value>', "<unit><unitCode>ft3/s</unitCode></unit>")
    (reading,) = validate_batch(
        parse(source, Payload((ResponsePage(body.encode()),)), NOW), source.polled_series(), NOW
    ).readings
    assert reading.value == pytest.approx(28.316846592)


def test_waterml_2_gives_readings_and_rejects_a_point_without_time() -> None:
    points = [
        point(),
        point("2026-11-24", "1.9"),
        point("2026-11-24T16:05:00", ""),
        point(value="-999999"),
        point(metadata='<w:quality x:href="http://www.opengis.net/def/waterml/2.0/quality/suspect"/>'),
        point(metadata='<w:quality x:title="good"/>'),
        bare_point('<w:time>2026-11-24T16:06:00</w:time><w:value i:nil="true"/>'),
        bare_point("<w:metadata/>"),
        point("", "2"),
    ]
    batch = read(second("".join(points)), zone="Asia/Ho_Chi_Minh")
    assert [(one.observed.strftime("%d %H:%M"), one.value, one.quality) for one in batch.readings] == [
        ("24 09:00", 1.87, "good"), ("23 17:00", 1.9, "good"), ("24 09:05", None, "good"), ("24 09:00", None, "good"),
        ("24 09:00", 1.87, "suspect"), ("24 09:00", 1.87, "good"), ("24 09:06", None, "good"),
    ]  # fmt: skip
    assert {(one.series, one.unit) for one in batch.readings} == {("can-tho-level", "m")}
    assert codes(batch) == [ParseCode.TIME_MISSING]


def test_qualifiers_of_all_points_and_of_one() -> None:
    estimate = '<w:qualifier><s:Category xmlns:s="http://www.opengis.net/swe/2.0"><s:value>{}</s:value></s:Category></w:qualifier>'
    body = second(point() + point(metadata=estimate.format("P")), estimate.format("e") + '<w:uom x:title="ft"/>')
    assert [(one.quality, one.unit) for one in read(body).readings] == [("suspect", "ft"), ("good", "ft")]
    assert [one.quality for one in read(body, suspect=["P"]).readings] == ["good", "suspect"]


def test_the_answer_may_be_inside_an_envelope() -> None:
    inner = first('<value dateTime="2026-11-24">1</value>')
    assert len(read(f"<Envelope><Body>{inner}</Body></Envelope>").readings) == 1
    assert len(read(second(point(), root="GetObservationResponse")).readings) == 1


def test_an_answer_without_series_is_an_empty_batch() -> None:
    collection = '<Collection xmlns="http://www.opengis.net/waterml/2.0"/>'
    assert (
        read("<timeSeriesResponse><queryInfo/></timeSeriesResponse>")
        == read(collection)
        == read('{"value": {"timeSeries": []}}')
        == Batch()
    )


def test_waterml_1_in_json_gives_readings_and_rejects_values_without_time() -> None:
    values = [
        {"value": "974", "qualifiers": ["A"], "dateTime": "2026-11-24T16:00:00.000+07:00"},
        {"value": "-999999", "qualifiers": ["P", "Eqp"], "dateTime": "2026-11-24T16:05:00.000+07:00"},
        {"value": "980", "qualifiers": ["P", "e"], "dateTime": "2026-11-24T16:10:00.000+07:00"},
        {"value": "990"},
        None,
    ]
    one = {
        "sourceInfo": {"siteCode": [{"value": "CT01"}]},
        "variable": {"variableCode": [{"value": "00060"}], "unit": {"unitCode": "m3/s"}, "noDataValue": -999999.0},
        "values": [{"value": values, "method": [{"methodID": 69512}]}, {"value": None}],
    }
    batch = read(json.dumps({"value": {"timeSeries": [one, {}]}}))
    assert [(one.series, one.value, one.unit, one.quality) for one in batch.readings] == [
        ("ct01-00060-69512", 974, "m3/s", "good"),
        ("ct01-00060-69512", None, "m3/s", "good"),
        ("ct01-00060-69512", 980, "m3/s", "suspect"),
    ]
    assert codes(batch) == [ParseCode.TIME_MISSING, ParseCode.TIME_MISSING, WaterMlCode.NOT_A_MEASUREMENT]


def test_a_value_of_tomorrow_is_rejected() -> None:
    source = row(series_keys=("a-b",))
    body = first(
        '<value dateTime="2026-11-25T16:18:00+07:00">1</value><value dateTime="2026-11-23T16:18:00+07:00">2</value>'
    )
    batch = validate_batch(parse(source, Payload((ResponsePage(body.encode()),)), NOW), source.polled_series(), NOW)
    assert [one.value for one in batch.readings] == [2] and codes(batch) == [ValidationCode.TIME_AHEAD]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-be", "windows-1258"])
def test_other_charsets_are_read(charset: str) -> None:
    body = second(point()).replace("Cần Thơ", "Sông Hâ\u0323u")
    assert read(body.encode(charset), series="{site_name}").readings[0].series == "song-hau"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", DecodingCode.EMPTY),
        ("<html>", DecodingCode.HTML),
        ("7", XmlCode.NOT_XML),
        ("{", DecodingCode.NOT_JSON),
        ("{}", WaterMlCode.JSON_WITHOUT_SERIES),
        ('{"value": {"timeSeries": 7}}', WaterMlCode.JSON_WITHOUT_SERIES),
        (first("")[:60], XmlCode.NOT_WELL_FORMED),
        ("<kml/>", WaterMlCode.NOT_WATERML),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + first(""), XmlCode.DTD_OR_ENTITIES),
        ('{"a":' * 5_000, DecodingCode.JSON_TOO_DEEP),
    ],
)
def test_an_invalid_answer_is_an_error(body: str, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body)


def test_values_beyond_the_limit_are_left_out() -> None:
    batch = read(first('<value dateTime="2026-11-24">1</value>' * (MAX_ITEMS + 9)))
    assert len(batch.readings) == MAX_ITEMS and codes(batch)[-1] == IngestCode.ITEMS_LEFT_OUT


@pytest.mark.parametrize("options", [{"unit": "furlong"}, {"zone": "X/Y"}, {"series": "{[}"}, {"x": 1}])
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("waterml", tmp_path)
    assert {series.key for series in source.series} == {source.options["names"]["01491000-00060-69512"]}


async def test_the_request_has_the_params_of_the_row() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=first(f'<value dateTime="2026-11-24">{request.query["n"]}</value>'))

    async with serving(handler) as base, client_factory() as clients:
        source = row(base, {"params": {"n": "7"}})
        batch = parse(source, await fetch(source, clients.context_for(source)), NOW)
    assert [one.value for one in batch.readings] == [7]


def test_recorded_answers_of_usgs() -> None:
    xml = read(shared("hydro/usgsR_WaterML2Example.xml").read_bytes())
    assert [one.value for one in xml.readings] == [2690, 2750, 2990, 3180, 2940, 3100, 2620, 2300]
    assert not xml.rejected_items
    assert xml.readings[0].observed == datetime(2014, 8, 31, 17, tzinfo=UTC) and xml.readings[0].unit == "ft3/s"
    batch = read(shared("hydro/usgs_waterservices_iv.txt").read_bytes())
    assert len(batch.readings) == 20 and not batch.rejected_items
    assert {(one.series, one.unit) for one in batch.readings} == {
        ("01491000-00060-69512", "ft3/s"), ("01491000-00065-69513", "ft"),
        ("01645000-00060-69925", "ft3/s"), ("01645000-00065-69926", "ft"),
    }  # fmt: skip


OGC = '<o:parameter><o:NamedValue><o:name x:title="{name}"/><o:value>{value}</o:value></o:NamedValue></o:parameter>'
USGS = (
    '<o:procedure><w:ObservationProcess><w:parameter x:title="{name}"><o:NamedValue><o:name x:title="Mean"/>'
    "<o:value>{value}</o:value></o:NamedValue></w:parameter></w:ObservationProcess></o:procedure>"
)


@pytest.mark.parametrize("form", [OGC, USGS])
@pytest.mark.parametrize(
    ("name", "value", "series"),
    [
        ("Statistic", "00003", "can-tho-level-00003"),
        ("statistic", "Mean", "can-tho-level-mean"),
        ("Statistic", "00000", "can-tho-level"),
        ("Depth", "5", "can-tho-level"),
    ],
)
def test_the_statistic_of_waterml_2_is_part_of_the_series(form: str, name: str, value: str, series: str) -> None:
    parameter = form.format(name=name, value=value)
    batch = read(second(point()).replace("<o:observedProperty", f"{parameter}<o:observedProperty"))
    assert [one.series for one in batch.readings] == [series]


def test_a_table_is_not_waterml() -> None:
    with raises_failure(XmlCode.NOT_XML):
        read(shared("hydro/mrc_water_level_sample.csv").read_bytes())


WORDS = st.sampled_from(["timeSeries", "values", "value", "siteCode", "OM_Observation", "MeasurementTimeseries", "uom"])
TREE = st.recursive(
    st.sampled_from(["", "1", "-999999", "x", "2026-11-24"]),
    lambda inner: st.tuples(WORDS, st.lists(inner, max_size=4)).map(
        lambda one: f"<{one[0]}>{''.join(one[1])}</{one[0]}>"
    ),
    max_leaves=25,
)
KEYS = st.sampled_from(
    ["value", "timeSeries", "values", "sourceInfo", "siteCode", "variable", "qualifiers", "dateTime"]
)
JSON = st.recursive(
    st.none() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


@given(
    st.binary() | TREE.map(lambda one: first(one).encode()) | TREE.map(lambda one: second(one).encode())
    | JSON.map(lambda one: json.dumps({"value": {"timeSeries": one}}).encode())
)  # fmt: skip
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code and len(item.sample) <= 120 for item in batch.rejected_items)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e6, 1e6)), max_size=20))
def test_a_valid_answer_gives_exactly_its_readings(points: list[tuple[int, float]]) -> None:
    times = [datetime.fromtimestamp(second, UTC).isoformat() for second, _ in points]
    of_first = first(
        "".join(f'<value dateTime="{time}">{value!r}</value>' for time, (_, value) in zip(times, points, strict=True))
    )
    of_second = second("".join(point(time, repr(value)) for time, (_, value) in zip(times, points, strict=True)))
    for body in (of_first, of_second):
        batch = read(body, missing=[])
        assert not batch.rejected_items
        assert [(int(one.observed.timestamp()), one.value) for one in batch.readings] == points


WITHOUT_VALUES = '{"name": "x", "sourceInfo": {"siteCode": [{"value": "B"}]}}'
IN_JSON = (
    '{"value": {"timeSeries": [%s{"sourceInfo": {"siteCode": [{"value": "A"}]}, "variable": {"variableCode": '
    '[{"value": "h"}], "unit": {"unitCode": "m"}}, "values": [{"value": [{"value": "1.5", "dateTime": '
    '"2026-11-24T09:00:00Z"}]}]}]}}'
)


@pytest.mark.parametrize(
    ("whole", "before", "part", "element"),
    [
        (second(point()), "<w:observationMember>",
         '<w:observationMember><o:OM_Observation id="x"/></w:observationMember>', "MeasurementTimeseries"),
        (first('<value dateTime="2026-11-24T09:00:00Z">1.5</value>'), "<timeSeries>",
         "<timeSeries><sourceInfo><siteName>x</siteName></sourceInfo></timeSeries>", "values"),
        (IN_JSON, "%s", f"{WITHOUT_VALUES}, ", "values"),
    ],
)  # fmt: skip
def test_part_without_measurements_is_said_beside_one_with_them(
    whole: str, before: str, part: str, element: str
) -> None:
    alone = read(whole.replace("%s", ""))
    batch = read(whole.replace(before, part + before, 1).replace("%s", ""))
    assert len(alone.readings) == 1 and batch.readings == alone.readings
    (item,) = batch.rejected_items
    assert (item.location, item.sample) == ("series[0]", "x")
    assert item.failure == Failure(WaterMlCode.NOT_A_MEASUREMENT, {"element": element})
