"""Numbers of days without a date format count from the day that the workbook itself says."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import openpyxl  # type: ignore[import-untyped]
import pytest
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900  # type: ignore[import-untyped]

from data_sources.spreadsheet import parse
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import ods, repacked

# The 5th of October 2026, 06:00, in both systems.
DAYS_1900, DAYS_1904 = 46_300.25, 44_838.25


def xlsx(number: float, is_1904: bool) -> bytes:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904 if is_1904 else CALENDAR_WINDOWS_1900
    for line in (["Ngày", "Mức"], [number, 1.5], [datetime(2026, 10, 6), 1.6]):
        book.active.append(line)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def xls(number: float, is_1904: bool) -> bytes:
    book = xlwt.Workbook()
    book.dates_1904 = is_1904
    sheet = book.add_sheet("S")
    date_format = xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for r, (day, level) in enumerate([("Ngày", "Mức"), (number, 1.5), (int(number) + 1, 1.6)]):
        sheet.write(r, 0, day, *([date_format] if r == 2 else []))
        sheet.write(r, 1, level)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def open_document(number: float, is_1904: bool) -> bytes:
    body = ods([["Ngày", "Mức"], [number, 1.5], [f"{6:02}/10/2026", 1.6]])
    content = ZipFile(BytesIO(body)).read("content.xml").decode()
    settings = (
        '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    )
    if is_1904:
        content = content.replace("<office:spreadsheet>", f"<office:spreadsheet>{settings}")
        assert settings in content
    return repacked(body, {"content.xml": content.encode()})


@pytest.mark.parametrize("write", [xlsx, xls, open_document])
@pytest.mark.parametrize(("number", "is_1904"), [(DAYS_1900, False), (DAYS_1904, True)])
def test_a_number_of_days_counts_from_the_day_of_its_workbook(
    write: Callable[[float, bool], bytes], number: float, is_1904: bool
) -> None:
    source = row("/in", {"time": "Ngày", "columns": {"level": "Mức"}})
    batch = parse(source, Payload((ResponsePage(write(number, is_1904), address="a"),)), NOW)
    local = [(one.observed + timedelta(hours=7)).strftime("%d/%m/%Y %H:%M") for one in batch.readings]
    assert local == ["05/10/2026 06:00", "06/10/2026 00:00"]
