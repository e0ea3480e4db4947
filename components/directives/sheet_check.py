"""What the check of a sheet of tasks has found, cell by cell, and what its import has done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlencode

import htpy as h

from components.directives.directive_card import kind_name
from components.directives.sheet_names import MAX_ASKED
from components.directives.sheet_preview import preview, scrolling_table
from components.directives.task_numbers import counted
from components.directives.task_view import document_path
from components.ui.error_messages import describe
from components.ui.export_table import ExportColumn, ExportTable
from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.parsed_sheet import Change, ParsedSheet, SheetTask
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.domain.directives.task_sheet import CellFault
from ioc.domain.geo.place import AdminUnit

_MAX_FAULTS, _MAX_ROW_NUMBERS, _MAX_LINKS = 200, 15, 50
_REGISTER = "/so-nhiem-vu"
WAITING_TASKS = {"trang-thai": "cho-giao"}  # of the register: what waits for assignment
_MAX_NUMBERS = 5  # of documents or names that a note names


class ImportResultView(Protocol):
    """What an import has done; see ioc/directives/sheet_import.py."""

    @property
    def documents(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def new(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def assigned(self) -> TaskNumbers: ...
    @property
    def inferred(self) -> tuple[tuple[str, str, int, int], ...]: ...
    @property
    def waiting(self) -> tuple[tuple[str, str, int, int], ...]: ...
    @property
    def parts(self) -> int: ...


def checked_markup(
    parsed: ParsedSheet, agencies: Agencies, units: Mapping[str, AdminUnit], lang: str, token: str = ""
) -> str:
    """What the import would do, or all that is wrong. `token`: of the staged file, for the file of its faults."""
    counts = {change.value: parsed.number_of(change) for change in Change}
    tasks = counted("directives.tasks", _numbers(parsed.tasks), lang)
    summary = t("sheet_import.summary", lang, tasks=tasks, documents=parsed.number_of_documents, **counts)
    parts = [h.p[summary], *_notes(parsed, lang)]
    if parsed.faults:
        parts = [*_unknown(parsed, lang), *_faults(parsed, lang, token), *parts]
    elif parsed.tasks:
        parts.append(preview(parsed.tasks, agencies, units, lang))
    return str(h.div(".form-stack")[parts])


def _numbers(tasks: Sequence[SheetTask]) -> TaskNumbers:
    return TaskNumbers(len(tasks), sum(task.parts for task in tasks))


def _unknown(parsed: ParsedSheet, lang: str) -> list[h.Element]:
    """How many names are to be chosen for."""
    cells = _to_choose(parsed)
    if not cells:
        return []
    counted = t("sheet_import.names_unknown", lang, n=parsed.number_of_unknown, cells=len(cells))
    return [h.p(".alert.alert-warning", role="status")[counted]]


def _to_choose(parsed: ParsedSheet) -> list[CellFault]:
    """The faults that a choice mends; none where more names are unknown than are asked for."""
    if len(parsed.unknown) > MAX_ASKED:
        return []
    return [fault for fault in parsed.faults if fault.failure.code == ActCode.AGENCY_UNKNOWN]


def _notes(parsed: ParsedSheet, lang: str) -> list[h.Element]:
    notes = []
    if parsed.serials:
        first = parsed.serials[0]
        example = {
            "cell": cell_address(first.row, first.column), "text": first.text, "day": format_date(first.day)
        }  # fmt: skip
        notes.append(h.p(".quiet")[t("sheet_import.serials", lang, n=len(parsed.serials), **example)])
    if unstated := parsed.without_kind:
        named = ", ".join([each.number for each in unstated[:_MAX_NUMBERS]] + ["…"] * (len(unstated) > _MAX_NUMBERS))
        kind = kind_name(unstated[0].kind, lang)
        notes.append(h.p(".quiet")[t("sheet_import.kind_unstated", lang, n=len(unstated), kind=kind, numbers=named)])
    if parsed.widened:
        each = "; ".join(
            t("sheet_import.widened_name", lang, name=wide.text, size=wide.size, n=wide.n)
            for wide in parsed.widened[:_MAX_NUMBERS]
        )
        more = "; …" if len(parsed.widened) > _MAX_NUMBERS else ""
        notes.append(h.p[t("sheet_import.widened", lang, names=each + more)])
    if parsed.inferred:
        dues = counted("documents.dues_n", _numbers(parsed.inferred), lang)
        notes.append(h.p(".quiet")[t("sheet_import.inferred", lang, dues=dues)])
    if parsed.absent:
        names = "; ".join(
            [shorten(task.title.get(lang), 80) for task in parsed.absent[:_MAX_NUMBERS]]
            + ["…"] * (len(parsed.absent) > _MAX_NUMBERS)
        )
        notes.append(h.p[t("sheet_import.absent", lang, n=len(parsed.absent), names=names)])
    for key, rows in (("continued", parsed.continued), ("skipped", parsed.skipped)):
        if rows:
            numbers = [str(row + 1) for row in rows[:_MAX_ROW_NUMBERS]] + ["…"] * (len(rows) > _MAX_ROW_NUMBERS)
            notes.append(h.p(".quiet")[t(f"sheet_import.{key}", lang, n=len(rows), rows=", ".join(numbers))])
    return notes


def _faults(parsed: ParsedSheet, lang: str, token: str) -> list[h.Element]:
    chosen_for = set(map(id, _to_choose(parsed)))
    faults = [fault for fault in parsed.faults if id(fault) not in chosen_for]
    if not faults:
        return []
    more = len(faults) - _MAX_FAULTS
    shown = [
        h.p(".alert.alert-danger", role="alert")[t("sheet_import.faults", lang, n=len(faults))],
        scrolling_table("bulk-results", fault_heads(lang), (fault_row(fault, lang) for fault in faults[:_MAX_FAULTS])),
        h.p(".quiet")[t("sheet_import.faults_more", lang, n=more)] if more > 0 else None,
    ]
    if token:
        href = f"/xuat/sheet-faults.xlsx?{urlencode({'bang': token})}"
        shown.append(h.p[h.a(".btn.btn-secondary", href=href, target="_blank")[t("sheet_import.faults_file", lang)]])
    return [h.div(".form-stack")[shown]]


def fault_heads(lang: str) -> list[str]:
    """The heads of the columns of faults."""
    return [t(f"sheet_import.{key}", lang) for key in ("cell", "content", "reason")]


def fault_row(fault: CellFault, lang: str) -> tuple[str, str, str]:
    """Cell, content and reason of a fault."""
    content = fault.text or t("sheet_import.empty_cell", lang)
    return cell_address(fault.row, fault.column), content, failure_text(fault.failure, lang)


def faults_export(faults: Sequence[CellFault], lang: str) -> ExportTable:
    """All faults of a sheet as a file."""
    columns = [ExportColumn(head) for head in fault_heads(lang)]
    rows = (fault_row(fault, lang) for fault in faults)
    return ExportTable("o-can-sua", t("sheet_import.result_title", lang), columns, rows)


def failure_text(failure: Failure, lang: str) -> str:
    """The text of a failure that may name a field of the sheet."""
    params = dict(failure.params)
    if params.get("field") in set(SheetField):
        params["field"] = t(f"sheet_import.field_{params['field']}", lang)
    return describe(Failure(failure.code, params, failure.external), lang)


def done_text(result: ImportResultView, lang: str) -> str:
    """How many tasks were imported, and what became of them."""
    counts = {"new": result.new, "changed": result.changed, "unchanged": result.unchanged}
    tasks = counted("directives.tasks", TaskNumbers(sum(counts.values()), result.parts), lang)
    done = t("sheet_import.done", lang, tasks=tasks, **counts)
    if not result.assigned.tasks:
        return done
    assigned = counted("directives.tasks", result.assigned, lang)
    return f"{done} {t('documents.done_assigned', lang, tasks=assigned)}"


def done_markup(result: ImportResultView, lang: str, assigners: str = "") -> str:
    """What was imported, what comes next, and links to the documents.

    `assigners`: who may assign the tasks, "" where the reader may.
    """
    links = [h.li[h.a(".link", href=f"/van-ban/{key}")[number or key]] for key, number in result.documents[:_MAX_LINKS]]
    more = [h.li["…"]] if len(result.documents) > _MAX_LINKS else []
    return str(
        h.div(".form-stack")[
            h.p(".alert.alert-success", role="status")[done_text(result, lang)],
            _next_steps(result, lang, assigners),
            h.h3(".box-title")[t("sheet_import.documents", lang)],
            h.ul(".tree")[links, more],
        ]
    )


def _next_steps(result: ImportResultView, lang: str, assigners: str) -> h.Node:
    of_waiting = WAITING_TASKS if result.waiting else {}

    def waiting_path(key: str) -> str:
        return _register({"van-ban": key, **of_waiting})

    assign = "sheet_import.next_assign_others" if assigners else "sheet_import.next_assign"
    steps = [
        *_steps(result.waiting, assign, "sheet_import.new_tasks", waiting_path, lang),
        result.waiting and assigners and h.li(".quiet")[t("sheet_import.assign_who", lang, kinds=assigners)],
        *_steps(result.inferred, "sheet_import.next_confirm", "documents.dues_n", document_path, lang),
    ]
    if result.inferred:
        href = _register({"han-suy-ra": "co", **of_waiting})
        steps.append(h.li[h.a(".link", href=href)[t("sheet_import.next_inferred", lang)]])
    return any(steps) and h.section[h.h3(".box-title")[t("sheet_import.next", lang)], h.ul(".tree")[steps]]


def _register(query: Mapping[str, str]) -> str:
    return f"{_REGISTER}?{urlencode(query)}"


def _steps(
    sizes: Sequence[tuple[str, str, int, int]], text: str, what: str, path: Callable[[str], str], lang: str
) -> Iterator[h.Element]:
    """A link for each document. `sizes`: its key and number, how many tasks, and parts; `what`: text that counts."""
    for key, number, *size in sizes[:_MAX_LINKS]:
        n = counted(what, TaskNumbers(*size), lang)
        yield h.li[h.a(".link", href=path(key))[t(text, lang, what=n, number=number or key)]]
    if len(sizes) > _MAX_LINKS:
        yield h.li["…"]
