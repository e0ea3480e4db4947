"""Members of objects inside members of objects: the options of the reason, taken literally, read all of them."""

from typing import Any

import pytest
import yaml

from data_sources._mapping.errors import MappingCode
from tests.data_sources.test_unset_items import read

TIME = "2026-11-24T08:00:00Z"


def leaf(number: float, **more: Any) -> dict[str, Any]:
    return {"v": number, "t": TIME, **more}


STATIONS = {
    "Q2": {"code": "q2", "p": {"muc": leaf(1), "nhiet": leaf(2)}},
    "Q4": {"code": "q4", "p": {"muc": leaf(3), "nhiet": leaf(4), "luu": leaf(5)}},
    "Q5": {"code": "q5", "p": {"muc": leaf(6)}},
}
SPECIAL = {
    "Trạm số 1": {"thông số": {"mực nước": leaf(1), "a.b": leaf(2), "it's `x`": leaf(3)}},
    'G "30"': {"thông số": {"mực nước": leaf(4), "a.b": leaf(5)}},
}
LISTS = {"Q2": {"code": "q2", "p": {"muc": [leaf(1)], "nhiet": [leaf(2)]}},
         "Q4": {"code": "q4", "p": {"muc": [leaf(3)], "luu": [leaf(4)]}}}  # fmt: skip
NUMBERS = {"Q2": {"code": "q2", "p": {"muc": 1, "nhiet": 2}}, "Q4": {"code": "q4", "p": {"muc": 3, "nhiet": 4}}}
NAMED = {"Q2": {"p": {"x": leaf(1, name="Mực"), "y": leaf(2, name="Mực")}}}
NOW = {"Q2": {"code": "q2", "p": {"muc": {"now": leaf(1)}, "nhiet": {"now": leaf(2)}}}}
REGIONS = {
    "north": {"s": {"Q2": {"p": {"muc": leaf(1), "nhiet": leaf(2)}}, "Q4": {"p": {"muc": leaf(3)}}}},
    "south": {"s": {"Q2": {"p": {"muc": leaf(4)}}, "Q9": {"p": {"muc": leaf(5), "nhiet": leaf(6)}}}},
}
ROW = {"series": "x", "value": "v", "time": "t"}
NUMBER_ROW = {"value": "value", "time": ""}
WITH_NAMES = "items(d)[*].{name: [0], inner: [1]}"
CASES: list[tuple[Any, dict[str, Any]]] = [
    ({"d": STATIONS}, {"items": "d.*", "each": "p.*"}),
    ({"d": STATIONS}, {"items": "d.*", "each": "p.*", "series": "x-{parent.code}"}),
    ({"d": STATIONS}, {"items": "values(d)", "each": "values(p)", "series": "x-{parent.code}"}),
    ({"d": STATIONS}, {"items": WITH_NAMES, "each": "inner.p.*", "series": "x-{parent.name}"}),
    ({"d": STATIONS}, {"items": WITH_NAMES, "each": "values(inner.p)", "series": "x-{parent.name}"}),
    ({"d": STATIONS}, {"items": "d.*[].p.*[]"}), ({"d": STATIONS}, {"items": "d.* | [].p.* | []"}),
    ({"d": STATIONS}, {"items": "d.*.values(p)[]"}), ({"d": STATIONS}, {"items": "values(d)[].p.*[]"}),
    ({"d": STATIONS}, {"items": "@", "each": "d.*[].p.*[]"}), (STATIONS, {"items": "*", "each": "p.*"}),
    (STATIONS, {"items": "*[].p.*[]"}), ({"l": [{"s": STATIONS}]}, {"items": "l[].s.*[]", "each": "p.*"}),
    ({"d": SPECIAL}, {"items": "d.*", "each": '"thông số".*'}),
    ({"d": SPECIAL}, {"items": 'd.*[]."thông số".*[]'}),
    ({"d d": SPECIAL}, {"items": 'values("d d")', "each": 'values("thông số")'}),
    ({"d": LISTS}, {"items": "d.*", "each": "p.*[]", "series": "x-{parent.code}"}),
    ({"d": LISTS}, {"items": "d.*", "each": "p.*[]"}), ({"d": LISTS}, {"items": "d.*[].p.*[][]"}),
    ({"d": NUMBERS}, {"items": "d.*", "each": "p.*", "series": "x-{parent.code}", **NUMBER_ROW}),
    ({"d": NUMBERS}, {"items": "d.*", "each": "p.*", **NUMBER_ROW}),
    ({"d": NUMBERS}, {"items": "d.*[].p.*[]", "value": "@", "time": ""}),
    ({"d": NAMED}, {"items": "d.*", "each": "p.*", "series": "x-{name}"}),
    ({"d": NOW}, {"items": "d.*", "each": "p.*.now"}), ({"d": NOW}, {"items": "d.*[].p.*.now[]"}),
    ({"r": REGIONS}, {"items": "r.*[].s.*[]", "each": "p.*"}),
    ({"r": REGIONS}, {"items": "r.*", "each": "s.*[].p.*[]"}),
    ({"r": REGIONS}, {"items": "r.*[].s.*[].p.*[]"}), ({"r": REGIONS}, {"items": "r.*.values(s)[].values(p)[]"}),
    ({"d": STATIONS}, {"items": "d.*", "each": "p.*", "series": "", "value": "", "values": {"x": "v"}}),
    ({"d": STATIONS}, {"items": "d.*", "each": "p.*", "series": "", "value": "",
                       "values": {"x": {"path": "v", "unit": "cm"}, "y-{parent.code}": "v"}}),
]  # fmt: skip


def numbers_of(value: Any) -> list[float]:
    """All numbers of a document."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [number for one in inner for number in numbers_of(one)]
    return [] if isinstance(value, str) else [value]


@pytest.mark.parametrize(("document", "options"), CASES)
def test_the_options_of_the_reason_read_all_members(document: Any, options: dict[str, Any]) -> None:
    row = {name: value for name, value in {**ROW, **options}.items() if value}
    reasons = [one.failure for one in read("http_json", document, row).rejected_items]
    written = {str(one.params["write"]) for one in reasons if one.code == MappingCode.MEMBERS_OF_ONE_SERIES}
    (write,) = written
    batch = read("http_json", document, {**row, **yaml.safe_load(f"{{{write}}}")})
    assert not batch.rejected_items
    templates = len(row.get("values", [""]))
    assert sorted(one.value or 0 for one in batch.readings) == sorted(numbers_of(document) * templates)
    assert len({one.series for one in batch.readings}) == len(batch.readings)


def test_a_member_that_lacks_the_inner_object_later_does_not_stop_the_others() -> None:
    for options in ({"items": "d.*[].p.*[]"}, {"items": "r.*[].s.*[]", "each": "p.*"}):
        document = {"d": STATIONS, "r": REGIONS}
        reasons = [one.failure for one in read("http_json", document, {**ROW, **options}).rejected_items]
        row = {**ROW, **yaml.safe_load(f"{{{reasons[0].params['write']}}}")}
        later = {"d": {**STATIONS, "Q2": {"code": "q2"}}, "r": {**REGIONS, "south": {"s": None}}}
        assert len(read("http_json", later, row).readings) >= 3
