"""The parts of an answer that the expressions of a row do not read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping import MappingOptions
from data_sources._mapping.answer_parts import AnswerPart, parts_without
from data_sources._mapping.expression_reads import ExpressionReads, Place
from data_sources._mapping.unread_parts import unread_parts

STATIONS: dict[str, Any] = {
    "status": "ok",
    "unit": "cm",
    "data": [{"id": "a", "v": 1, "t": 5, "qc": "P"}, {"id": "b", "v": 2, "t": 6, "qc": "P"}],
    "older": [{"v": 9}],
    "next": None,
    "links": {},
}
ROW = {"items": "data", "series": "{id}", "value": "v", "time": "t"}


def parts_of(document: Any, **options: Any) -> list[AnswerPart]:
    return unread_parts(MappingOptions.model_validate(options), [document])


def paths_of(document: Any, **options: Any) -> list[str]:
    return [part.path for part in parts_of(document, **options)]


def test_parts_that_may_qualify_a_value_come_first_with_samples_and_counts() -> None:
    assert parts_of(STATIONS, **ROW) == [
        AnswerPart("status", ('"ok"',), 1, True),
        AnswerPart("unit", ('"cm"',), 1, True, may_be_unit=True),
        AnswerPart("data[].qc", ('"P"',), 2, True),
        AnswerPart("older[].v", ("9",), 1, False),
    ]


@pytest.mark.parametrize(
    ("options", "unread"),
    [
        (ROW | {"unit_path": "qc"}, ["status", "unit", "older[].v"]),
        (ROW | {"may_differ": ["qc"]}, ["status", "unit", "older[].v"]),
        (ROW | {"page_time": "max(older[].v)"}, ["status", "unit", "data[].qc"]),
        (ROW | {"items": "data[?qc=='P']"}, ["status", "unit", "older[].v"]),
        (ROW | {"items": "data[].{id: id, v: v, t: t}"}, ["status", "unit", "data[].qc", "older[].v"]),
        (ROW | {"items": "sort_by(data, &qc)[:1]"}, ["data[]", "status", "unit", "older[].v"]),
        (ROW | {"items": "[data, older][]"}, ["status", "unit", "data[].qc"]),
        ({"series": "x", "value": "data[0].v"},
         ["data[]", "status", "unit", "data[].qc", "data[].id", "data[].t", "older[].v"]),
        ({"series": "x", "value": "sum(data[].v)", "unit_path": "unit"},
         ["status", "data[].qc", "data[].id", "data[].t", "older[].v"]),
    ],
)  # fmt: skip
def test_what_expressions_name_compare_or_compute_is_read(options: dict[str, Any], unread: list[str]) -> None:
    assert paths_of(STATIONS, **options) == unread


def test_outer_items_and_entries_that_are_no_objects_are_read_by_their_names() -> None:
    document = {"rows": [{"at": 1, "name": "a", "unit": "cm", "points": [[1, 2], [3, 4]]}]}
    row = {"items": "rows", "each": "points", "series": "{parent.name}", "value": "value[1]", "time": "value[0]"}
    assert paths_of(document, **row) == ["rows[].unit", "rows[].at"]


TABLE = {"units": ["UTC", "m", "m", "cm"], "rows": [["2024", 1, 2, 3.5], ["2025", 1, 2, 4.5]]}


@pytest.mark.parametrize(
    ("options", "unread"),
    [
        ({"items": "rows", "value": "[3]", "time": "[0]"}, ["units[]", "rows[][1]", "rows[][2]"]),
        ({"items": "rows", "value": "[-1]"}, ["units[]", "rows[][0]", "rows[][1]", "rows[][2]"]),
        ({"items": "rows[*].{v: [3], t: [0]}", "value": "v", "time": "t"}, ["units[]", "rows[][1]", "rows[][2]"]),
        ({"items": "@", "each": "rows", "value": "value[3]"}, ["units[]", "rows[][0]", "rows[][1]", "rows[][2]"]),
        ({"items": "rows", "value": "max([1:])"}, ["rows[][]", "units[]"]),
        ({"value": "rows[0][3]"}, ["rows[]", "units[]", "rows[][0]", "rows[][1]", "rows[][2]"]),
        ({"value": "units[3]", "unit_path": "units[-1]"}, ["units[0]", "units[1]", "units[2]", "rows[][]"]),
        ({"value": "x"}, ["units[]", "rows[][]"]),
    ],
)  # fmt: skip
def test_entries_of_a_row_of_a_table_are_parts_of_their_own(options: dict[str, Any], unread: list[str]) -> None:
    document = TABLE | ({"units": [1, 2, "a", "b"]} if "unit_path" in options else {})
    assert paths_of(document, series="x", **options) == unread


def test_all_short_entries_of_a_list_of_texts_are_shown() -> None:
    (units, *_) = parts_of(TABLE, items="rows", series="x", value="[3]")
    assert units == AnswerPart("units[]", ('"UTC"', '"m"', '"cm"'), 4, True, may_be_unit=True)
    names = [f"column-{n}" for n in range(40)]
    (part,) = parts_of({"names": names, "v": 1}, series="x", value="v")
    assert len(part.samples) == 10 and part.count == 40
    (part,) = parts_of({"names": [name * 9 for name in names], "v": 1}, series="x", value="v")
    assert len(part.samples) == 3


def test_other_values_of_a_list_in_which_one_is_read_are_a_part() -> None:
    (part,) = parts_of({"level": [1, 2, 3]}, series="x", value="level[-1]")
    assert part == AnswerPart("level[]", ("1", "2"), 2, False, read_count=1)
    (part,) = parts_of({"level": [*range(50)]}, series="x", value="level[0]")
    assert part.path == "level[]" and part.count == 49
    assert paths_of({"level": [1.5, "cm", "P"]}, series="x", value="level[0]") == ["level[1]", "level[2]"]


def test_many_unread_entries_of_rows_are_one_part() -> None:
    assert paths_of([[*range(40)]] * 3, items="@", series="x", value="[0]") == ["[][]"]


@pytest.mark.parametrize(
    ("document", "looks"),
    [
        ({"unit": "cm"}, True), ({"units": {"h": "f"}}, True), ({"uom": {"symbol": "octas"}}, True),
        ({"fields": ["Level (cm)"]}, True), ({"legend": "m³/s"}, True), ({"note": "°C"}, True),
        ({"x": {"code": "cm"}}, True), ({"x": "day"}, False), ({"x": "in"}, False), ({"x": "vụ"}, False),
        ({"unit": "UBND phường"}, False), ({"unit": 4}, False), ({"unit": {"name": "Đội 3"}}, False),
        ({"state": "m"}, False), ({"code": "A"}, False), ({"name": "x (y)"}, False), ({"n": 3}, False),
    ],
)  # fmt: skip
def test_parts_that_look_like_units(document: dict[str, Any], looks: bool) -> None:
    (part,) = parts_of(document, series="x", value="v")
    assert part.may_be_unit is looks


def test_a_geometry_is_read_as_a_whole_and_facts_by_their_paths() -> None:
    item = {"k": 1, "g": {"type": "Point", "coordinates": [1, 2]}, "p": {"a": 1, "zone": "UTC"}}
    events = {"kind": "work", "key": "{k}", "title": "{k}", "geometry": "g", "facts": {"a": "p.a"}}
    assert paths_of([item], events=events) == ["[].p.zone"]


def test_objects_alike_are_one_part() -> None:
    document = {"by": {f"G{n}": {"v": n, "unit": "cm" if n else "m"} for n in range(9)}}
    part = AnswerPart("by.*.unit", ('"m"', '"cm"'), 9, is_qualifier=True, may_be_unit=True)
    assert parts_of(document, items="by.*", series="x", value="v") == [part]


FACTS = ["eenheid", "status", "tinh_trang", "compartment", "quality", "kind", "group", "organ", "taxon"]


def test_objects_and_values_whose_names_are_words_keep_these() -> None:
    item = {"v": 1, "facts": {name: {"code": "cm" if name == "eenheid" else "x"} for name in FACTS}}
    parts = parts_of(item, series="x", value="v")
    assert {part.path for part in parts} == {f"facts.{name}.code" for name in FACTS}
    assert [part.path for part in parts if part.may_be_unit] == ["facts.eenheid.code"]
    record = {f"x{n}": "a" for n in range(90)} | {f"{a}{b}": "a" for a in "abcdefghijk" for b in "lmnopqrstu"}
    names = paths_of(record, series="x", value="v")
    assert "*" in names and "al" in names and "x1" not in names
    assert len(paths_of({f"{a}{b}{c}": "a" for a in "abcdef" for b in "lmnopq" for c in "tuvwx"}, series="x",
                        value="v")) == 1  # fmt: skip


def test_the_rarest_of_many_values_is_shown() -> None:
    items = [{"v": 1, "w": f"good {n % 20}"} for n in range(200)]
    (part,) = parts_of([*items, {"v": 1, "w": "broken"}], items="@", series="x", value="v")
    assert part.samples == ('"good 0"', '"good 1"', '"broken"') and part.other_count == 18 and part.count == 201
    (part,) = parts_of([{"v": 1, "w": n} for n in range(999)], items="@", series="x", value="v")
    assert part.samples == ("0", "1", "2") and part.other_count == 297


@pytest.mark.parametrize(
    ("text", "is_time"),
    [
        ("2026-02-18 09:50", True), ("2026-11-27T00:00:00Z", True), ("20261127", True), ("27/11/2026 07:00", True),
        ("2026", False), ("20261199", False), ("Trạm 2026-02-18", False), (20261127, False), ("1778388000", False),
    ],
)  # fmt: skip
def test_times_come_before_other_values(text: object, is_time: bool) -> None:
    parts = parts_of({"v": 1, "name": "a", "flow_date": text}, series="x", value="v")
    assert [part.path for part in parts] == (["flow_date", "name"] if is_time else ["name", "flow_date"])


def test_places_of_a_fixed_form_are_read_whatever_lists_are_on_the_way() -> None:
    document = {"data": {"result": [{"value": [1, "2"], "unit": "m"}], "value": {"note": "x"}}}
    read = {"data", "data/result", "data/result/value", "data/value"}
    assert [part.path for part in parts_without([document], read.__contains__)] == [
        "data.result[].unit",
        "data.value.note",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["v", "a", "data", "unit"]), inner),
)
EXPRESSIONS = (
    "v", "data[].v", "data[?a].v | [0]", "*.v", "data.*.unit", "[v, a]", "{v: data[-1]}.v", "max_by(data, &v).a",
    "merge(data[0], a)", "not_null(v, a)", "map(&v, data)", "values(@)", "to_array(a)[].v", "a || data[] && !v",
)  # fmt: skip


@given(JSON, st.sampled_from(EXPRESSIONS), st.sampled_from(EXPRESSIONS))
def test_any_answer_has_parts_of_bounded_texts(document: Any, items: str, value: str) -> None:
    for part in parts_of(document, items=items, series="x", value=value):
        assert part.count
        assert len(part.path) <= 200 and len(part.samples) <= 10 and all(len(one) < 400 for one in part.samples)


def test_many_names_and_great_depth_are_bounded() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    document = {"deep": deep} | {f"n{n}": [n] for n in range(5000)}
    assert len(parts_of(document, series="x", value="v")) < 10


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_reads_something(expression: str) -> None:
    reads = ExpressionReads()
    reads.read(expression, Place(frozenset({()})))
    assert reads.paths
