"""A wrong option of any protocol is a fault with a text in both languages."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from data_sources import protocols
from ioc.config.errors import ConfigCode
from ioc.config.row_codes import RowCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.option_errors import OptionCode
from tests.config.folders import assert_worded, codes, load_faults, load_folder

_ROOT = Path(__file__).parents[2]
ONE: dict[str, Any] = {"series": "a", "value": "b"}
SHEET: dict[str, Any] = {"time": "t", "columns": {"a": "b"}}
ADDRESSES = {"mqtt": "mqtts://broker.example.org", "sql_view": "sqlite:////srv/his.db"}
POINT = {"key": "a", "lat": 10, "lon": 105}
# Each: protocol, options, codes of the faults.
Wrong = tuple[str, dict[str, Any], set[ErrorCode]]
WRONG_PATTERNS: list[Wrong] = [
    ("http_json", {**ONE, "time_format": pattern}, {OptionCode.INVALID_TIME_FORMAT})
    for pattern in ("%Q", "%-d/%m", "%d %d", "100 %", "%Y-W%V", "%H:%M", "%d/%m %H:%M")
]
HALF_DAY_PATTERNS: list[Wrong] = [
    ("http_json", {**ONE, "time_format": f"%d/%m/%Y {clock}"}, {OptionCode.HALF_DAY_CLOCK})
    for clock in ("%I:%M", "%H:%M %p", "%%p %I:%M", "%p", "%H %I:%M %p")
]
IMPOSSIBLE_OFFSETS: list[Wrong] = [
    ("http_json", {**ONE, "time_format": f"%d/%m/%Y %H:%M{zone}"}, {OptionCode.IMPOSSIBLE_OFFSET})
    for zone in ("+19:00", " GMT+19", " UTC-13", " (UTC +15:00)")
]
WRONG_TEMPLATES: list[Wrong] = [
    ("http_json", {**ONE, "series": template}, {OptionCode.UNPAIRED_BRACE})
    for template in ("b-{id", "b-id}", "b-{}", "b-{a{id}")
]
WRONG: list[Wrong] = [
    *WRONG_PATTERNS,
    *HALF_DAY_PATTERNS,
    *IMPOSSIBLE_OFFSETS,
    ("spreadsheet", {"name_time": "a-%Y-%m-%d-%I.xlsx", "columns": {"a": "b"}}, {OptionCode.HALF_DAY_CLOCK}),
    *WRONG_TEMPLATES,
    ("cameras", {}, {OptionCode.CAMERAS_OR_EVENTS}),
    ("cap", {"alerts": 0}, {ConfigCode.BELOW_MINIMUM}),
    ("rss", {"topics": {"a": [" "]}}, {OptionCode.TOPIC_WITHOUT_WORDS}),
    ("geojson", {"value": "x"}, {OptionCode.SERIES_OR_VALUES}),
    ("gtfs_rt", {"delay": "{line}"}, {OptionCode.DELAY_PLACEHOLDER}),
    ("http_json", {"series": "a"}, {OptionCode.SERIES_OR_VALUES}),
    ("http_json", {}, {OptionCode.SERIES_VALUES_OR_EVENTS}),
    ("http_json", {**ONE, "time_format": "x"}, {OptionCode.INVALID_TIME_FORMAT}),
    ("http_json", {"events": {"kind": "a", "key": "{id", "title": "b"}}, {OptionCode.UNPAIRED_BRACE}),
    ("waterml", {"series": "b-{site"}, {OptionCode.UNPAIRED_BRACE}),
    (
        "open_meteo",
        {"product": "weather", "points": [POINT], "variables": {"rain": "a-{point"}},
        {OptionCode.UNPAIRED_BRACE},
    ),
    ("spreadsheet", {"time": "t", "columns": {"a-{name": "b"}}, {OptionCode.UNPAIRED_BRACE}),
    ("spreadsheet", {"name_time": "%Q.xlsx", "columns": {"a": "b"}}, {OptionCode.INVALID_TIME_FORMAT}),
    ("tt10", {"series": "{station}-{parameter"}, {OptionCode.UNPAIRED_BRACE}),
    ("http_json", {**ONE, "zone": "Hanoi"}, {OptionCode.UNKNOWN_TIME_ZONE}),
    ("http_json", {**ONE, "unit": "thước"}, {RowCode.UNKNOWN_UNIT}),
    ("http_json", {**ONE, "units": {"m3/gio": "thước"}}, {RowCode.UNKNOWN_UNIT}),
    ("openaq", {"stations": [1], "units": {"c": "thước"}}, {RowCode.UNKNOWN_UNIT}),
    ("http_json", {**ONE, "units": {"Ngh. giường": "giường"}}, {OptionCode.MULTIPLE_LOST}),
    ("spreadsheet", {**SHEET, "units": {"Triệu HK": "người"}}, {OptionCode.MULTIPLE_LOST}),
    ("http_json", {**ONE, "units": {"Nghìn tin bài": "tin"}}, {OptionCode.MULTIPLE_WITHOUT_UNIT}),
    ("http_json", {**ONE, "items": "a["}, {OptionCode.INVALID_EXPRESSION}),
    ("http_json", {**ONE, "value": "round(b)"}, {OptionCode.UNKNOWN_FUNCTION}),
    ("http_json", {**ONE, "series": "a-{join(b)}"}, {OptionCode.WRONG_ARGUMENTS}),
    ("http_json", {**ONE, "places": {"a": "b"}}, {OptionCode.PLACES_WITHOUT_PLACE}),
    ("http_json", {**ONE, "names": {"Can Tho 1": "Cần Thơ 1"}}, {OptionCode.NAME_NOT_A_KEY}),
    ("http_json", {"values": {"Mực-{id}": "a", "muc {id}": "b"}}, {OptionCode.TEMPLATES_OF_ONE_SERIES}),
    ("http_json", {"values": {"no": 0, "yes": 1}}, {OptionCode.VALUES_NOT_NUMBERS}),
    ("spreadsheet", {"time": "t", "columns": {"a": "b"}, "values": {"no": 0}}, {ConfigCode.KEY_UNKNOWN}),
    ("kiwis", {"ts": ["1"], "group": "g"}, {OptionCode.TS_OR_GROUP}),
    ("kiwis", {"ts": ["1", "2"], "series": "level"}, {OptionCode.SENSOR_PLACEHOLDER}),
    ("openaq", {"stations": [1, 2], "series": "{parameter}"}, {OptionCode.SENSOR_PLACEHOLDER}),
    ("openaq", {"bbox": "105,9,106,10", "series": "pm25"}, {OptionCode.SENSOR_PLACEHOLDER}),
    ("kiwis", {"ts": ["a b"]}, {ConfigCode.PATTERN_MISMATCH}),
    ("mqtt", {"topics": ["a/+b"], **ONE}, {OptionCode.TOPIC_WILDCARDS}),
    ("mqtt", {"topics": [""], **ONE}, {OptionCode.TOPIC_LENGTH}),
    ("mqtt", {"topics": ["a/#/b"], **ONE}, {OptionCode.TOPIC_WILDCARDS}),
    ("mqtt", {"topics": ["a/b#"], **ONE}, {OptionCode.TOPIC_LAST_LEVEL}),
    ("mqtt", {"topics": ["a"], "format": "x"}, {ConfigCode.NOT_ONE_OF}),
    ("ngsi", {"values": {"a": "b"}, "push": True}, {OptionCode.PUSH_WITHOUT_TOKEN}),
    ("ngsi", {"values": {"a": "b"}, "bytes_per_second": 200_000}, {OptionCode.BYTES_WITHOUT_PUSH}),
    ("ngsi", {"values": {"a": "b", "A": "c"}}, {OptionCode.TEMPLATES_OF_ONE_SERIES}),
    ("ngsi", {"values": {}}, {ConfigCode.TOO_SHORT}),
    ("open311", {"jurisdiction": "x"}, {ConfigCode.KEY_UNKNOWN}),
    ("open_meteo", {"product": "weather", "points": [POINT]}, {OptionCode.NO_VARIABLES}),
    (
        "open_meteo",
        {"product": "weather", "points": [POINT], "variables": {"rain": "a", "showers": "a"}},
        {OptionCode.NAMES_OF_ONE_SERIES},
    ),
    (
        "open_meteo",
        {"product": "weather", "points": [POINT, POINT], "variables": {"rain": "a-{point}"}},
        {OptionCode.POINT_TWICE},
    ),
    ("openaq", {}, {OptionCode.STATIONS_OR_BBOX}),
    ("openaq", {"bbox": "1,2"}, {OptionCode.BBOX_FORM}),
    ("openaq", {"stations": [1, 2], "most": 1}, {OptionCode.TOO_MANY_STATIONS}),
    ("prometheus", {"queries": {}}, {ConfigCode.TOO_SHORT}),
    ("prometheus", {"queries": {"a": "up"}, "units": {"b": "m"}}, {OptionCode.UNIT_WITHOUT_QUERY}),
    ("prometheus", {"queries": {"a-{b}": "up", "A {b}": "down"}}, {OptionCode.TEMPLATES_OF_ONE_SERIES}),
    ("sensorthings", {"newest": 0}, {ConfigCode.BELOW_MINIMUM}),
    ("sensorthings", {"order": "x"}, {ConfigCode.NOT_ONE_OF}),
    ("spreadsheet", {"columns": {"a": "b"}}, {OptionCode.TIME_OR_NAME_TIME}),
    ("spreadsheet", {"columns": {"a": "b"}, "name_time": "mn-%Y-%m-%d*"}, {OptionCode.NAME_TIME_WILDCARD}),
    ("spreadsheet", {"time": "t", "columns": {"mua": "b", "mưa": "c"}}, {OptionCode.TEMPLATES_OF_ONE_SERIES}),
    ("sql_view", {"query": "DELETE FROM x", **ONE}, {OptionCode.NOT_A_SELECT}),
    ("sql_view", {"query": "SELECT 1; SELECT 2", **ONE}, {OptionCode.SEVERAL_STATEMENTS}),
    ("sql_view", {"query": "SELECT :a", **ONE}, {OptionCode.PARAMETER_MISSING}),
    ("sql_view", {"query": "SELECT 1", "parameters": {"a": 1}, **ONE}, {OptionCode.PARAMETER_UNUSED}),
    ("tt10", {"series": "{name}"}, {OptionCode.STATION_PLACEHOLDERS}),
    ("tt10", {"folders": "../x"}, {OptionCode.FOLDERS_OUTSIDE}),
    ("tt10", {"glob": "/x"}, {OptionCode.GLOB_OUTSIDE}),
    ("tt10", {"password": "a"}, {OptionCode.SECRET_NOT_A_REFERENCE}),
    ("tt10", {"password": "${A}", "key": "${B}"}, {OptionCode.PASSWORD_AND_KEY, RowCode.VARIABLE_NOT_SET}),
    ("tt10", {"host_key": "x"}, {OptionCode.HOST_KEY_FORM}),
    ("waterml", {"kind": "x"}, {ConfigCode.KEY_UNKNOWN}),
    ("webhook", dict(ONE), {ConfigCode.KEY_MISSING}),
    ("webhook", {**ONE, "push_token": "a-plain-token-0123"}, {OptionCode.SECRET_NOT_A_REFERENCE}),
    ("webhook", {**ONE, "push_token": "${A B}"}, {OptionCode.SECRET_NOT_A_REFERENCE}),
    ("ngsi", {"values": {"a": "b"}, "push": True, "push_token": "a"}, {OptionCode.SECRET_NOT_A_REFERENCE}),
]


def write(folder: Path, protocol: str, options: dict[str, Any], address: str, **changes: object) -> None:
    """The city's configuration with one more row."""
    row = {
        "key": "moi", "name": "Mới", "protocol": protocol, "address": address, "every": "60s",
        "deadline": "5s", "age_limit": "5m", "owner": "ubnd", "licence": "nội bộ",
        "series": [{"key": "a", "name": "A", "unit": "m"}], "options": options, **changes,
    }  # fmt: skip
    body = yaml.safe_dump({"extends": True, "sources": [row]}, allow_unicode=True, sort_keys=False)
    (folder / "city.yaml").write_text(f"extends: {_ROOT / 'config' / 'cantho'}\n", "utf-8")
    (folder / "sources.yaml").write_text(body, "utf-8")


@pytest.mark.parametrize(
    ("protocol", "options", "expected"), WRONG, ids=[f"{protocol}-{n}" for n, (protocol, *_) in enumerate(WRONG)]
)
def test_a_wrong_option_has_a_code_and_a_text(
    tmp_path: Path, protocol: str, options: dict[str, Any], expected: set[ErrorCode]
) -> None:
    write(tmp_path, protocol, options, ADDRESSES.get(protocol, "https://a.example.org/x"))
    faults = load_faults(tmp_path, {}, protocols=protocols())
    assert {fault.failure.code for fault in faults} == expected
    for fault in faults:
        assert_worded(fault.failure, fault.suggestion)


@pytest.mark.parametrize(
    "pattern",
    ["%H:%M:%S %d/%m/%Y", "%Y%m%d%H%M", "%d-%b-%y %I:%M %p", "%G-W%V-%u", "%Y-%m-%dT%H:%M:%S.%f%z", "%c", "%Y/%j"],
)
def test_a_pattern_that_can_be_read_is_accepted(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, "http_json", {**ONE, "time_format": pattern}, "https://a.example.org/x")
    (source,) = [one for one in load_folder(tmp_path, {}, protocols=protocols()).sources if one.key == "moi"]
    assert source.options["time_format"] == pattern


def test_words_of_a_source_need_no_quotes(tmp_path: Path) -> None:
    """Yaml 1.1 would make booleans of no and off, so that the words of the answer were never found."""
    write(tmp_path, "spreadsheet", {"time": "t", "columns": {"a": "b"}}, "/srv/a")
    path = tmp_path / "sources.yaml"
    words = "options:\n    missing: [no, off]\n    numbers: {no: 0, yes: 1, on: 2}"
    path.write_text(path.read_text("utf-8").replace("options:", words), "utf-8")
    (source,) = [one for one in load_folder(tmp_path, {}, protocols=protocols()).sources if one.key == "moi"]
    assert source.options["missing"] == ["no", "off"] and source.options["numbers"] == {"no": 0, "yes": 1, "on": 2}


def options_for(protocol: str) -> dict[str, Any]:
    own: dict[str, dict[str, Any]] = {
        "sql_view": {"query": "SELECT 1"}, "mqtt": {"topics": ["a"]}, "geojson": {}, "http_json": {},
        "webhook": {"push_token": "${TOKEN}"},
    }  # fmt: skip
    no_mapping: dict[str, dict[str, Any]] = {
        "cap": {}, "openaq": {"stations": [1]}, "spreadsheet": {"time": "t", "columns": {"a": "b"}}, "tt10": {},
        "ngsi": {"values": {"a": "b"}}, "ngsi-push": {"values": {"a": "b"}, "push": True, "push_token": "${TOKEN}"},
        "waterml": {}, "kiwis": {"ts": ["1"]}, "gtfs_rt": {},
    }  # fmt: skip
    return no_mapping[protocol] if protocol in no_mapping else {**own[protocol], **ONE}


@pytest.mark.parametrize(
    ("protocol", "address", "code"),
    [
        ("sql_view", "/srv/his.db", RowCode.ADDRESS_FORM),
        ("sql_view", "postgresql://a:b@his.example.org/his", RowCode.ADDRESS_PASSWORD),
        ("mqtt", "broker.example.org:1883", RowCode.ADDRESS_FORM),
        ("mqtt", "mqtts://a:b@broker.example.org", RowCode.ADDRESS_PASSWORD),
        *(
            (protocol, address, RowCode.ADDRESS_FORM)
            for protocol in ("http_json", "geojson", "cap", "openaq", "ngsi", "waterml", "kiwis", "gtfs_rt")
            for address in ("x.example.vn/a", "//x.example.vn/a", "ftp://x.example.vn/a", "/srv/a")
        ),
        ("http_json", "https://a:b@x.example.vn/a", RowCode.ADDRESS_PASSWORD),
    ],
)
def test_an_address_of_another_kind_or_with_a_password_is_a_fault(
    tmp_path: Path, protocol: str, address: str, code: RowCode
) -> None:
    write(tmp_path, protocol, options_for(protocol), address)
    faults = load_faults(tmp_path, {}, protocols=protocols())
    assert codes(faults) == [code]
    assert_worded(faults[0].failure, faults[0].suggestion)


@pytest.mark.parametrize(
    ("protocol", "address"),
    [
        ("sql_view", "postgresql://a:${HIS_PASSWORD}@his.example.org/his"),
        ("sql_view", "sqlite:////srv/his.db"),
        ("mqtt", "mqtts://broker.example.org"),
        ("http_json", "https://x.example.vn/a?mail=a@example.vn"),
        ("http_json", "https://x.example.vn/@thing/a"),
        ("http_json", "http://x.example.vn"),
        ("ngsi-push", "/vao/moi"),
        ("webhook", "/vao/moi"),
        ("spreadsheet", "/srv/a"),
        ("tt10", "/srv/a"),
    ],
)
def test_an_address_of_the_protocol_is_accepted(tmp_path: Path, protocol: str, address: str) -> None:
    write(tmp_path, protocol.removesuffix("-push"), options_for(protocol), address)
    configuration = load_folder(tmp_path, {"HIS_PASSWORD": "x", "TOKEN": "x"}, protocols=protocols())
    assert "moi" in {source.key for source in configuration.sources}


@pytest.mark.parametrize(
    ("every", "deadline", "is_fault"),
    [("5s", "20s", True), ("2s", "3s", True), ("5s", "5s", False), ("10s", "10s", False), ("11s", "11s", True),
     ("60s", "61s", True), ("60s", "59s", False)],
)  # fmt: skip
def test_a_deadline_beyond_the_interval_is_a_fault(tmp_path: Path, every: str, deadline: str, is_fault: bool) -> None:
    write(tmp_path, "http_json", ONE, "https://a.example.org/x", every=every, deadline=deadline)
    if is_fault:
        (fault,) = load_faults(tmp_path, {}, protocols=protocols())
        assert fault.failure.code == RowCode.DEADLINE_NOT_BELOW_INTERVAL and fault.line > 1
        assert_worded(fault.failure, fault.suggestion)
    else:
        load_folder(tmp_path, {}, protocols=protocols())


@pytest.mark.parametrize("name", [311, 1.5, True])
def test_a_number_where_a_text_is_meant_is_to_be_put_in_quotes(tmp_path: Path, name: object) -> None:
    write(tmp_path, "http_json", ONE, "https://a.example.org/x", name=name)
    (fault,) = load_faults(tmp_path, {}, protocols=protocols())
    assert fault.suggestion is not None and fault.line == 4
    assert (fault.failure.code, fault.suggestion.code) == (ConfigCode.NOT_A_TEXT, ConfigCode.PUT_IN_QUOTES)
    assert_worded(fault.failure, fault.suggestion)


def test_a_missing_variable_is_suggested_from_similar_names_only(tmp_path: Path) -> None:
    options = {**ONE, "headers": {"key": "${OPENAQ_KEY}"}}
    write(tmp_path, "http_json", options, "https://a.example.org/x")
    for environment, code in (
        ({"AWS_REGION": "x"}, RowCode.SET_VARIABLE),
        ({"OPENAQKEY": "x"}, ConfigCode.DID_YOU_MEAN),
    ):
        (fault,) = load_faults(tmp_path, environment, protocols=protocols())
        assert fault.suggestion is not None and fault.suggestion.code == code
        assert "AWS" not in str(fault.suggestion)
        assert_worded(fault.failure, fault.suggestion)
