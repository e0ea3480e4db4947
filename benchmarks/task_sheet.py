"""The import of an office's sheet with as many tasks as it may have: file, check, store, assign."""

import time
from dataclasses import replace
from io import BytesIO

import xlsxwriter

from benchmarks.directive_load import AGENCIES
from benchmarks.figures import BenchmarkFigure
from ioc.auth import audit_log
from ioc.dash_kit.files import SentFile
from ioc.directives.context import DirectiveContext
from ioc.directives.sheet_import import SheetImport, check_sheet, import_sheet
from ioc.domain.access.principal import Principal
from ioc.domain.directives.sheet_documents import MAX_SHEET_TASKS
from ioc.domain.directives.sheet_fields import guess_fields
from ioc.domain.directives.task_sheet import SheetDefaults
from ioc.web.task_sheet_process import read_file

ROWS, _ROWS_PER_DOCUMENT = MAX_SHEET_TASKS, 50
_HEADINGS = (
    "STT", "Số, ký hiệu", "Ngày ban hành", "Trích yếu", "Nội dung nhiệm vụ", "Chủ trì", "Phối hợp", "Thời hạn",
    "Sản phẩm", "Mã nhiệm vụ",
)  # fmt: skip


def import_figure(context: DirectiveContext, user: Principal) -> BenchmarkFigure:
    """Seconds from the file to the stored and assigned tasks, done once by the position "vp"."""
    context, body = replace(context, write_entry=audit_log.write_act), _workbook(f"{context.today():%d/%m/%Y}")
    started, used = time.perf_counter(), time.process_time()
    (table,) = read_file(SentFile("so.xlsx", body), "vp")
    read = time.perf_counter() - started
    defaults = SheetDefaults(issuer=AGENCIES[0])
    sheet = SheetImport("so.xlsx", table, guess_fields(table.headings), defaults, "vp", assign=True)
    check_sheet(context, sheet, user)
    result = import_sheet(context, sheet, user, lambda _done, _total: None)
    assert result.assigned == ROWS
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    note = f"{read:.1f} to read it in a process of its own; of this one's processor {processor:.1f}"
    return BenchmarkFigure(f"directives: import of {ROWS:,} tasks", seconds, 10, "s", note)


def _workbook(day: str) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, _HEADINGS)
        for n in range(ROWS):
            number = n // _ROWS_PER_DOCUMENT
            lead, other = AGENCIES[n % len(AGENCIES)], AGENCIES[(n + 1) % len(AGENCIES)]
            due = "Quý IV/2100" if n % 2 else "thường xuyên"
            row = (n, f"{number}/KH", day, f"Kế hoạch {number}", f"Việc {n}", lead, other, due, "Báo cáo", f"N{n}")
            sheet.write_row(n + 1, 0, row)
    return out.getvalue()
