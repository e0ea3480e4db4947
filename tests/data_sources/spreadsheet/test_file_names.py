"""Files of several stations in one folder: told apart by their names, or rejected, never one series by accident."""

import os
from pathlib import Path
from typing import Any

import pytest

from data_sources.spreadsheet import Options, fetch, parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import table_of
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, option_error_code, raises_failure
from tests.data_sources.server import NOW, client_factory, row

LEVEL = {"time": "Ngày", "columns": {"level": "Mức"}}
OF_FILE = {"time": "Ngày", "columns": {"{file}-level": "Mức"}}


def page(name: str, level: float, day: str = "05/10/2026") -> ResponsePage:
    return ResponsePage(f"Ngày;Mức\n{day};{level:g}\n".encode(), address=name)


def read(*pages: ResponsePage, **options: Any) -> Batch:
    return parse(row("/in", options), Payload(pages), NOW)


def values(batch: Batch) -> dict[str, float | None]:
    return {one.series: one.value for one in batch.readings}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("tram-a.csv", "tram-b.csv"), ("tram1.csv", "tram2.csv"), ("54512010.csv", "54512013.csv"),
        ("a/2026-10.csv", "b/2026-10.csv"), ("TRAM_A_20261005.csv", "TRAM_B_20261005.csv"),
    ],
)  # fmt: skip
def test_files_of_two_stations_do_not_become_one_series(first: str, second: str) -> None:
    batch = read(page(first, 1), page(second, 9, "06/10/2026"), **LEVEL)
    assert not batch.readings and codes(batch) == [SpreadsheetCode.FILES_OF_ONE_SERIES]
    assert batch.rejected_items[0].failure.params == {"first": first, "second": second}
    assert len(read(page(first, 1), page(second, 9, "06/10/2026"), **LEVEL, file_name="*").readings) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("muc-nuoc-2026-10.csv", "muc-nuoc-2026-11.csv"), ("mn 05.10.2026.csv", "MN_06102026.csv"),
        ("mn_20261005_0700.csv", "mn_20261005130000.csv"), ("Báo cáo tháng 9.csv", "Báo cáo tháng 10 (2).csv"),
        ("mn-quý III-2026.csv", "mn-quý iv-2026.csv"), ("mn.csv", "mn v2.csv"), ("2026/10/mn.csv", "2026/11/mn.csv"),
        ("mn 2026-10-05T0700.csv", "mn.csv"),
    ],
)  # fmt: skip
def test_files_whose_names_differ_in_their_period_are_of_one_table(first: str, second: str) -> None:
    options = Options.model_validate(LEVEL)
    assert table_of(first, options) == table_of(second, options)
    assert len(read(page(first, 1), page(second, 9, "06/10/2026"), **LEVEL).readings) == 2


def test_a_later_file_of_the_same_table_corrects_an_earlier_one() -> None:
    batch = read(page("mn-2026-10.csv", 1), page("mn-2026-10 (2).csv", 2), **LEVEL)
    assert [one.value for one in batch.readings] == [1, 2] and not batch.rejected_items


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["Dam Doi.csv", "Cai Nuoc.csv"]),
        ({"file_name": "mn-{file}-%Y-%m.csv"}, ["mn-dam-doi-2026-10.csv", "mn-cai-nuoc-2026-10.csv"]),
        ({"file_name": "{file}_*.csv"}, ["Đầm Dơi_x.csv", "Cái Nước_y.csv"]),
        ({"names": {"S1": "dam-doi", "S2": "cai-nuoc"}}, ["S1.csv", "S2.csv"]),
    ],
)
def test_the_name_of_a_file_is_part_of_its_series(options: dict[str, Any], names: list[str]) -> None:
    batch = read(page(names[0], 1), page(names[1], 9), **OF_FILE, **options)
    assert values(batch) == {"dam-doi-level": 1, "cai-nuoc-level": 9} and not batch.rejected_items


def test_the_name_of_a_file_has_its_station_and_its_time() -> None:
    text = b"Ng\xc3\xa0y;M\xe1\xbb\xa9c\n1;5\n"
    options = {"name_time": "{file}-%Y-%m.csv", "columns": {"{file}": "Mức"}}
    batch = read(ResponsePage(text, address="Tram 100% A-2026-10.csv"), **options)
    assert values(batch) == {"tram-100-a": 5}


def test_names_with_indicators_of_two_agencies_are_not_mixed() -> None:
    body = "Chỉ tiêu;Giá trị\nSố hộ;{}\n"
    pages = [ResponsePage(body.format(n).encode(), address=f"{name}-2026-10.csv") for n, name in ((1, "a"), (2, "b"))]
    options = {"name_time": "{file}-%Y-%m.csv", "name": "Chỉ tiêu", "columns": {"{file}-{name}": "Giá trị"}}
    assert values(read(*pages, **options)) == {"a-so-ho": 1, "b-so-ho": 2}


def test_two_files_whose_names_become_one_id_are_rejected() -> None:
    batch = read(page("Đầm Dơi.csv", 1), page("Dam Doi.csv", 9), **OF_FILE)
    assert not batch.readings and codes(batch) == [SpreadsheetCode.FILES_OF_ONE_SERIES]


def test_two_names_of_files_that_are_mapped_to_one_id_are_spellings_of_one_station() -> None:
    names = {"Đầm Dơi": "dam-doi", "Dam Doi": "dam-doi", "Cái Nước": "cai-nuoc"}
    pages = [page("Đầm Dơi.csv", 1), page("Dam Doi.csv", 9, "06/10/2026"), page("Cái Nước.csv", 3)]
    batch = read(*pages, **OF_FILE, names=names)
    assert [(one.series, one.value) for one in batch.readings] == [
        ("dam-doi-level", 1), ("dam-doi-level", 9), ("cai-nuoc-level", 3),
    ]  # fmt: skip
    assert not batch.rejected_items
    other = read(pages[0], page("dam-doi.csv", 9), **OF_FILE, names=names)
    assert not other.readings and codes(other) == [SpreadsheetCode.FILES_OF_ONE_SERIES]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("mn-{file}-%Y.csv", "muc-nuoc-a-2026.csv"), ("{file}-*.csv", "a-b-c.csv"), ("a*.csv", "b.csv")],
)
def test_a_name_that_the_pattern_does_not_read_in_one_way_is_an_error(pattern: str, name: str) -> None:
    with raises_failure(SpreadsheetCode.FILE_NAME, name=name):
        read(page(name, 1), **(OF_FILE if "{" in pattern else LEVEL), file_name=pattern)


@pytest.mark.parametrize(
    "options",
    [
        {**LEVEL, "file_name": "{file}.csv"},
        {**OF_FILE, "file_name": "*.csv"},
        {"time": "Ngày", "columns": {"{file}-a": "A", "b": "B"}},
    ],
)
def test_the_placeholder_stands_everywhere_or_nowhere(options: dict[str, Any]) -> None:
    assert option_error_code(Options, options) == OptionCode.FILE_PLACEHOLDER


@pytest.mark.parametrize(("options", "count"), [(LEVEL, 0), ({**LEVEL, "file_name": "*"}, 1), (OF_FILE, 1)])
async def test_a_station_whose_file_alone_has_changed_is_still_compared(
    tmp_path: Path, options: dict[str, Any], count: int
) -> None:
    source = row(tmp_path.as_uri(), options)
    async with client_factory() as factory:
        for n, (name, level) in enumerate((("tram-a.csv", 1.0), ("tram-b.csv", 9.0), ("tram-a.csv", 2.0))):
            (tmp_path / name).write_bytes(page(name, level).body)
            os.utime(tmp_path / name, (NOW.timestamp() - 60 + n, NOW.timestamp() - 60 + n))
            payload = await fetch(source, factory.context_for(source))
        assert len(parse(source, payload, NOW).readings) == count


def test_a_file_whose_name_lost_a_character_is_of_no_other_station() -> None:
    batch = read(page("CT\ufffd01.csv", 99.5), page("ct-02.csv", 1.5), **OF_FILE)
    assert values(batch) == {"ct-02-level": 1.5} and codes(batch) == [ParseCode.NAME_DAMAGED]
    batch = read(page("CT\ufffd01.csv", 99.5), **OF_FILE, names={"CT\ufffd01": "ct-03"})
    assert values(batch) == {"ct-03-level": 99.5}
