"""Reasons say what to do in the words of the options that a spreadsheet has."""

import re
from datetime import date, datetime, time
from typing import Any

import pytest

from components.ui.error_messages import describe
from components.ui.i18n import LANGS, catalogue
from data_sources.spreadsheet import Options, parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

OPTIONS = {"time": "Ngày", "columns": {"level": "Mức"}}
SHEETS: dict[str, Rows] = {"Biểu 1": [["Ngày", "Mức"], ["05/10/2026", 1.0]], "Biểu 2": [["Ngày", "Mức"]]}
# Options of other protocols that a reason of a spreadsheet must not name.
FOREIGN = ("time_format", "unit_path", "page_time", "items", "SenML", "JMESPath")


def read(rows: Rows, **options: Any) -> Batch:
    source = row(options={**OPTIONS, **options})
    batch = parse(source, Payload((ResponsePage(xlsx({"S": rows}), address="a"),)), NOW)
    return validate_batch(batch, source.polled_series(), NOW)


def value(cell: Any, **options: Any) -> Batch:
    return read([["Ngày", "Mức"], ["05/10/2026", cell]], **options)


def named_sheets(*names: str) -> Batch:
    return parse(row(options={**OPTIONS, "sheets": names}), Payload((ResponsePage(xlsx(SHEETS), address="a"),)), NOW)


def test_a_missing_sheet_is_rejected_with_the_sheets_of_the_file() -> None:
    batch = named_sheets("Biểu 1", "Biểu 3")
    assert len(batch.readings) == 1
    assert failures(batch) == [Failure(SpreadsheetCode.SHEET_MISSING, {"sheets": "“Biểu 1”, “Biểu 2”"})]
    with raises_failure(SpreadsheetCode.SHEET_MISSING, sheets="“Biểu 1”, “Biểu 2”"):
        named_sheets("Biểu 3")


@pytest.mark.parametrize("name", ["Biểu 1 ", "Biểu  1", "Bie\u0302\u0309u 1"])
def test_a_sheet_is_found_however_its_name_is_composed_and_spaced(name: str) -> None:
    assert len(named_sheets(name).readings) == 1


@pytest.mark.parametrize("cell", [date(2026, 5, 1), datetime(2026, 5, 1, 7, 30), time(7, 30)])
def test_a_date_cell_in_a_column_of_numbers_is_a_reason_of_its_own(cell: Any) -> None:
    assert failures(value(cell)) == [Failure(SpreadsheetCode.DATE_CELL, {"text": str(cell)})]


@pytest.mark.parametrize("text", ["có", "Không", "true", "FALSE", "đạt", "rất cao", "ước"])
def test_a_word_in_a_column_of_numbers_names_the_table_of_words(text: str) -> None:
    batch = value(f" {text} ")
    assert failures(batch) == [Failure(SpreadsheetCode.WORD, {"text": text})]
    for lang in LANGS:
        assert f'numbers: {{ "{text}": 1 }}' in describe(batch.rejected_items[0].failure, lang)
    assert [one.value for one in value(text, numbers={text: 1}).readings] == [1]
    assert [one.value for one in value(text, missing=[text]).readings] == [None]


@pytest.mark.parametrize("text", ["<0,1", "< 7.25", ">5", "≤ 0,05", ">= 3", "<0.5 mg/l"])
def test_a_limit_is_no_result(text: str) -> None:
    assert failures(value(text)) == [Failure(ParseCode.LIMIT, {"text": text})]
    assert [one.value for one in value(text, numbers={text: 0.05}).readings] == [0.05]
    assert [one.value for one in value(text, missing=[text]).readings] == [None]


@pytest.mark.parametrize("text", ["khoảng 5", "3-5", "abc%"])
def test_a_text_with_digits_or_a_percent_sign_is_no_word(text: str) -> None:
    assert codes(value(text)) == [ParseCode.NOT_A_NUMBER]


REJECTED: list[Rows] = [
    [["Ngày", "Mức"], ["hôm qua", 1.0]],
    [["Ngày", "Mức"], [None, 1.0]],
    [["Ngày", "Mức"], ["05/10/1026", 1.0]],
    [["Ngày", "Mức"], ["05/10/2027", 1.0]],
    [["Ngày", "Mức"], ["05/10/2026", 1.0], ["05/10/2026", 2.0]],
    [["Ngày", "Mức"], ["13/10/2026", 1.0], ["10/13/2026", 1.0]],
    [["Ngày", "Mức"], ["05/10/2026", "1,234"]],
    [["Ngày", "Mức"], ["05/10/2026", "ab12"]],
    [["Ngày", "Mức"], ["05/10/2026", True]],
    [["Ngày", "Mức"], ["05/10/2026", 1e300]],
]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("rows", REJECTED, ids=range(len(REJECTED)))
def test_no_reason_of_a_spreadsheet_names_an_option_of_other_protocols(rows: Rows, lang: str) -> None:
    batch = read(rows)
    assert batch.rejected_items
    for item in batch.rejected_items:
        text = describe(item.failure, lang)
        assert not [word for word in FOREIGN if re.search(rf"\b{word}\b", text)]


def test_options_that_the_texts_of_spreadsheets_name_exist() -> None:
    texts = [message["en"] for key, message in catalogue().items() if key.startswith("errors.spreadsheet.")]
    named = {name for text in texts for name in re.findall(r"\b([a-z]+_[a-z_]+)\b", re.sub(r"{[a-z_]+}", "", text))}
    assert named and named <= set(Options.model_fields)


def test_two_names_of_one_series_have_no_advice_about_senml() -> None:
    rows: Rows = [["Ngày", "Trạm", "Mức"], ["05/10/2026", "Đầm", 1.0], ["05/10/2026", "Dam", 2.0]]
    source = row(options={"time": "Ngày", "name": "Trạm", "columns": {"m-{name}": "Mức"}}, series_keys=("m-dam",))
    raw = parse(source, Payload((ResponsePage(xlsx({"S": rows}), address="a"),)), NOW)
    batch = validate_batch(raw, source.polled_series(), NOW)
    assert len(batch.rejected_items) == 2
    assert all("SenML" not in describe(item.failure, lang) for item in batch.rejected_items for lang in LANGS)
    assert [item.sample for item in batch.rejected_items] == ["“Đầm” 1", "“Dam” 2"]


@pytest.mark.parametrize("key", ["can-tho-1", "plant"])
def test_two_spellings_that_names_maps_to_one_id_are_one_name(key: str) -> None:
    rows: Rows = [["Ngày", "Trạm", "Mức"], ["04/10/2026", "Can Tho 1", 1.0], ["05/10/2026", "Cần Thơ 1", 2.0]]
    page = ResponsePage(xlsx({"S": rows}), address="a")

    def checked(names: dict[str, str]) -> Batch:
        options = {"time": "Ngày", "name": "Trạm", "columns": {"{name}": "Mức"}, "names": names}
        source = row(options=options, series_keys=(key,))
        return validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)

    batch = checked({"Cần Thơ 1": key, "Can Tho 1": key})
    assert [one.value for one in batch.readings] == [1.0, 2.0] and not batch.rejected_items
    if key == "can-tho-1":
        assert codes(checked({"Cần Thơ 1": key})) == [ValidationCode.NAMES_OF_ONE_SERIES] * 2


LONG = "rất dài " * 50


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ([["Ngày", "Mức"], ["05/10/2026", LONG]], {}),
        ([["Ngày", "Mức"], [LONG, 1]], {}),
        ([["Ngày", "Mức", "ĐVT"], ["05/10/2026", 1, LONG]], {"unit_column": "ĐVT"}),
        ([["Ngày", "Mức"], [None, LONG], ["05/10/2026", 1]], {}),
        ([["Ngày", f"Mức {LONG}"], [None, 1]], {}),
        ([["Ngày", "Mức"], ["05/10/2026", f"1 {LONG}"]], {}),
    ],
)
def test_cut_of_a_text_is_marked(rows: Rows, options: dict[str, Any]) -> None:
    name = f"{LONG}.xlsx"
    source = row(options={**OPTIONS, **options})
    try:
        batch = parse(source, Payload((ResponsePage(xlsx({"S": rows}), address=name),)), NOW)
        items = validate_batch(batch, source.polled_series(), NOW).rejected_items
        texts = [text for item in items for text in (item.location, item.sample, *item.failure.params.values())]
    except SourceError as error:
        texts = list(error.failure.params.values())
    quoted = [text for text in texts if isinstance(text, str) and "rất dài rất" in text]
    assert quoted and all("…" in text for text in quoted)


def test_cut_of_the_names_of_two_files_is_marked() -> None:
    rows: Rows = [["Ngày", "Mức"], ["05/10/2026", 1]]
    pages = tuple(ResponsePage(xlsx({"S": rows}), address=f"{LONG}{name}.xlsx") for name in "ab")
    batch = parse(row(options=OPTIONS), Payload(pages), NOW)
    assert [item.failure.code for item in batch.rejected_items] == [SpreadsheetCode.FILES_OF_ONE_SERIES]
    assert all(str(text).startswith("…") for text in batch.rejected_items[0].failure.params.values())
