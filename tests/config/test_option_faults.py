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
ADDRESSES = {"mqtt": "mqtts://broker.example.org", "sql_view": "sqlite:////srv/his.db"}
POINT = {"key": "a", "lat": 10, "lon": 105}
# Each: protocol, options, codes of the faults.
WRONG: list[tuple[str, dict[str, Any], set[ErrorCode]]] = [
    ("cameras", {}, {OptionCode.CAMERAS_OR_EVENTS}),
    ("cap", {"alerts": 0}, {ConfigCode.BELOW_MINIMUM}),
    ("rss", {"topics": {"a": [" "]}}, {OptionCode.TOPIC_WITHOUT_WORDS}),
    ("geojson", {"value": "x"}, {OptionCode.SERIES_OR_VALUES}),
    ("gtfs_rt", {"delay": "{line}"}, {OptionCode.DELAY_PLACEHOLDER}),
    ("http_json", {"series": "a"}, {OptionCode.SERIES_OR_VALUES}),
    ("http_json", {}, {OptionCode.SERIES_VALUES_OR_EVENTS}),
    ("http_json", {**ONE, "time_format": "x"}, {OptionCode.INVALID_TIME_FORMAT}),
    ("http_json", {**ONE, "zone": "Hanoi"}, {OptionCode.UNKNOWN_TIME_ZONE}),
    ("http_json", {**ONE, "unit": "thước"}, {RowCode.UNKNOWN_UNIT}),
    ("http_json", {**ONE, "units": {"m3/gio": "thước"}}, {RowCode.UNKNOWN_UNIT}),
    ("openaq", {"stations": [1], "units": {"c": "thước"}}, {RowCode.UNKNOWN_UNIT}),
    ("http_json", {**ONE, "items": "a["}, {OptionCode.INVALID_EXPRESSION}),
    ("http_json", {**ONE, "value": "round(b)"}, {OptionCode.UNKNOWN_FUNCTION}),
    ("http_json", {**ONE, "series": "a-{join(b)}"}, {OptionCode.WRONG_ARGUMENTS}),
    ("http_json", {**ONE, "places": {"a": "b"}}, {OptionCode.PLACES_WITHOUT_PLACE}),
    ("http_json", {**ONE, "names": {"Trạm A": "a", "Tram A": "a"}}, {OptionCode.NAMES_OF_ONE_SERIES}),
    ("http_json", {"values": {"Mực-{id}": "a", "muc {id}": "b"}}, {OptionCode.TEMPLATES_OF_ONE_SERIES}),
    ("kiwis", {"ts": ["1"], "group": "g"}, {OptionCode.TS_OR_GROUP}),
    ("kiwis", {"ts": ["a b"]}, {ConfigCode.PATTERN_MISMATCH}),
    ("mqtt", {"topics": ["a/+b"], **ONE}, {OptionCode.TOPIC_WILDCARDS}),
    ("mqtt", {"topics": [""], **ONE}, {OptionCode.TOPIC_LENGTH}),
    ("mqtt", {"topics": ["a/#/b"], **ONE}, {OptionCode.TOPIC_WILDCARDS}),
    ("mqtt", {"topics": ["a/b#"], **ONE}, {OptionCode.TOPIC_LAST_LEVEL}),
    ("mqtt", {"topics": ["a"], "format": "x"}, {ConfigCode.NOT_ONE_OF}),
    ("ngsi", {"values": {"a": "b"}, "push": True}, {OptionCode.PUSH_WITHOUT_TOKEN}),
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
]


def write(folder: Path, protocol: str, options: dict[str, Any], address: str) -> None:
    """The city's configuration with one more row."""
    row = {
        "key": "moi", "name": "Mới", "protocol": protocol, "address": address, "every": "60s",
        "deadline": "5s", "age_limit": "5m", "owner": "ubnd", "licence": "nội bộ",
        "series": [{"key": "a", "name": "A", "unit": "m"}], "options": options,
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


def sql_or_mqtt_options(protocol: str) -> dict[str, Any]:
    return {"query": "SELECT 1", **ONE} if protocol == "sql_view" else {"topics": ["a"], **ONE}


@pytest.mark.parametrize(
    ("protocol", "address", "code"),
    [
        ("sql_view", "/srv/his.db", RowCode.ADDRESS_FORM),
        ("sql_view", "postgresql://a:b@his.example.org/his", RowCode.ADDRESS_PASSWORD),
        ("mqtt", "broker.example.org:1883", RowCode.ADDRESS_FORM),
        ("mqtt", "mqtts://a:b@broker.example.org", RowCode.ADDRESS_PASSWORD),
    ],
)
def test_an_address_of_another_kind_or_with_a_password_is_a_fault(
    tmp_path: Path, protocol: str, address: str, code: RowCode
) -> None:
    write(tmp_path, protocol, sql_or_mqtt_options(protocol), address)
    faults = load_faults(tmp_path, {}, protocols=protocols())
    assert codes(faults) == [code]
    assert_worded(faults[0].failure, faults[0].suggestion)


@pytest.mark.parametrize(
    ("protocol", "address"),
    [
        ("sql_view", "postgresql://a:${HIS_PASSWORD}@his.example.org/his"),
        ("sql_view", "sqlite:////srv/his.db"),
        ("mqtt", "mqtts://broker.example.org"),
    ],
)
def test_an_address_with_the_name_of_a_secret_is_accepted(tmp_path: Path, protocol: str, address: str) -> None:
    write(tmp_path, protocol, sql_or_mqtt_options(protocol), address)
    configuration = load_folder(tmp_path, {"HIS_PASSWORD": "x"}, protocols=protocols())
    assert "moi" in {source.key for source in configuration.sources}
