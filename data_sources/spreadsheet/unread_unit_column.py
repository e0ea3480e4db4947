"""A column of units that the row does not name, beside its values: it is read as its `unit_column`.

Of several a row is read where they name one unit.
"""

from collections.abc import Mapping
from dataclasses import replace

from data_sources._mapping.unread_fields import is_unit_name
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.table_header import TableHeader
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
        for column, heading in table.others.items()
        if is_unit_name(heading) and _has_unit(sheet, table, column, options)
    }
    if not found:
        return table, options, {}
    (column, heading), *further = found.items()
    others = {n: text for n, text in table.others.items() if n != column}
    read = replace(table, columns={**table.columns, (heading,): column}, others=others)
    return read, options.model_copy(update={"unit_column": heading}), dict(further)


def _has_unit(sheet: Sheet, table: TableHeader, column: int, options: Options) -> bool:
    texts = (displayed_text(cells[column]) for cells in sheet.rows[table.first_row :] if column < len(cells))
    return any(is_known_unit(options.unit_of(text)) for text in texts if text)
