"""A column of units that the row does not name, beside its values: it is read as its `unit_column`.

Of several a row is read where they name one unit.
"""

from collections.abc import Mapping
from dataclasses import replace

from data_sources._mapping.unit_fields import is_unit_name
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.table_header import TableHeader, first_heading_row
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.workbook import Sheet
from ioc.domain.base.units import is_known_unit


def with_unit_column(
    sheet: Sheet, table: TableHeader, options: Options
) -> tuple[TableHeader, Options, Mapping[int, str]]:
    """`table` and `options` with the first other column whose heading says unit and which has a known one.

    Also the columns further right that are so, with their headings. Both as they are where the row names its unit
    column, or where there is none.
    """
    if options.unit_column:
        return table, options, {}
    found = {
        column: heading
        for column, heading in _unit_headings(sheet, table).items()
        if _has_unit(sheet, table, column, options)
    }
    if not found:
        return table, options, {}
    (column, heading), *further = found.items()
    others = {n: text for n, text in table.others.items() if n != column}
    read = replace(table, columns={**table.columns, (heading,): column}, others=others)
    return read, options.model_copy(update={"unit_column": heading}), dict(further)


def _unit_headings(sheet: Sheet, table: TableHeader) -> dict[int, str]:
    """By column that the row does not name, a heading that says unit: the lowest one, or all levels as one text.

    Narrow columns break it: "Đơn vị" above "tính".
    """
    found = {column: text for column, text in table.others.items() if is_unit_name(text)}
    rows = sheet.rows[first_heading_row(sheet.rows, table.columns, table.end) : table.end]
    for column in range(max(map(len, rows), default=0)):
        levels = [displayed_text(cells[column]) for cells in rows if column < len(cells)]
        levels = list(filter(None, levels))
        text = next((one for one in (" ".join(levels), *levels[-1:]) if is_unit_name(one)), "")
        if text and column not in table.columns.values():
            found.setdefault(column, text)
    return dict(sorted(found.items()))


def _has_unit(sheet: Sheet, table: TableHeader, column: int, options: Options) -> bool:
    texts = (displayed_text(cells[column]) for cells in sheet.rows[table.first_row :] if column < len(cells))
    return any(is_known_unit(options.unit_of(text)) for text in texts if text)
