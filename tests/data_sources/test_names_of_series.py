"""The id that `try` prints for a series is one that `names` takes, in every protocol that has it, and as it stands."""

from dataclasses import replace
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping import NameOptions, options_of
from data_sources.spreadsheet import parse
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from tests.data_sources.server import NOW, fixture, row
from tests.data_sources.sheets import Rows, xlsx
from tests.data_sources.test_contract import CASES, Case

NAMED = [case for case in CASES if case.units and issubclass(protocols()[case.protocol].Options, NameOptions)]
ROWS: Rows = [["Ngày", "Trạm", "Mực nước"], ["27/11/2026", "Đầm Dơi", 1.5], ["27/11/2026", "Cần Thơ", 2.5]]


def read(case: Case, names: dict[str, str]) -> tuple[Source, Batch]:
    source = replace(case.source, options={**case.options, "names": names})
    return source, protocols()[case.protocol].parse(source, Payload((fixture(case.fixture),)), NOW)


@pytest.mark.parametrize("case", NAMED, ids=lambda case: case.fixture)
def test_names_takes_the_whole_id_of_a_series(case: Case) -> None:
    printed = {one.series for one in read(case, {})[1].readings if one.value is not None}
    names = {series: f"new-{n}" for n, series in enumerate(sorted(printed))}
    source, batch = read(case, names)
    assert set(names.values()) <= {one.series for one in batch.readings} and not printed & {
        one.series for one in batch.readings if one.value is not None
    }
    options = options_of(source, protocols()[case.protocol].Options)
    assert isinstance(options, NameOptions) and not options.unmatched_names


def series_of_table(template: str, names: dict[str, str], **more: Any) -> list[str]:
    options = {"time": "Ngày", "name": "Trạm", "columns": {template: "Mực nước"}, "names": names, **more}
    page = ResponsePage(xlsx({"S": ROWS}), address="nam.xlsx")
    return [one.series for one in parse(row("/in", options), Payload((page,)), NOW).readings]


def test_a_row_of_a_table_is_named_by_its_text_its_part_or_its_whole_id() -> None:
    for name, key in (("Đầm Dơi", "x"), ("dam-doi", "x"), ("level-dam-doi", "level-x")):
        assert series_of_table("level-{name}", {name: key}) == ["level-x", "level-can-tho"]
    assert series_of_table("level-{name}", {"Đầm Dơi": "a", "level-a": "b"}) == ["b", "level-can-tho"]
    assert series_of_table("{file}-{name}", {"nam-dam-doi": "x"}) == ["x", "nam-can-tho"]


def test_two_rows_may_exchange_their_ids() -> None:
    for names in ({"dam-doi": "can-tho", "can-tho": "dam-doi"}, {"Đầm Dơi": "can-tho", "Cần Thơ": "dam-doi"}):
        assert series_of_table("{name}", names) == ["can-tho", "dam-doi"]
        assert series_of_table("level-{name}", names) == ["level-can-tho", "level-dam-doi"]
    names = {"level-dam-doi": "level-can-tho", "level-can-tho": "level-dam-doi"}
    assert series_of_table("level-{name}", names) == ["level-can-tho", "level-dam-doi"]
