"""A table as it is exported: kinds of columns, rows of plain values. ioc/worker/table_file.py writes the file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from dash import html
from dash.development.base_component import Component

from components.ui.i18n import t
from components.ui.live_table import matches
from components.ui.table import Column

Cell = str | float | datetime | date | None  # an aware time


class CellKind(StrEnum):
    """What a column holds: in a workbook numbers and times are such, so that they can be sorted and counted with."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"  # local time, to the second
    DAY = "day"


class ExportColumn(NamedTuple):
    """`head`: with the unit of its numbers."""

    head: str
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True, slots=True)
class ExportTable:
    """`name`: of the file, in plain letters. `title`: of the sheet. `at`: the moment that the rows are of, if any.

    `count_across`: head of a column: the file has no rows but how many there are for each value of it, by the columns
    before it. `fill_in_below`: of a form, number of the row below which empty cells are to be filled in.
    """

    name: str
    title: str
    columns: Sequence[ExportColumn]
    rows: Iterable[Sequence[Cell]]
    at: datetime | None = None
    count_across: str = ""
    fill_in_below: int | None = None


def export_links(list_name: str, lang: str, formats: Iterable[str] = ("csv", "xlsx")) -> list[Component]:
    """The links to the files of a list, with the parameters of the page's address (assets/working/25-exports.js).

    Each opens beside the page: a second one does not end the first, and where there is no file a page says why.
    """
    whole = t("export.files", lang)
    links = list[Component]()
    for each in formats:
        word = t(f"export.{each}", lang)
        look: Mapping[str, Any] = {"data-export": "", "aria-label": f"{whole}: {word}"}
        href = f"/xuat/{list_name}.{each}"
        links.append(html.A(word, href=href, target="_blank", className="btn btn-secondary", **look))
    return links


def grid_export(
    name: str, title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, object]], words: str = ""
) -> ExportTable:  # fmt: skip
    """The table of a working page (components/ui/table.py) as `words` leave it there, without its buttons."""
    shown = [column for column in columns if not column.is_action]
    kinds = [CellKind.MOMENT if column.is_moment else CellKind.TEXT for column in shown]
    heads = [ExportColumn(column.head, kind) for column, kind in zip(shown, kinds, strict=True)]
    found = (row for row in rows if matches(words, " ".join(_text(row.get(column.field)) for column in columns)))
    return ExportTable(
        name, title, heads, ([_grid_cell(row.get(column.field), column) for column in shown] for row in found)
    )


def _text(value: object) -> str:
    return str(value.get("text", "")) if isinstance(value, Mapping) else "" if value is None else str(value)


def _grid_cell(value: object, column: Column) -> Cell:
    if column.is_moment and isinstance(value, Mapping):
        order = value.get("order")
        return datetime.fromtimestamp(order, UTC) if isinstance(order, int | float) and order > 0 else None
    return None if value is None else _text(value)


def heads(keys: Mapping[str, CellKind], lang: str, prefix: str = "export") -> list[ExportColumn]:
    """Columns whose heads are messages `<prefix>.<key>`; a key with a dot is one by itself."""
    return [ExportColumn(t(key if "." in key else f"{prefix}.{key}", lang), kind) for key, kind in keys.items()]


def age_minutes(at: datetime | None, now: datetime) -> float | None:
    """The age of a value in minutes with one decimal; None where its time is not known."""
    return None if at is None else round((now - at).total_seconds() / 60, 1)


def yes(is_so: bool, lang: str) -> str:
    """A mark that is a column of its own: "có", else "không": an empty cell could mean that nobody knows."""
    return t("export.yes" if is_so else "export.no", lang)
