"""Items that are the members of an object: a series takes those of one name; the reason reads them."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.time_texts import names_moment
from ioc.domain.ingest.reading import Batch
from tests.data_sources.test_named_items import A, B
from tests.data_sources.test_unset_items import read

EARLY, LATE = "2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"
BY_NAME = {"A": {"v": 1, "t": EARLY}, "B": {"v": 2, "t": LATE}}
LISTS = {"A": [BY_NAME["A"]], "B": [BY_NAME["B"]]}
MANY = {f"s{n}x": {"v": n, "t": EARLY} for n in range(5_001)}
SERIES = {"series": "level", "value": "v", "time": "t"}


def values(batch: Batch) -> list[tuple[str, float | None]]:
    return [(one.series, one.value) for one in batch.readings]


@pytest.mark.parametrize("protocol", ["http_json", "webhook", "mqtt"])
@pytest.mark.parametrize(
    ("document", "options"),
    [
        ({"data": BY_NAME}, {"items": "data.*"}), ({"data": BY_NAME}, {"items": "values(data)"}),
        (BY_NAME, {"items": "*"}), (BY_NAME, {"items": "values(@)"}), ({"data": BY_NAME}, {"items": "data.*[]"}),
        ({"data": BY_NAME}, {"items": "values(data)[*]"}), ({"a b": BY_NAME}, {"items": '"a b".*'}),
        ({"data": LISTS}, {"items": "data.*[]"}), ({"data": LISTS}, {"items": "values(data)[]"}),
        ({"data": {name: {"now": one} for name, one in BY_NAME.items()}}, {"items": "data.*.now"}),
        ({"data": {name: {"now": [one]} for name, one in BY_NAME.items()}}, {"items": "data.*.now[]"}),
        ({"data": {name: {"now": [one]} for name, one in BY_NAME.items()}}, {"items": "data.*", "each": "now"}),
        ({"data": {"A": 1, "B": 2}}, {"items": "data.*", "value": "@", "time": ""}),
        ({"data": {"A": {"v": 1}, "B": {"v": "broken"}}}, {"items": "data.*", "time": ""}),
        ({"data": {"A": {"v": 1}, "meta": None, "B": {"v": 2}}}, {"items": "data.*", "time": ""}),
        ({"data": {name: {**one, "name": "x"} for name, one in BY_NAME.items()}}, {"items": "data.*"}),
    ],
)  # fmt: skip
def test_members_of_two_names_are_no_series_until_the_names_are_read(
    protocol: str, document: Any, options: dict[str, Any]
) -> None:
    row = {**SERIES, **options}
    if protocol == "mqtt" and row["value"] == "@":
        row["value"] = "value"  # an item that is no object is the value of one
    batch = read(protocol, document, row)
    failures = [item.failure for item in batch.rejected_items]
    mixed = [failure for failure in failures if failure.code == MappingCode.MEMBERS_OF_ONE_SERIES]
    assert not batch.readings and mixed and mixed[0].params["names"] == "A, B"
    written = yaml.safe_load(f"{{{str(mixed[0].params['write']).replace('…', 'level-')}}}")
    assert values(read(protocol, document, {**row, **written}))[:1] == [("level-a", 1)]
    assert {one.series for one in read(protocol, document, {**row, **written}).readings} <= {"level-a", "level-b"}
    kept = read(protocol, document, {**row, "may_differ": [mixed[0].params["field"]]})
    assert values(kept)[:1] == [("level", 1)]


@pytest.mark.parametrize(
    ("pages", "options"),
    [
        ([{"data": BY_NAME}], {"items": items}) for items in (
            "data | *", "data | values(@)", "sort_by(values(data), &t)", "reverse(values(data))", "data.*|[]",
            "map(&@, values(data))", "not_null(data.*, d)", "values(data) | sort_by(@,&t)", "data.*.{v: v, t: t}",
            "to_array(data)[0].*", "values(data)[?v>`0`]", "data.* | [0:5]",
        )
    ] + [
        ([{"l": [{"s": BY_NAME}]}], {"items": "l", "each": "s.*"}),
        ([{"l": [{"s": BY_NAME}]}], {"items": "l[].s.* | []"}),
        ([{"data": {"A": BY_NAME["A"]}}, {"data": {"B": BY_NAME["B"]}}], {"items": "data.*"}),
        ([{"data": MANY}], {"items": "data.*"}),
        ([{"data": BY_NAME}], {"items": "data.*", "series": "", "value": "", "values": {"level": "v", "other": "v"}}),
    ],
)  # fmt: skip
def test_members_are_found_by_whatever_expression(pages: list[Any], options: dict[str, Any]) -> None:
    row = {name: value for name, value in {**SERIES, **options}.items() if value}
    batch = read("http_json", pages[0], row, *pages[1:])
    (reason,) = {
        item.failure.params["write"]: item.failure for item in batch.rejected_items
        if item.failure.code == MappingCode.MEMBERS_OF_ONE_SERIES
    }.values()  # fmt: skip
    assert not batch.readings and yaml.safe_load(f"{{{reason.params['write']}}}")
    assert read("http_json", pages[0], {**row, "may_differ": [reason.params["field"]]}, *pages[1:]).readings


def of_names(*names: str) -> dict[str, Any]:
    return {"data": {name: {"v": n, "t": f"2026-11-24T0{n}:00:00Z"} for n, name in enumerate(names, 1)}}


@pytest.mark.parametrize(
    "names",
    [
        ("2026-11-24T08:00", "2026-11-24T09:00"), ("2026-10", "2026-11"), ("20261123", "20261124"),
        ("23/11/2026", "24/11/2026"), ("08:00", "09:00"), ("1795500000", "1795503600"),
        ("202611240800", "202611240900"), ("0", "1"), ("2014Q3", "2014Q4"),
        ("2026-11-24 08h", "2026-11-24 09h"), ("2026-11-24-08", "2026-11-24-09"), ("2026/11/23", "2026/11/24"),
        ("24-11-2026 08:00", "24-11-2026 09:00"), ("08h30", "09h30"),
    ],
)  # fmt: skip
def test_members_named_by_times_or_positions_are_one_sensor(names: tuple[str, str]) -> None:
    batch = read("http_json", of_names(*names), {**SERIES, "items": "data.*"})
    assert values(batch) == [("level", 1), ("level", 2)] and not batch.rejected_items


@pytest.mark.parametrize(
    "names",
    [
        ("861234567890123", "861234567890124"), ("290000089000001", "290000089000002"), ("01646500", "01646501"),
        ("1001", "1002"), ("1", "2"), ("1", "0"), ("2026-11-24", "A"),
        ("2026-11-24-A", "2026-11-24-B"), ("2026-13-24-08", "2026-13-24-09"), ("2026/11/A", "2026/11/B"),
    ],
)  # fmt: skip
def test_members_named_by_numbers_of_sensors_are_several(names: tuple[str, str]) -> None:
    batch = read("http_json", of_names(*names), {**SERIES, "items": "data.*"})
    assert not batch.readings
    assert {item.failure.code for item in batch.rejected_items} == {MappingCode.MEMBERS_OF_ONE_SERIES}


@pytest.mark.parametrize(
    ("document", "items"),
    [
        ({"meta": {"page": 1}, "now": {"v": 2}}, "*"), ({"data": {"info": {"name": "x"}, "obs": {"v": 2}}}, "data.*"),
        ({"meta": {}, "now": {"v": 2}}, "values(@)"),
    ],
)  # fmt: skip
def test_members_without_the_field_are_no_sensors(document: Any, items: str) -> None:
    batch = read("http_json", document, {"series": "level", "value": "v", "items": items})
    assert ("level", 2) in values(batch) and not batch.rejected_items


def test_rejected_items_of_another_page_are_no_members_of_this_one() -> None:
    first = {"X": {"id": "a", "v": "broken", "t": EARLY}, "Y": {"id": "b", "v": 2, "t": EARLY}}
    second = {"Y": {"id": "b", "v": 2.5, "t": LATE}, "X": {"id": "a", "v": 3, "t": LATE}}
    batch = read("http_json", {"data": first}, {**SERIES, "series": "{id}", "items": "data.*"}, {"data": second})
    assert values(batch) == [("b", 2), ("b", 2.5), ("a", 3)]
    assert MappingCode.MEMBERS_OF_ONE_SERIES not in [item.failure.code for item in batch.rejected_items]


@pytest.mark.parametrize("off", [None, 5, {}, []])
def test_the_advised_options_read_the_others_where_one_member_is_off(off: Any) -> None:
    """The members may be lists, as in the documentation."""
    row = {**SERIES, "items": "items(data)[*].{name: [0], inner: [1]}", "each": "inner", "series": "{parent.name}"}
    for document in (BY_NAME, LISTS):
        assert values(read("http_json", {"data": {**document, "C": off}}, row))[:2] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("document", "options"),
    [
        ({"data": {"A": BY_NAME["A"]}}, {"items": "data.*"}),  # one member
        ({"data": {"2026-11-24T08:00": A, "2026-11-24T09:00": B}}, {"items": "data.*"}),  # times
        ({"data": [BY_NAME["A"]]}, {"items": "data[*]"}),
        ({"data": {"A": {**A, "id": "x"}, "B": {**B, "id": "y"}}}, {"items": "data.*", "series": "level-{id}"}),
        ({"data": {"A": BY_NAME["A"], "B": {"x": 2, "t": LATE}}}, {"items": "data.*", "values": {"{x}": "v"}}),
    ],
)  # fmt: skip
def test_other_members_are_read_as_they_are(document: Any, options: dict[str, Any]) -> None:
    row = {**SERIES, **options}
    row = {name: value for name, value in row.items() if not ("values" in options and name in ("series", "value"))}
    codes = [item.failure.code for item in read("http_json", document, row).rejected_items]
    assert MappingCode.MEMBERS_OF_ONE_SERIES not in codes


_LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffd")  # names with others are refused
NAMES = st.text(_LETTERS, min_size=1, max_size=8) | st.integers(1, 10**15).map(str) | st.dates().map(str)


@given(st.dictionaries(NAMES, st.integers(0, 9), min_size=2, max_size=6))
def test_no_series_has_the_values_of_two_members(members: dict[str, int]) -> None:
    document = {"data": {name: {"v": value, "t": EARLY} for name, value in members.items()}}
    batch = read("http_json", document, {**SERIES, "items": "data.*"})
    codes = {item.failure.code for item in batch.rejected_items}
    is_one = all(map(names_moment, members)) or list(members) == [str(n) for n in range(len(members))]
    assert (len(batch.readings) == len(members)) is is_one
    assert codes == (set() if is_one else {MappingCode.MEMBERS_OF_ONE_SERIES})
    items = "items(data)[*].{name: [0], inner: [1]}"
    named = read("http_json", document, {**SERIES, "items": items, "each": "inner", "series": "x-{parent.name}"})
    assert len(named.readings) + len(named.rejected_items) == len(members)
