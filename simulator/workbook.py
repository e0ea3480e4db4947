"""The monthly report of the agencies, as a person makes it: a title, a merged heading, rows, dates as dd/mm/yyyy."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter

from ioc.domain.base.times import CITY_ZONE
from simulator.city import SimulatedFeed

TITLE = "BÁO CÁO CẬP NHẬT CHỈ SỐ CỦA CÁC CƠ QUAN (MÔ PHỎNG)"
HEADINGS = ("Mã cơ quan", "Cơ quan", "Ngày báo cáo", "Số chỉ số phải cập nhật", "Số chỉ số cập nhật đúng hạn")
SHEET = "Báo cáo"
# Of every file: the same month gives the same bytes.
_CREATED = datetime(2025, 7, 1, tzinfo=UTC)
Cells = tuple[str | int, ...]


def file_name(t: float) -> str:
    """The name of the file of the month that begins at `t`."""
    return f"bao-cao-cap-nhat-{datetime.fromtimestamp(t, CITY_ZONE):%Y-%m}.xlsx"


def workbook(feed: SimulatedFeed, seed: int, t: float) -> bytes:
    """The report as of `t`, the first of a month."""
    values = {key: model.value_at(seed, t) for key, model in feed.series_models.items()}
    agencies = [key.removeprefix("figures-due-") for key in values if key.startswith("figures-due-")]
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": _CREATED})
        sheet = book.add_worksheet(SHEET)
        sheet.merge_range("A1:E1", TITLE)
        for n, cells in enumerate((HEADINGS, *(_row(agency, values, t) for agency in agencies)), 2):
            sheet.write_row(n, 0, cells)
    return out.getvalue()


def _row(agency: str, values: Mapping[str, float], t: float) -> Cells:
    title = f"Cơ quan {agency[-1].upper()} (mô phỏng)"
    day = datetime.fromtimestamp(t, CITY_ZONE).strftime("%d/%m/%Y")
    return agency, title, day, int(values[f"figures-due-{agency}"]), int(values[f"figures-updated-{agency}"])


def write_report(folder: Path, feed: SimulatedFeed, seed: int, now: float, body: bytes | None = None) -> Path:
    """Puts the newest report, or `body` in its place, into the watched folder: whole or not at all."""
    folder.mkdir(exist_ok=True)
    t = feed.observation_times.last(now)
    path, half = folder / file_name(t), folder / f".{file_name(t)}.part"
    half.write_bytes(workbook(feed, seed, t) if body is None else body)
    half.replace(path)
    return path
