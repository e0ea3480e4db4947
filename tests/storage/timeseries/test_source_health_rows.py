"""A query that is repeated gives the same object for an unchanged row, and keeps nothing of earlier values."""

import gc
from dataclasses import dataclass
from weakref import ref

from ioc.storage.timeseries.source_health import UnchangedRows


@dataclass(frozen=True)
class RowObject:
    key: str
    value: float | None


def test_unchanged_row_keeps_its_object() -> None:
    rows = UnchangedRows("rows", RowObject)
    first = rows.objects([("a", 1.0), ("b", None)])
    assert first == {"a": RowObject("a", 1.0), "b": RowObject("b", None)}
    again = rows.objects([("b", None), ("a", 2.0), ("c", 1.0)])
    assert again["b"] is first["b"]
    assert again["a"] == RowObject("a", 2.0) and list(again) == ["b", "a", "c"]


def test_nothing_is_kept_of_rows_that_are_no_longer_there() -> None:
    rows = UnchangedRows("rows", RowObject)
    gone = [ref(made) for made in rows.objects([("a", 1.0), ("b", 1.0)]).values()]
    rows.objects([("a", 2.0)])
    gc.collect()
    assert [made() for made in gone] == [None, None]
