"""Items that are the members of an object: a series takes those of one name; the reason reads them."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.reading import Batch
from tests.data_sources.test_named_items import A, B
from tests.data_sources.test_unset_items import read

EARLY, LATE = "2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"
BY_NAME = {"A": {"v": 1, "t": EARLY}, "B": {"v": 2, "t": LATE}}
LISTS = {"A": [BY_NAME["A"]], "B": [BY_NAME["B"]]}
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


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.integers(0, 9), min_size=2, max_size=6))
def test_no_series_has_the_values_of_two_members(members: dict[str, int]) -> None:
    document = {"data": {name: {"v": value, "t": EARLY} for name, value in members.items()}}
    batch = read("http_json", document, {**SERIES, "items": "data.*"})
    codes = {item.failure.code for item in batch.rejected_items}
    assert codes == {MappingCode.MEMBERS_OF_ONE_SERIES} or all(name[:4].isdigit() for name in members)
    named = read("http_json", document, {**SERIES, "items": "items(data)[*].{name: [0], v: [1].v, t: [1].t}"})
    assert len(named.readings) + len(named.rejected_items) == len(members)
