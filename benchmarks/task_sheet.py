"""The import of an office's sheet with as many tasks as it may have: file, check, store, assign."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from threading import Event, Thread

import xlsxwriter

from benchmarks.figures import BenchmarkFigure
from benchmarks.installation import AGENCIES
from ioc.dash_kit.files import SentFile
from ioc.directives.context import DirectiveContext
from ioc.directives.sheet_import import SheetImport, check_sheet, import_sheet
from ioc.domain.access.principal import Principal
from ioc.domain.directives.sheet_documents import MAX_SHEET_DOCUMENTS, MAX_SHEET_TASKS
from ioc.domain.directives.sheet_fields import guess_fields
from ioc.domain.directives.task_sheet import SheetDefaults
from ioc.storage.db import change_counter
from ioc.storage.db.errors import StoreError
from ioc.web.task_sheet_process import read_file

FEW_DOCUMENTS = 100
_HEADINGS = (
    "STT", "Số, ký hiệu", "Ngày ban hành", "Trích yếu", "Nội dung nhiệm vụ", "Chủ trì", "Phối hợp", "Thời hạn",
    "Sản phẩm", "Mã nhiệm vụ",
)  # fmt: skip


def import_figures(
    context: DirectiveContext, user: Principal, name: str, tasks: int = MAX_SHEET_TASKS
) -> list[BenchmarkFigure]:
    """Sheets of that many new tasks of few and of as many documents as they may have, by the position "vp"."""
    return [
        figure
        for documents in (FEW_DOCUMENTS, MAX_SHEET_DOCUMENTS)
        for figure in _import_figures(context, user, name, tasks, documents)
    ]


def _import_figures(
    context: DirectiveContext, user: Principal, name: str, tasks: int, documents: int
) -> Iterator[BenchmarkFigure]:
    """Seconds from the file to the stored and assigned tasks; and the longest wait of the poller meanwhile."""
    name = f"{name}: import of {tasks:,} tasks of {documents} documents"
    body = workbook(f"{context.today():%d/%m/%Y}", tasks, documents)
    waits, done = list[float](), Event()
    writer = Thread(target=_write_beside, args=(context, waits, done))
    started, used = time.perf_counter(), time.process_time()
    (table,) = read_file(SentFile("so.xlsx", body), "vp")
    read = time.perf_counter() - started
    defaults = SheetDefaults(issuer=AGENCIES[0])
    sheet = SheetImport("so.xlsx", table, guess_fields(table.headings), defaults, "vp", assign=True)
    check_sheet(context, sheet, user)
    writer.start()
    try:
        result = import_sheet(context, sheet, user, lambda _done, _total: None)
    finally:
        seconds, processor = time.perf_counter() - started, time.process_time() - used
        done.set()
        writer.join()
    assert sum(result.assigned) == tasks
    note = f"{read:.1f} to read it in a process of its own; of this one's processor {processor:.1f}"
    yield BenchmarkFigure(name, seconds, 10, "s", note)
    yield BenchmarkFigure(f"{name}: the poller waits", max(waits) * 1000, None, "ms", f"longest of {len(waits)}")


def _write_beside(context: DirectiveContext, waits: list[float], done: Event) -> None:
    """Writes a little some ten times a second until `done`, as the poller does: the seconds of each."""
    while not waits or not done.wait(0.1):
        started = time.perf_counter()
        with suppress(StoreError), context.store.write() as conn:  # one that gave up has waited too
            change_counter.bump(conn, {"readings"}, context.clock())
        waits.append(time.perf_counter() - started)


def workbook(day: str, tasks: int, documents: int, agencies: Sequence[str] = AGENCIES, mark: str = "") -> bytes:
    """The file of an office with tasks of that many documents, which were issued on `day`; `mark`: in their numbers."""
    out, of_each = BytesIO(), tasks // documents
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, _HEADINGS)
        for n in range(tasks):
            number = f"{n // of_each}/KH{documents}{mark}"
            lead, other = agencies[n % len(agencies)], agencies[(n + 1) % len(agencies)]
            due = "Quý IV/2100" if n % 2 else "thường xuyên"
            row = (n, number, day, f"Kế hoạch {number}", f"Việc {n}", lead, other, due, "Báo cáo", f"N{n}")
            sheet.write_row(n + 1, 0, row)
    return out.getvalue()
