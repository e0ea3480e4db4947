"""A value that is computed from several objects: their units are compared by what they mean."""

from typing import Any

import pytest

from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.reading import ValidationCode
from tests.data_sources.failures import codes, failures
from tests.data_sources.test_unread_unit import read, unread

PATHS = ["max(c[].v)", "sum(c[].v)", "ceil(avg(c[*].v))", "min(map(&abs(v), c))", "sort(c[].v)[0]"]
NUMBERS = [(5, 6), (5, 5), (-3, 3), (2.4, 0.5)]
every_path = pytest.mark.parametrize("path", PATHS)
every_number = pytest.mark.parametrize("numbers", NUMBERS)
SAME = [
    ({"unit": "cm"}, {"unit": "centimetre"}), ({"unit": "cm"}, {"uom": "cm"}), ({"unit": "cm"}, {"unitCode": "CMT"}),
    ({"unit": "cm", "symbol": "A"}, {"unit": "cm", "symbol": "B"}), ({"unit": "cm"}, {"unit": "cm", "u": "an"}),
    ({"unit": "cm"}, {"parameter": {"unit": "cm"}}), ({"unit": "xx", "uom": "cm"}, {"unit": "cm"}),
    ({"symbol": "cm"}, {"u": "cm"}), ({"unit": "cm"}, {"symbol": "cm"}),
    ({"device": {"unit": "cm"}}, {"device": {"unit": "cm"}}),
]  # fmt: skip
DIFFERENT = [
    ({"unit": "m"}, {"unit": "cm"}), ({"unit": "m"}, {"uom": "cm"}), ({"unit": "m"}, {"unit": "xyz"}),
    ({"unit": "xyz"}, {"unit": "m"}), ({"unit": "xx", "uom": "m"}, {"unit": "xx", "uom": "cm"}),
    ({"symbol": "m"}, {"symbol": "cm"}), ({"unit": "m"}, {"symbol": "cm"}), ({"unit": "m"}, {"unit": "m³/s"}),
    ({"device": {"unit": "m"}}, {"device": {"unit": "cm"}}),
]  # fmt: skip


def body(numbers: tuple[float, float], *fields: dict[str, Any], **around: Any) -> dict[str, Any]:
    return {"c": [{"v": v, **one} for v, one in zip(numbers, fields, strict=True)], **around}


@every_path
@every_number
@pytest.mark.parametrize("fields", SAME)
def test_one_unit_in_several_ways_is_one(path: str, numbers: tuple[float, float], fields: Any) -> None:
    answer = body(numbers, *fields, name="x")
    assert codes(read("http_json", answer, "m", value=path)) == [ValidationCode.UNIT_UNREAD]
    batch = read("http_json", answer, "cm", value=path)
    assert len(batch.readings) == 1 and not batch.assumed_unit_count
    contradicted = codes(read("http_json", answer, "m", value=path, unit="m"))
    assert contradicted == [MappingCode.UNIT_OF_ROW_CONTRADICTED]


@every_path
def test_unit_around_does_not_replace_that_of_the_objects(path: str) -> None:
    answer = body((500, 600), {"unit": "cm"}, {"unit": "centimetre"}, unit="m")
    assert failures(read("http_json", answer, "m", value=path)) == [unread("c[0].unit", "cm", "m")]


@every_path
@every_number
@pytest.mark.parametrize("fields", DIFFERENT)
def test_different_units_reject_the_value(path: str, numbers: tuple[float, float], fields: Any) -> None:
    answer = body(numbers, *fields)
    for series_unit in ("m", "cm"):
        assert codes(read("http_json", answer, series_unit, value=path)) == [MappingCode.UNITS_DIFFER]
        assert len(read("http_json", answer, series_unit, value=path, unit=series_unit).readings) == 1


@every_path
def test_every_entry_of_a_long_list_counts(path: str) -> None:
    answer = {"c": [{"v": 1, "unit": "m"}] * 300 + [{"v": 600, "unit": "cm"}]}
    assert codes(read("http_json", answer, "m", value=path)) == [MappingCode.UNITS_DIFFER]


@every_path
@every_number
@pytest.mark.parametrize("silent", [{}, {"symbol": "FPT"}, {"symbol": "A"}])
def test_unit_of_some_leaves_the_value_assumed(path: str, numbers: tuple[float, float], silent: dict[str, str]) -> None:
    for fields in (({"unit": "m"}, silent), (silent, {"unit": "m"})):
        batch = read("http_json", body(numbers, *fields), "m", value=path)
        assert len(batch.readings) == 1 and batch.assumed_unit_count == 1
        assert codes(read("http_json", body(numbers, *fields), "cm", value=path)) == [ValidationCode.UNIT_UNREAD]


@every_path
def test_unit_around_is_that_of_the_entries_that_name_none(path: str) -> None:
    batch = read("http_json", body((5, 6), {"unit": "m"}, {}, unit="metre"), "m", value=path)
    assert len(batch.readings) == 1 and not batch.assumed_unit_count
    batch = read("http_json", body((5, 600), {"unit": "m"}, {}, unit="cm"), "m", value=path)
    assert codes(batch) == [MappingCode.UNITS_DIFFER]


@every_path
def test_entries_without_units_are_assumed(path: str) -> None:
    assert read("http_json", body((5, 6), {}, {}), "m", value=path).assumed_unit_count == 1


def test_name_of_the_field_says_the_unit_of_entries_that_name_none() -> None:
    answer = {"c": [{"level_m": 5, "unit": "m"}, {"level_m": 6}]}
    batch = read("http_json", answer, "m", value="max(c[].level_m)")
    assert len(batch.readings) == 1 and not batch.assumed_unit_count


def test_words_of_counts_do_not_differ() -> None:
    answer = body((5, 6), {"unit": "vé người lớn"}, {"unit": "vé trẻ em"})
    assert [one.value for one in read("http_json", answer, "", value="sum(c[].v)").readings] == [11]


@pytest.mark.parametrize(
    "path",
    ["max(c[].m.v)", "sum(c[*].m.v)", "c[].m.v | [0]", "c[-1].m.v", "c[?k=='a'].m.v | [0]", "c[].l[-1] | [1]",
     "max(c[].l[])", "min(map(&m.v, c))", "sum(c[].n.l[].v)"],
)  # fmt: skip
@every_number
def test_unit_one_level_above_the_value_counts_before_that_of_the_item(path: str, numbers: tuple[float, float]) -> None:
    def answer(*units: str) -> dict[str, Any]:
        pairs = zip(numbers, units, strict=True)
        c = [{"k": "a", "unit": unit, "m": {"v": v}, "l": [v, v], "n": {"l": [{"v": v}]}} for v, unit in pairs]
        return {"c": c, "unit": "m"}

    assert codes(read("http_json", answer("cm", "cm"), "m", value=path)) == [ValidationCode.UNIT_UNREAD]
    batch = read("http_json", answer("cm", "centimetre"), "cm", value=path)
    assert len(batch.readings) == 1 and not batch.assumed_unit_count
    is_of_all = path.startswith(("max", "min", "sum"))
    batch = read("http_json", answer("cm", "m"), "mm", value=path)
    assert codes(batch) == [MappingCode.UNITS_DIFFER if is_of_all else ValidationCode.UNIT_UNREAD]
