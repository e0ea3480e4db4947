"""`:since` beside a text column: texts with the day first are in no order, so that the comparison would lose rows."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from data_sources.sql_view import Options
from ioc.domain.base.option_errors import OptionCode

DAY_FIRST = {"series": "a", "value": "v", "time": "join(' ', [ngay, gio])", "time_format": "%d/%m/%Y %H:%M"}
REWRITTEN = "substr(ngay, 7, 4) || '-' || substr(ngay, 4, 2) || '-' || substr(ngay, 1, 2) >= date(:since)"


def options(condition: str, select: str = "ngay, gio, v", **changes: Any) -> Options:
    return Options.model_validate({**DAY_FIRST, "query": f"SELECT {select} FROM obs WHERE {condition}", **changes})


@pytest.mark.parametrize(
    "condition", ["ngay >= :since", "o.ngay > :since", 'v > 0 AND "NGAY">=:since', "ngay >= CAST(:since AS date)"]
)
def test_text_column_with_the_day_first_is_not_compared_with_since(condition: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(condition)
    (error,) = caught.value.errors()
    assert error["ctx"]["error"].failure.code == OptionCode.SINCE_OF_TEXT


def test_text_column_of_periods_is_not_compared_with_since() -> None:
    with pytest.raises(ValidationError) as caught:
        options("ky > :since", "ky, v", time="ky", time_format="period_end")
    (error,) = caught.value.errors()
    assert error["ctx"]["error"].failure.code == OptionCode.SINCE_OF_TEXT


@pytest.mark.parametrize(
    "condition", [REWRITTEN, "to_date(ngay, 'DD/MM/YYYY') >= CAST(:since AS date)", "luc >= :since", "v > 0"]
)
def test_other_comparisons_are_allowed(condition: str) -> None:
    assert options(condition).is_incremental is (":since" in condition)


@pytest.mark.parametrize("changes", [
    {"time_format": "%Y-%m-%d %H:%M"}, {"time": "ngay", "time_format": "iso"},
    {"select": "to_char(ngay, 'DD/MM/YYYY') AS ngay, gio, v"},
])  # fmt: skip
def test_column_whose_texts_are_in_order_is_compared_with_since(changes: dict[str, str]) -> None:
    assert options("ngay >= :since", **changes).is_incremental


def test_the_condition_of_the_reason_finds_the_rows(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("CREATE TABLE obs (ngay TEXT, v REAL)")
        database.executemany("INSERT INTO obs VALUES (?, ?)", [("27/11/2026", 1), ("02/12/2026", 2), ("30/10/2026", 3)])
        rows = database.execute(f"SELECT v FROM obs WHERE {REWRITTEN}", {"since": "2026-11-27 08:00:00"})
        assert [value for (value,) in rows] == [1, 2]


EVENTS = {"kind": "report", "key": "{id}", "title": "{ten}", "time": "luc"}


def test_a_query_with_since_lists_not_all_open_events() -> None:
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"query": "SELECT * FROM e WHERE luc > :since", "events": EVENTS | {"complete": True}})
    (error,) = caught.value.errors()
    assert error["ctx"]["error"].failure.code == OptionCode.COMPLETE_WITH_SINCE


@pytest.mark.parametrize(
    ("query", "complete"), [("SELECT * FROM e WHERE luc > :since", False), ("SELECT * FROM e", True)]
)
def test_events_of_all_rows_may_be_complete(query: str, complete: bool) -> None:
    assert Options.model_validate({"query": query, "events": EVENTS | {"complete": complete}}).events
