"""What the options say of events: every kind that they bring is declared by the row, every unit exists."""

from pathlib import Path
from typing import Any

import pytest

from data_sources import protocols
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.row_codes import RowCode
from tests.config.folders import assert_worded, codes, load_folder
from tests.config.test_option_faults import write

WORKS = {"kind": "roadwork", "key": "{id}", "title": "{id}"}
WATER = {"series": "a", "value": "b"}
POINT = {"key": "a", "name": "A", "lon": 105.7, "lat": 10.0}
BRINGS: list[tuple[str, dict[str, Any], str]] = [
    ("http_json", {"events": WORKS}, "roadwork"),
    ("http_json", {**WATER, "events": WORKS}, "roadwork"),
    ("geojson", {"events": WORKS}, "roadwork"),
    ("webhook", {"events": WORKS, "push_token": "${TOKEN}"}, "roadwork"),
    ("cameras", {"events": {"key": "{id}", "title": "{id}"}}, "camera"),
    ("cameras", {"events": {"kind": "picture", "key": "{id}", "title": "{id}"}}, "picture"),
    ("rss", {}, "press"),
    ("rss", {"kind": "news"}, "news"),
    ("cap", {}, "alert"),
    ("open311", {}, "report"),
    ("gtfs_rt", {"vehicles": "bus"}, "bus"),
]


@pytest.mark.parametrize(("protocol", "options", "kind"), BRINGS)
def test_a_kind_that_the_row_does_not_declare_is_refused_with_the_list(
    tmp_path: Path, protocol: str, options: dict[str, Any], kind: str
) -> None:
    def faults(*kinds: str) -> list[Any]:
        events = [{"kind": one, "name": one} for one in kinds]
        write(tmp_path, protocol, options, "https://h.example.org/x", events=events)
        return [fault for fault in _faults(tmp_path) if fault.failure.code == RowCode.KIND_NOT_DECLARED]

    (fault,) = faults("first", "second")
    assert_worded(fault.failure, fault.suggestion)
    assert fault.failure.params == {"kind": kind, "kinds": "first, second"}
    assert faults("first", kind) == []
    assert len(faults()) == bool(options)


def test_kinds_of_a_feed_that_the_row_does_not_name_may_be_left_out(tmp_path: Path) -> None:
    write(tmp_path, "gtfs_rt", {}, "https://h.example.org/x", events=[{"kind": "vehicle", "name": "Xe"}])
    assert not _faults(tmp_path)


@pytest.mark.parametrize(
    ("protocol", "options", "kind"),
    [
        ("http_json", {"events": {**WORKS, "place": "w", "places": {"P. NK": "CODE"}}}, "roadwork"),
        ("cameras", {"cameras": [{**POINT, "place": "CODE"}]}, "camera"),
        ("cameras", {"events": {"key": "{id}", "title": "{id}", "place": "w", "places": {"a": "CODE"}}}, "camera"),
        ("cap", {"places": {"a": ["31135", "CODE"]}}, "alert"),
        ("open311", {"place": "w", "places": {"a": "CODE"}}, "report"),
    ],
)
def test_a_unit_in_the_options_that_does_not_exist_is_refused(
    tmp_path: Path, protocol: str, options: dict[str, Any], kind: str
) -> None:
    for code, expected in (
        ("31135", set()),
        ("31136", {RowCode.UNKNOWN_PLACE}),
        ("Ninh Kiều", {RowCode.UNKNOWN_PLACE}),
    ):
        write(
            tmp_path, protocol, _with_code(options, code), "https://h.example.org/x",
            events=[{"kind": kind, "name": kind}],
        )  # fmt: skip
        assert set(codes(_faults(tmp_path))) == expected


def _with_code(value: Any, code: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_code(inner, code) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_code(inner, code) for inner in value]
    return code if value == "CODE" else value


def _faults(folder: Path) -> tuple[ConfigFault, ...]:
    try:
        load_folder(folder, {"TOKEN": "a-token-of-24-characters-"}, protocols=protocols())
    except ConfigError as error:
        return error.faults
    return ()
