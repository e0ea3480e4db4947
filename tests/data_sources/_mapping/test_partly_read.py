"""Lists of which the expressions of a row read some entries and leave out the others."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping import MappingOptions
from data_sources._mapping.answer_parts import AnswerPart
from data_sources._mapping.unread_parts import unread_parts

STATIONS = {"data": [{"id": n, "v": n, "t": 9 - n, "rows": [{"x": n}, {"x": 1}]} for n in range(10)]}
BY_NAME = {"by": {f"G{n}": {"v": n, "t": n} for n in range(8)}}


def lists_of(document: Any, **options: Any) -> dict[str, tuple[int, int]]:
    """The counts of entries that are read and that are not, by the path of their list."""
    parts = unread_parts(MappingOptions.model_validate({"series": "x", **options}), [document])
    return {part.path: (part.read_count, part.count) for part in parts if part.read_count}


@pytest.mark.parametrize(
    ("options", "lists"),
    [
        ({"value": "data[0].v"}, {"data[]": (1, 9)}),
        ({"value": "data[-1].v", "time": "data[0].t"}, {"data[]": (2, 8)}),
        ({"items": "data[:3]", "value": "v"}, {"data[]": (3, 7)}),
        ({"items": "data[?v > `6`]", "value": "v"}, {"data[]": (3, 7)}),
        ({"items": "data[?v > `6`].{v: v}", "value": "v"}, {"data[]": (3, 7)}),
        ({"items": "data[?v > `6`] | [0]", "value": "v"}, {"data[]": (1, 9)}),
        ({"items": "data[].{v: v, t: t} | [:2]", "value": "v"}, {"data[]": (2, 8)}),
        ({"value": "data[*].v | [0]"}, {"data[]": (1, 9)}),
        ({"value": "sort_by(data, &t)[-1].v"}, {"data[]": (1, 9)}),
        ({"value": "sort_by(data[].{a: v, t: t}, &t)[-1].a"}, {"data[]": (1, 9)}),
        ({"value": "max_by(data, &t).v"}, {"data[]": (1, 9)}),
        ({"value": "reverse(data)[0].v"}, {"data[]": (1, 9)}),
        ({"items": "data", "value": "rows[0].x"}, {"data[].rows[]": (10, 10)}),
        ({"items": "data[:2]", "each": "rows[?x == `1`]", "value": "x"}, {"data[]": (2, 8), "data[].rows[]": (3, 1)}),
        ({"items": "data[].rows[] | [:5]", "value": "x"}, {"data[]": (3, 7), "data[].rows[]": (5, 1)}),
        ({"items": "data[].rows[]", "value": "x"}, {}),
        ({"items": "data", "value": "v", "time": "t"}, {}),
        ({"value": "sum(data[].v)"}, {}),
        ({"value": "max(data[].v)", "time": "data[0].t"}, {}),
        ({"value": "join(',', map(&to_string(v), data))"}, {}),
        ({"value": "length(data)"}, {}),
        ({"value": "missing[0].v"}, {}),
    ],
)  # fmt: skip
def test_entries_that_an_expression_leaves_out_are_counted(
    options: dict[str, Any], lists: dict[str, tuple[int, int]]
) -> None:
    assert lists_of(STATIONS, **options) == lists


@pytest.mark.parametrize(
    ("options", "lists"),
    [
        ({"items": "values(by)[:1]", "value": "v"}, {"by.*": (1, 7)}),
        ({"items": "by.* | [?v < `3`]", "value": "v"}, {"by.*": (3, 5)}),
        ({"items": "by.*", "value": "v"}, {}),
        ({"items": "by.G0", "value": "v"}, {}),
    ],
)
def test_objects_of_an_object_are_counted_where_they_are_read_as_a_list(
    options: dict[str, Any], lists: dict[str, tuple[int, int]]
) -> None:
    assert lists_of(BY_NAME, **options) == lists


def test_list_of_which_a_filter_leaves_no_entry_is_counted_with_those_at_its_path() -> None:
    inner = {"g": {"A": {"p": {"t": {"name": "t", "v": 1}}}, "B": {"p": {"": {"name": "", "v": 74}}}}}
    each = "items(p)[?type([1])=='object'].merge([1], {name: [0]}) | [?name!='']"
    assert lists_of(inner, items="g.*", each=each, value="v")["g.*.p.*"] == (1, 1)
    lists = {"data": [{"rows": [{"x": 1}]}, {"rows": [{"x": 2}, {"x": 3}]}]}
    assert lists_of(lists, items="data", each="rows[?x == `1`]", value="x") == {"data[].rows[]": (1, 2)}


def test_single_values_are_counted_unless_the_others_are_parts_of_their_own() -> None:
    assert lists_of({"H": [1, 2, 3]}, value="H[0]") == {"H[]": (1, 2)}
    assert lists_of({"H": [1, 2, 3, None]}, value="max(H[1:])") == {"H[]": (2, 1)}
    assert lists_of({"rows": [["a", 1, 2], ["b", 1, 2]]}, items="rows", value="[1]") == {}
    assert lists_of({"rows": [["a", 1], ["b", 1], ["c", 2]]}, items="rows[1:]", value="[1]") == {"rows[]": (2, 1)}


def test_the_first_part_shows_an_entry_that_is_left_out() -> None:
    document = {"status": "ok", "data": [{"v": 1}, {"v": 2, "unit": "cm"}]}
    options = MappingOptions.model_validate({"series": "x", "value": "data[0].v"})
    part = unread_parts(options, [document])[0]
    assert part == AnswerPart("data[]", ('{"v":2,"unit":"cm"}',), 1, False, read_count=1)
    assert part.comes_first


def test_an_event_leaves_entries_out_too() -> None:
    events = {"kind": "work", "items": "data[?v > `6`]", "key": "{id}", "title": "{id}", "geometry": "rows"}
    options = MappingOptions.model_validate({"events": events})
    assert [(part.path, part.read_count) for part in unread_parts(options, [STATIONS]) if part.read_count] == [
        ("data[]", 3)
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["v", "a", "data", "unit"]), inner),
)
EXPRESSIONS = (
    "v[0]", "data[?a].v | [0]", "*.v | [1:]", "values(@)[:1]", "sort_by(data, &v)[0]", "[v, a] | [0]", "data[][] | [1]",
    "max_by(data, &v).a", "merge(data[0], a)", "to_array(a)[0].v", "a[0] || data[::-1]", "{v: data[-1]}.v",
    "reverse(@)",
)  # fmt: skip


@given(JSON, st.sampled_from(EXPRESSIONS), st.sampled_from(EXPRESSIONS))
def test_no_answer_stops_the_count(document: Any, items: str, value: str) -> None:
    assert all(read > 0 and left > 0 for read, left in lists_of(document, items=items, value=value).values())


def test_the_time_grows_with_the_answer() -> None:
    def seconds(count: int) -> float:
        document = {"data": [{"id": n, "rows": [[n, n, n]] * 3} for n in range(count)]}
        started = time.process_time()
        lists_of(document, items="data[1:]", each="rows", value="value[2]", time="value[0]")
        return time.process_time() - started

    seconds(100)
    assert seconds(8000) < 40 * max(seconds(1000), 0.02)
