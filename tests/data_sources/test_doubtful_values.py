"""What no protocol may guess: decimal signs, values and names that contradict each other, nulls that end an answer."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_sources import protocols
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row, shared

TIME = "2026-11-24T09:00:00Z"
MAPPING = {"items": "data", "series": "{id}", "value": "value", "time": "time"}
ITEM = {"id": "level", "time": TIME}
Cells = list[Any]


def as_json(cells: Cells) -> bytes:
    times = (f"2026-11-24T0{n}:00:00Z" for n in range(9))
    data = [{**ITEM, "time": time, "value": cell} for time, cell in zip(times, cells, strict=False)]
    return json.dumps({"data": data}).encode()


def as_list(cells: Cells) -> bytes:
    return json.dumps(json.loads(as_json(cells))["data"]).encode()


def as_csv(cells: Cells) -> bytes:
    return "\n".join(["Ngày;Trạm;Mực", *(f"2026-11-24 0{n}:00;A;{cell}" for n, cell in enumerate(cells))]).encode()


def as_tt10(cells: Cells) -> bytes:
    return "\n".join(f"p\t{cell}\tm\t202611240{n}0000\t00" for n, cell in enumerate(cells)).encode()


def as_sensorthings(cells: Cells) -> bytes:
    observations = [{"phenomenonTime": f"2026-11-24T0{n}:00:00Z", "result": cell} for n, cell in enumerate(cells)]
    return json.dumps({"value": [{"@iot.id": 1, "name": "level", "Observations": observations}]}).encode()


def as_kiwis(cells: Cells) -> bytes:
    rows = [[f"2026-11-24T0{n}:00:00Z", cell] for n, cell in enumerate(cells)]
    return json.dumps([{"ts_id": "1", "columns": "Timestamp,Value", "data": rows}]).encode()


def as_openaq(cells: Cells) -> bytes:
    sensors = [
        {
            "id": n, "parameter": {"name": "pm25", "units": "m"},
            "latest": {"datetime": {"utc": TIME}, "value": cell},
        }
        for n, cell in enumerate(cells)
    ]  # fmt: skip
    return json.dumps({"results": sensors}).encode()


def as_ngsi(cells: Cells) -> bytes:
    entities = [{"id": f"urn:s:{n}", "level": cell, "dateObserved": TIME} for n, cell in enumerate(cells)]
    return json.dumps(entities).encode()


# protocol, its options, an answer with these cells in one column
COLUMNS: list[tuple[str, dict[str, Any], Any]] = [
    ("http_json", MAPPING, as_json),
    ("webhook", {**MAPPING, "push_token": "${T}"}, as_json),
    ("mqtt", {**MAPPING, "topics": ["a"]}, as_json),
    ("sql_view", {**MAPPING, "items": "@", "query": "SELECT 1"}, as_list),
    ("spreadsheet", {"time": "Ngày", "name": "Trạm", "columns": {"level-{name}": "Mực"}, "day_first": False}, as_csv),
    ("tt10", {}, as_tt10),
    ("sensorthings", {}, as_sensorthings),
    ("kiwis", {}, as_kiwis),
    ("openaq", {"stations": [7]}, as_openaq),
    ("ngsi", {"values": {"level-{tail}": "level"}}, as_ngsi),
]
IDS = [protocol for protocol, _, _ in COLUMNS]


def parse(protocol: str, options: dict[str, Any], body: bytes) -> Batch:
    page = ResponsePage(body, address="CT_20261124090000.txt" if protocol == "tt10" else "7")
    return protocols()[protocol].parse(row(options=options, protocol=protocol), Payload((page,)), NOW)


@pytest.mark.parametrize(("protocol", "options", "body"), COLUMNS, ids=IDS)
@pytest.mark.parametrize("text", ["2.795", "1,234", "-12.000"])
def test_ambiguous_text_alone_is_rejected_in_every_protocol(
    protocol: str, options: dict[str, Any], body: Any, text: str
) -> None:
    batch = parse(protocol, options, body([text, "7"]))
    assert [reading.value for reading in batch.readings] == [7]
    assert codes(batch) == [ParseCode.DECIMAL_AMBIGUOUS]


@pytest.mark.parametrize(("protocol", "options", "body"), COLUMNS, ids=IDS)
def test_column_or_row_decides_in_every_protocol(protocol: str, options: dict[str, Any], body: Any) -> None:
    def values(cells: Cells, **more: str) -> list[float | None]:
        batch = parse(protocol, {**options, **more}, body(cells))
        assert not batch.rejected_items
        return [reading.value for reading in batch.readings]

    assert values(["2.795", "2.8"]) == [2.795, 2.8]
    assert values(["2.795", "2,8"]) == [2795, 2.8]
    assert values(["2.795"], decimal=".") == [2.795]
    assert values(["2.795"], decimal=",") == [2795]
    assert values(["1,234"], decimal=",") == [1.234]


@pytest.mark.parametrize(("protocol", "options", "body"), COLUMNS, ids=IDS)
def test_contradictory_column_is_rejected_in_every_protocol(protocol: str, options: dict[str, Any], body: Any) -> None:
    batch = parse(protocol, options, body(["2.795", "2.8", "2,8", "3"]))
    # Items, and rows of a station file, may come from different devices: each that is not ambiguous stands for itself.
    expected = [3] if protocol == "spreadsheet" else [2.8, 2.8, 3]
    assert [reading.value for reading in batch.readings] == expected
    assert codes(batch) == [ParseCode.DECIMAL_MIXED] * (4 - len(expected))


@pytest.mark.parametrize("time", ["hôm qua", "2026-11-24T08:00:00", None])
def test_number_of_an_item_without_a_certain_time_still_shows_its_sign(time: str | None) -> None:
    """A device that writes a point is one of the column, though its item is rejected."""
    document = json.loads(as_json(["2.795", "2,8", "2.8"]))
    document["data"][2]["time"] = time
    batch = parse("http_json", MAPPING, json.dumps(document).encode())
    assert [reading.value for reading in batch.readings] == [2.8]
    assert sorted(codes(batch))[0] == ParseCode.DECIMAL_MIXED and len(codes(batch)) == 2


@pytest.mark.parametrize(("protocol", "options", "body"), COLUMNS, ids=IDS)
def test_decimal_of_the_row_rejects_the_other_sign_in_every_protocol(
    protocol: str, options: dict[str, Any], body: Any
) -> None:
    batch = parse(protocol, {**options, "decimal": "."}, body(["2.5", "2,5", "2.795"]))
    if protocol == "tt10":  # each row may come from a device of its own
        assert [reading.value for reading in batch.readings] == [2.5, 2.5, 2.795]
    else:
        assert [reading.value for reading in batch.readings] == [2.5, 2.795]
        assert codes(batch) == [ParseCode.DECIMAL_OTHER]


@pytest.mark.parametrize(
    ("protocol", "options", "body"), [one for one in COLUMNS if one[0] not in ("tt10", "spreadsheet")]
)
def test_json_number_is_never_ambiguous(protocol: str, options: dict[str, Any], body: Any) -> None:
    batch = parse(protocol, options, body([2.795, 1234]))
    assert [reading.value for reading in batch.readings] == [2.795, 1234] and not batch.rejected_items


WATERML = b"""<timeSeriesResponse><timeSeries><sourceInfo><siteCode>level</siteCode></sourceInfo><variable>
<variableCode>1</variableCode></variable><values><value dateTime="2026-11-24T09:00:00Z">x</value></values></timeSeries>
</timeSeriesResponse>"""


@pytest.mark.parametrize(
    ("protocol", "options", "body"),
    [
        ("sensorthings", {}, as_sensorthings(["x"])),
        ("kiwis", {"series": "level-{ts_id}"}, as_kiwis(["x"])),
        ("waterml", {}, WATERML),
    ],
)
def test_rejected_value_names_its_series(protocol: str, options: dict[str, Any], body: bytes) -> None:
    (item,) = parse(protocol, options, body).rejected_items
    assert item.sample.startswith("level") and "x" in item.sample


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(
    ("protocol", "options", "body"), [one for one in COLUMNS if one[0] not in ("tt10", "spreadsheet")]
)
def test_bare_nan_is_no_value_of_its_own_item_in_every_protocol(
    protocol: str, options: dict[str, Any], body: Any, constant: str
) -> None:
    batch = parse(protocol, options, body([2.5, "bare", 7]).replace(b'"bare"', constant.encode()))
    assert [reading.value for reading in batch.readings] == [2.5, None, 7] and not batch.rejected_items


@pytest.mark.parametrize(
    ("protocol", "options", "body"), [one for one in COLUMNS if one[0] not in ("tt10", "spreadsheet")]
)
def test_key_that_an_object_has_twice_is_rejected_in_every_protocol(
    protocol: str, options: dict[str, Any], body: Any
) -> None:
    raw = body([7.5])
    for key in (b"value", b"result", b"level", b"data"):
        raw = raw.replace(b'"%s": 7.5' % key, b'"%s": 8, "%s": 7.5' % (key, key))
        raw = raw.replace(b'"%s": [[' % key, b'"%s": [["2026-11-24T00:00:00Z", 8]], "%s": [[' % (key, key))
    assert raw != body([7.5])
    try:
        batch = parse(protocol, options, raw)
    except SourceError as error:
        batch = Batch(rejected_items=(RejectedItem("", error.failure),))
    assert not batch.readings and codes(batch) == [DecodingCode.KEY_TWICE]


def waterml(*values: str, options: str = "") -> str:
    """A time series of WaterML 1.1 with these elements `values`."""
    head = (
        f"<sourceInfo><siteCode>A</siteCode></sourceInfo><variable><variableCode>B</variableCode>{options}</variable>"
    )
    return f"<timeSeries>{head}{''.join(values)}</timeSeries>"


def test_number_of_waterml_has_a_point_by_its_format() -> None:
    points = "".join(f'<value dateTime="{TIME}">{text}</value>' for text in ("2.795", "1,234"))
    body = waterml(f"<values>{points}</values>")
    batch = parse("waterml", {}, f"<timeSeriesResponse>{body}</timeSeriesResponse>".encode())
    assert [reading.value for reading in batch.readings] == [2.795] and codes(batch) == [ParseCode.NOT_A_NUMBER]


def test_two_rows_of_a_sheet_with_one_label_are_rejected_unless_equal() -> None:
    source = row(
        options={"time": "Ngày", "name": "Trạm", "columns": {"level-{name}": "Mực"}, "decimal": ","},
        protocol="spreadsheet", series_keys=("level-a", "level-b"),
    )  # fmt: skip
    body = "Ngày;Trạm;Mực\n24/11/2026;A;1,5\n24/11/2026;A;1,7\n24/11/2026;B;2,5\n24/11/2026;B;2,50\n"
    raw = protocols()["spreadsheet"].parse(source, Payload((ResponsePage(body.encode(), address="a.csv"),)), NOW)
    batch = validate_batch(raw, source.polled_series(), NOW)
    assert [(reading.series, reading.value) for reading in batch.readings] == [("level-b", 2.5)]
    assert codes(batch) == [ValidationCode.VALUES_DIFFER] * 2
    largest = validate_batch(raw, source.polled_series(), NOW, duplicates=DuplicateRule.MAX)
    assert [reading.value for reading in largest.readings] == [1.7, 2.5] and not largest.rejected_items


def test_labels_that_differ_in_tone_marks_are_rejected_in_one_file_and_not_across_files() -> None:
    source = row(
        options={"time": "Ngày", "name": "Trạm", "columns": {"level-{name}": "Mực"}},
        protocol="spreadsheet", series_keys=("level-dam",),
    )  # fmt: skip
    parse_files, head = protocols()["spreadsheet"].parse, "Ngày;Trạm;Mực\n"

    def validated(*bodies: str) -> Batch:
        pages = tuple(ResponsePage((head + body).encode(), address=f"2026-{n}.csv") for n, body in enumerate(bodies, 1))
        return validate_batch(parse_files(source, Payload(pages), NOW), source.polled_series(), NOW)

    together = validated("24/11/2026;Đầm;1\n23/11/2026;Dam;2\n")
    assert not together.readings and codes(together) == [ValidationCode.NAMES_OF_ONE_SERIES] * 2
    apart = validated("24/11/2026;Đầm;1\n", "23/11/2026;Dam;2\n")
    assert [reading.value for reading in apart.readings] == [1, 2]


@pytest.mark.parametrize("protocol", ["mqtt", "webhook"])
def test_later_message_of_a_poll_corrects_an_earlier_one(protocol: str) -> None:
    options = {**MAPPING, **({"topics": ["a"]} if protocol == "mqtt" else {"push_token": "${T}"})}
    source = row(options=options, protocol=protocol)
    pages = tuple(
        ResponsePage(json.dumps({"data": [{**ITEM, "value": value}]}).encode(), address="a") for value in (1, 2)
    )
    raw = protocols()[protocol].parse(source, Payload(pages), NOW)
    batch = validate_batch(raw, source.polled_series(), NOW)
    assert [reading.value for reading in batch.readings] == [1, 2] and not batch.rejected_items
    one_message = ResponsePage(json.dumps({"data": [{**ITEM, "value": 1}, {**ITEM, "value": 2}]}).encode(), address="a")
    raw = protocols()[protocol].parse(source, Payload((one_message,)), NOW)
    assert codes(validate_batch(raw, source.polled_series(), NOW)) == [ValidationCode.VALUES_DIFFER] * 2


def test_default_series_of_two_sensors_differ() -> None:
    sensors = [
        f'<values><value dateTime="{TIME}">{n}</value><method methodID="{n}"/></values>' for n in (1, 2)
    ]  # fmt: skip
    points = "".join(f'<value dateTime="{TIME}" methodCode="{n}">{n}</value>' for n in (3, 4))
    daily = '<options><option name="Statistic" optionCode="00003">Mean</option></options>'
    body = waterml(*sensors, f"<values>{points}</values>")
    body += waterml(f'<values><value dateTime="{TIME}">5</value></values>', options=daily)
    batch = parse("waterml", {}, f"<timeSeriesResponse>{body}</timeSeriesResponse>".encode())
    assert {reading.series: reading.value for reading in batch.readings} == {
        "a-b-1": 1, "a-b-2": 2, "a-b-3": 3, "a-b-4": 4, "a-b-00003": 5,
    }  # fmt: skip
    streams = [
        {"@iot.id": n, "name": "Nhiệt độ", "Observations": [{"phenomenonTime": TIME, "result": n}]} for n in (1, 2)
    ]
    batch = parse("sensorthings", {}, json.dumps({"value": streams}).encode())
    assert [reading.series for reading in batch.readings] == ["nhiet-do-1", "nhiet-do-2"]
    batch = parse("openaq", {"stations": [7]}, as_openaq([1, 2]))
    assert len({reading.series for reading in batch.readings}) == 2


def test_gap_mark_of_kiwis_does_not_take_the_value_away() -> None:
    last = datetime(2026, 11, 24, 8, 45, tzinfo=UTC)
    rows: list[list[Any]] = [[(last - timedelta(minutes=15 * n)).isoformat(), 1.5] for n in (2, 1, 0)]
    rows.append([(last + timedelta(seconds=1)).isoformat(), None])
    body = json.dumps([{"ts_id": "1", "columns": "Timestamp,Value", "data": rows}]).encode()
    source = row(protocol="kiwis", series_keys=("1",))
    batch = validate_batch(parse("kiwis", {}, body), source.polled_series(), NOW)
    assert [reading.value for reading in batch.readings] == [1.5] * 3 and batch.gap_mark_count == 1


def test_recorded_answers_have_no_doubtful_number() -> None:
    batch = parse("waterml", {}, shared("hydro/usgs_waterservices_iv.txt").read_bytes())
    assert batch.readings and not batch.rejected_items


def test_recorded_table_with_long_decimals_is_read_by_its_column() -> None:
    """Among its heights "3.175" is ambiguous and "3.2" is not."""
    body = shared("hydro/mrc_water_level_sample.csv").read_bytes()
    options = {"time": "Date", "columns": {"level": "h"}}
    page = ResponsePage(body, address="a.csv")
    batch = protocols()["spreadsheet"].parse(row(options=options), Payload((page,)), NOW)
    assert not batch.rejected_items and all(0 < (reading.value or 0) < 20 for reading in batch.readings)
    lone = ResponsePage(b"\n".join([body.splitlines()[0], b"2025-05-18,3.175"]), address="a.csv")
    assert codes(protocols()["spreadsheet"].parse(row(options=options), Payload((lone,)), NOW)) == [
        ParseCode.DECIMAL_AMBIGUOUS
    ]
