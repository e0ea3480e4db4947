"""An expression takes one of several values with different units: its unit is that of the object it takes it from.

Which numbers the objects have does not matter.
"""

from time import process_time
from typing import Any

import pytest

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.selected_objects import selected_objects
from ioc.domain.base.failure import Failure
from tests.data_sources.failures import failures
from tests.data_sources.test_unread_unit import read, unread

NUMBERS: list[tuple[float, float]] = [(2, 2), (-3, 3), (3, -3), (2.4, 3), (3, 2.4), (0, 0), (-0.5, -50), (200, 2)]
OF_A = [
    "not_null(a.v, b.v)", "ceil(not_null(a.v, b.v))", "abs(not_null(x, a.v, b.v))", "to_number(a.v || b.v)",
    "abs([a.v, b.v][0])", "abs([a, b][].v | [0])", "map(&abs(v), [a, b])[0]", "abs(map(&v, [a, b]) | [0])",
    "floor(reverse([b.v, a.v])[0])", "sort_by([b, a], &k)[0].v", "merge(b, a).v",
    "[{k: 'x', n: b.v}, {k: 'y', n: a.v}][?k=='y'].n | [0]",
    "{x: a.v, y: b.v}.x", "b.v != `null` && a.v || b.v", "(b.none || a.none) && b.v || a.v", "b.blank || a.v",
    "[[b.v], [a.v]][1][0]",
]  # fmt: skip


def body(numbers: tuple[Any, Any], units: tuple[str, str]) -> dict[str, Any]:
    a, b = ({"k": key, "v": v, "unit": unit} for key, v, unit in zip("ab", numbers, units, strict=True))
    return {"a": a, "b": b | {"blank": ""}, "c": [a, b]}


@pytest.mark.parametrize("path", OF_A)
@pytest.mark.parametrize("numbers", NUMBERS)
def test_unit_is_that_of_the_object_whose_value_is_taken(path: str, numbers: tuple[float, float]) -> None:
    batch = read("http_json", body(numbers, ("m", "cm")), "m", value=path)
    assert len(batch.readings) == 1 and not batch.assumed_unit_count
    answer = body(numbers, ("cm", "m"))
    (reason,) = failures(read("http_json", answer, "m", value=path))
    assert reason == unread(advised := str(reason.params["path"]), "cm", "m")
    assert len(read("http_json", answer, "m", value=path, unit_path=advised).readings) == 1


@pytest.mark.parametrize("texts", [("2.00", 2), ("2", "2.0"), (" 2", 2)])
def test_texts_of_equal_numbers_are_told_apart(texts: tuple[Any, Any]) -> None:
    for path in ("to_number(not_null(a.v, b.v))", "to_number([a.v, b.v][0])"):
        assert failures(read("http_json", body(texts, ("cm", "m")), "m", value=path)) == [unread("a.unit", "cm", "m")]
        assert len(read("http_json", body(texts, ("m", "cm")), "m", value=path).readings) == 1


@pytest.mark.parametrize(
    "path",
    ["max(c[].v)", "min([a.v, b.v])", "sum(c[].v)", "avg(c[*].v)", "sort(c[].v)[0]", "abs(sort(c[].v) | [-1])",
     "ceil(max(map(&abs(v), c)))", "max(c[].v) || x"],
)  # fmt: skip
@pytest.mark.parametrize("numbers", NUMBERS)
def test_value_of_all_is_rejected_whatever_the_numbers(path: str, numbers: tuple[float, float]) -> None:
    batch = read("http_json", body(numbers, ("m", "cm")), "m", value=path)
    assert failures(batch) == [Failure(MappingCode.UNITS_DIFFER, {"first": "m", "second": "cm"})]
    assert len(read("http_json", body(numbers, ("m", "metre")), "m", value=path).readings) == 1


def test_sorting_a_long_list_takes_no_more_than_a_few_times_as_long_as_reading_it() -> None:
    item = {"c": [{"v": float(n), "unit": "m"} for n in range(8000)]}
    taken = []
    for path in ("sum(c[].v)", "sum(sort(c[].v))"):
        start = process_time()
        assert len(selected_objects(item, path)) == 8000
        taken.append(process_time() - start)
    assert taken[1] < 6 * taken[0]
