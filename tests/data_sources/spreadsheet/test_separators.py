"""Text files whose columns nothing separates that is looked for: the reason says so, and no value is taken."""

from time import process_time
from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.text_table import MAX_CELLS
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, row

OPTIONS = {"name": "Trạm", "time": "Ngày", "columns": {"{name}": "Mức"}}
ONE_HEADING = {"name": "", "time": "", "name_time": "a-%Y.txt", "columns": {"level": "Mức"}}
HEADINGS = ("Trạm", "Ngày", "Mức")
ROWS = (("A", "01/10/2026", "1,5"), ("B", "02/10/2026", "2,5"), ("C", "03/10/2026", "12,5"))


def read(text: str, **options: Any) -> Batch:
    page = ResponsePage(text.encode(), address="a-2026.txt")
    return parse(row("/in", {**OPTIONS, **options}), Payload((page,)), NOW)


def reason(text: str, **options: Any) -> Failure:
    with pytest.raises(SourceError) as raised:
        read(text, **options)
    return raised.value.failure


def table(sign: str, rows: tuple[tuple[str, ...], ...] = (HEADINGS, *ROWS)) -> str:
    return "\n".join(sign.join(cells) for cells in rows)


@pytest.mark.parametrize("sign", [":", "^", " ", "~"])
def test_a_separator_that_is_not_looked_for_is_said_and_can_be_set(sign: str) -> None:
    assert reason(table(sign)) == Failure(SpreadsheetCode.SEPARATOR_OTHER, {"sign": f'"{sign}"'})
    assert [one.value for one in read(table(sign), delimiter=sign).readings] == [1.5, 2.5, 12.5]


@pytest.mark.parametrize("sign", [":", " "])
def test_without_the_headings_of_the_row_the_signs_that_were_looked_for_are_said(sign: str) -> None:
    expected = Failure(SpreadsheetCode.SEPARATOR_NOT_FOUND, {"signs": '";", "\\t", ",", "|"'})
    assert reason(table(sign).replace("Mức", "Mưa")) == expected


def test_one_heading_beside_a_blank_is_not_separated() -> None:
    text = "Ngày Mức\n01/10/2026 1,5\n02/10/2026 2,5"
    assert reason(text, **ONE_HEADING).code == SpreadsheetCode.SEPARATOR_NOT_FOUND


def test_a_delimiter_of_the_row_that_is_not_that_of_the_file() -> None:
    assert reason(table(";"), delimiter=":") == Failure(SpreadsheetCode.SEPARATOR_OTHER, {"sign": '";"'})
    other = reason(table("-").replace("Mức", "Mưa"), delimiter=":")
    assert other == Failure(SpreadsheetCode.SEPARATOR_NOT_FOUND, {"signs": '":"'})


@pytest.mark.parametrize(
    "text",
    [
        table("   "),
        table("  ", (("Báo cáo, tháng 10", "2026"), HEADINGS, *ROWS)),
        "Trạm  Ngày        Mức\nA      01/10/2026  1,5\nB      02/10/2026  2,5",
    ],
)
@pytest.mark.parametrize("delimiter", ["", " "])
def test_columns_that_several_blanks_separate_are_not_read(text: str, delimiter: str) -> None:
    """With one blank as the delimiter a value would stand below another heading."""
    assert reason(text, delimiter=delimiter).code == SpreadsheetCode.SEPARATED_BY_BLANKS


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_headings_that_lack_in_a_table_with_a_separator_are_named(sign: str) -> None:
    assert reason(table(sign).replace("Mức", "Mưa")).code == SpreadsheetCode.HEADINGS_MISSING


def test_a_table_of_one_column_has_no_separator() -> None:
    assert reason("Mưa\n1,5\n2,5", **ONE_HEADING).code == SpreadsheetCode.HEADINGS_MISSING


@pytest.mark.parametrize("text", [";" * 2_000_000, ";;\n" * 700_000, ";\n" * 700_000, table(";") + "\n" * 700_000])
def test_text_of_more_cells_than_bytes_of_content_is_refused_at_once(text: str) -> None:
    """Nine megabytes of separators took 1.4 GB and a thread for minutes."""
    began = process_time()
    assert reason(text) == Failure(SpreadsheetCode.TOO_MANY_CELLS, {"limit": MAX_CELLS})
    assert process_time() - began < 5


def test_a_file_of_a_year_of_minutes_is_not_too_large() -> None:
    assert MAX_CELLS > 3 * 366 * 1440
