"""The register of documents: its filter, the rows of its tree, the cells of its files."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dash.development.base_component import Component

from components.directives.task_numbers import with_parts
from components.directives.task_register import short_name
from components.directives.task_view import document_path
from components.ui.export_table import Cell, CellKind, ExportColumn, heads
from components.ui.format import format_date, format_number
from components.ui.forms import NONE, options_of, select_field, text_field
from components.ui.i18n import catalogue, t
from components.ui.page_bar import filter_group
from components.ui.table import CellText, Column, cell
from ioc.domain.base.slug import slugify
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Document
from ioc.domain.directives.task_numbers import TaskNumbers

# The fields of the filter, in the order of the parameters of an address (ioc/directives/document_register.py).
FILTER_FIELDS = ("documents-words", "documents-which")
WORDS, WHICH = FILTER_FIELDS
_RECORD_COLUMNS = {
    "level": CellKind.NUMBER, "number": CellKind.TEXT, "title": CellKind.TEXT, "kind": CellKind.TEXT,
    "issuer": CellKind.TEXT, "issued": CellKind.DAY, "published": CellKind.DAY, "parents": CellKind.TEXT,
    "tasks": CellKind.NUMBER, "parts": CellKind.NUMBER, "overdue": CellKind.NUMBER, "waiting": CellKind.NUMBER,
    "waiting_parts": CellKind.NUMBER, "which": CellKind.TEXT,
}  # fmt: skip
_INDENT = "\u2003"  # a blank that is as wide as a letter


class NamedView(Protocol):
    """A document that another one carries out."""

    @property
    def number(self) -> str: ...


class TotalsView(Protocol):
    """The tasks of a document."""

    @property
    def assigned(self) -> TaskNumbers: ...
    @property
    def overdue(self) -> int: ...
    @property
    def beside(self) -> int: ...
    @property
    def waiting(self) -> TaskNumbers: ...


class DocumentRowView(Protocol):
    """What is shown of a document at its place in the tree."""

    @property
    def id(self) -> str: ...
    @property
    def document(self) -> Document: ...
    @property
    def depth(self) -> int: ...
    @property
    def is_repeated(self) -> bool: ...
    @property
    def is_stored(self) -> bool: ...
    @property
    def parents(self) -> Sequence[NamedView]: ...
    @property
    def totals(self) -> TotalsView: ...


def columns(lang: str) -> list[Column]:
    """The columns of the grid, whose order is that of the tree."""
    widths = {
        "number": (3, 170), "title": (5, 150), "tasks": (2, 170), "issued": (2, 130), "issuer": (2, 130),
        "parents": (3, 160), "which": (2, 150),
    }  # fmt: skip
    return [
        Column(field, t(f"document_list.{field}", lang), flex, width, is_sortable=False)
        for field, (flex, width) in widths.items()
    ]


def row(item: DocumentRowView, agencies: Agencies, lang: str) -> Mapping[str, object]:
    """A row of the grid."""
    document = item.document
    return {
        "id": item.id,
        "number": _number(item, lang),
        "title": document.title.get(lang),
        "tasks": _tasks(item, lang),
        "issued": issued_text(document, lang),
        "issuer": short_name(document.issuer, agencies, lang),
        "parents": _parents(item),
        "which": which_text(document, lang),
    }


def _path(item: DocumentRowView) -> str:
    key = item.document.key
    return document_path(key) if item.is_stored else f"/chi-dao/{key}"


def _number(item: DocumentRowView, lang: str) -> CellText:
    """The number, moved in by its level; a document whose tree stands elsewhere says so."""
    branch = f"{_INDENT * (item.depth - 1)}└" if item.depth else ""
    more = f" {t('document_list.repeated', lang)}" if item.is_repeated else ""
    title = t("document_list.level_of", lang, n=item.depth, number=item.document.number)
    return cell(f"{item.document.number}{more}", href=_path(item), sign=branch, kind="branch", title=title)


def tasks_text(item: DocumentRowView, lang: str) -> str:
    """How many tasks, how many of them overdue, and how many wait for assignment."""
    totals = item.totals
    facts = [
        t("document_list.tasks_n", lang, n=format_number(totals.assigned.tasks)) if totals.assigned.tasks else "",
        t("document_list.overdue_n", lang, n=format_number(totals.overdue)) if totals.overdue else "",
        t("document_list.beside_n", lang, n=format_number(totals.beside)) if totals.beside else "",
        t("document_list.waiting_n", lang, n=format_number(totals.waiting.tasks)) if totals.waiting.tasks else "",
    ]
    words = ", ".join(filter(None, facts)) or t("document_list.no_tasks", lang)
    return with_parts(words, totals.assigned.parts + totals.waiting.parts, lang)


def _tasks(item: DocumentRowView, lang: str) -> CellText | str:
    """The tasks; of a document that is followed here with the way to them."""
    total, overdue, waiting = item.totals.assigned.tasks, item.totals.overdue, item.totals.waiting.tasks
    total += item.totals.beside
    text, key = tasks_text(item, lang), item.document.key
    if not total and not waiting:
        return text
    followed = f"/so-nhiem-vu?van-ban={key}" if total else document_path(key)
    href = followed if item.is_stored else f"/chi-dao/{key}"
    sign, kind = ("◆", "critical") if overdue else ("", "")
    return cell(text, href=href, sign=sign, kind=kind, title=text)


def issued_text(document: Document, lang: str) -> str:
    """The day of issue, else that of publication."""
    if document.issued_on:
        return format_date(document.issued_on)
    if document.published_on:
        return t("document_list.published_on", lang, day=format_date(document.published_on))
    return t("directives.unknown", lang)


def _parents(item: DocumentRowView) -> str:
    return "; ".join(parent.number for parent in item.parents)


def which_text(document: Document, lang: str) -> str:
    """Whether it is the city's document or a simulated one."""
    return t("document_list.simulated" if document.is_simulated else "document_list.city", lang)


def total_text(count: int, lang: str) -> str:
    """How many documents there are."""
    return t("document_list.total", lang, n=format_number(count)) if count else t("document_list.none", lang)


def filter_form(values: Mapping[str, str], which: Mapping[str, str], lang: str) -> Component:
    """The fields of the filter. `values`: by the parameters of the address. `which`: message by value of the choice."""
    held = dict(zip(FILTER_FIELDS, values.values(), strict=True))
    options = [(NONE, t("register.any", lang)), *((key, t(word, lang)) for key, word in which.items())]
    known = held[WHICH] if held[WHICH] in which else NONE
    return filter_group(
        "documents",
        text_field(
            WORDS, t("register.words", lang), held[WORDS], hint=t("document_list.words_hint", lang), is_required=False,
            is_search=True,
        ),
        select_field(WHICH, t("document_list.which", lang), options_of(options), known),
        lang=lang,
    )  # fmt: skip


def record_columns(lang: str) -> list[ExportColumn]:
    """The columns of an exported register of documents."""
    return heads(_RECORD_COLUMNS, lang, "document_list")


def record(item: DocumentRowView, agencies: Agencies, lang: str) -> list[Cell]:
    """The cells of a document at its place, as `record_columns` names them."""
    document, kind = item.document, f"directives.kind_{slugify(item.document.kind)}"
    return [
        item.depth, document.number, document.title.get(lang),
        t(kind, lang) if kind in catalogue() else document.kind, short_name(document.issuer, agencies, lang),
        document.issued_on, document.published_on, _parents(item), *item.totals.assigned, item.totals.overdue,
        *item.totals.waiting, which_text(document, lang),
    ]  # fmt: skip
