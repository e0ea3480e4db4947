"""The monthly report of the agencies, as a person makes it: a title, a merged heading, rows, dates as dd/mm/yyyy.

The workbook is written by hand, with inline strings, so that the simulator needs no library for it and the same month
gives the same bytes.
"""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ioc.domain.base.times import CITY_ZONE
from simulator.city import SimulatedFeed

TITLE = "BÁO CÁO CẬP NHẬT CHỈ SỐ CỦA CÁC CƠ QUAN (MÔ PHỎNG)"
HEADINGS = ("Mã cơ quan", "Cơ quan", "Ngày báo cáo", "Số chỉ số phải cập nhật", "Số chỉ số cập nhật đúng hạn")
SHEET = "Báo cáo"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    f'<sheets><sheet name="{SHEET}" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
Cells = tuple[str | int, ...]


def file_name(t: float) -> str:
    """The name of the file of the month that begins at `t`."""
    return f"bao-cao-cap-nhat-{datetime.fromtimestamp(t, CITY_ZONE):%Y-%m}.xlsx"


def workbook(feed: SimulatedFeed, seed: int, t: float) -> bytes:
    """The report as of `t`, the first of a month."""
    values = {key: model.value_at(seed, t) for key, model in feed.series_models.items()}
    agencies = [key.removeprefix("figures-due-") for key in values if key.startswith("figures-due-")]
    table: list[Cells] = [(TITLE,), (), HEADINGS, *(_row(agency, values, t) for agency in agencies)]
    body = "".join(f'<row r="{n}">{_cells(n, cells)}</row>' for n, cells in enumerate(table, 1))
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>'
    sheet += '<mergeCells count="1"><mergeCell ref="A1:E1"/></mergeCells></worksheet>'
    return _zipped({**_PARTS, "xl/worksheets/sheet1.xml": sheet})


def _row(agency: str, values: Mapping[str, float], t: float) -> Cells:
    title = f"Cơ quan {agency[-1].upper()} (mô phỏng)"
    day = datetime.fromtimestamp(t, CITY_ZONE).strftime("%d/%m/%Y")
    return agency, title, day, int(values[f"figures-due-{agency}"]), int(values[f"figures-updated-{agency}"])


def _cells(row: int, cells: Cells) -> str:
    return "".join(_cell(f"{'ABCDEFGH'[n]}{row}", cell) for n, cell in enumerate(cells))


def _cell(place: str, value: str | int) -> str:
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _zipped(parts: Mapping[str, str]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as book:
        for path, text in parts.items():
            info = ZipInfo(path, (2025, 7, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            book.writestr(info, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}')
    return out.getvalue()


def write_report(folder: Path, feed: SimulatedFeed, seed: int, now: float, body: bytes | None = None) -> Path:
    """Puts the newest report, or `body` in its place, into the watched folder: whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    t = feed.observation_times.last(now)
    path, half = folder / file_name(t), folder / f".{file_name(t)}.part"
    half.write_bytes(workbook(feed, seed, t) if body is None else body)
    half.replace(path)
    return path
