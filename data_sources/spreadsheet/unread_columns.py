"""What the files of a spreadsheet hold that a row does not read: columns, texts above and below the table, sheets."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

import orjson

from data_sources._mapping import options_of
from data_sources._mapping.answer_parts import AnswerPart
from data_sources._mapping.qualifier_names import is_qualifier_name, may_be_unit
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.sheet_process import Read, read_apart, workbook_process
from data_sources.spreadsheet.table_header import TableHeader, find_header
from data_sources.spreadsheet.table_rows import last_row_with_value
from data_sources.spreadsheet.tables_without_values import choose_sheets
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.unread_unit_column import with_unit_column
from data_sources.spreadsheet.workbook import Sheet
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_MAX_NAME, _MAX_SAMPLE, _MAX_SAMPLES = 60, 120, 3
_MAX_TEXTS = 10  # above a table, and below it


def unread_columns(source: Source, payload: Payload) -> list[AnswerPart]:
    """The columns that the row does not read, then the texts above and below, then the sheets without a table.

    Of the first sheet that has each.
    """
    options = options_of(source, Options)
    parts: list[AnswerPart] = []
    with workbook_process() as process:
        for page in payload.pages:
            with suppress(SourceError):
                parts += _of_file(page, options, process.read)
    first = {part.path: part for part in reversed(parts)}
    unique = [part for part in parts if first[part.path] is part]
    return sorted(unique, key=lambda part: not part.comes_first)


def _of_file(page: ResponsePage, options: Options, read: Read) -> Iterator[AnswerPart]:
    wanted = {displayed_text(name) for name in options.sheets}
    for sheet in read_apart(page, read, options.encoding, options.delimiter, partial(choose_sheets, wanted)):
        table = find_header(sheet, options)
        if table is None:
            texts = [text for row in sheet.rows for text in map(displayed_text, row) if text]
            if texts:
                yield _part(sheet.name or page.address, texts, is_qualifier=False)
            continue
        table, _, _ = with_unit_column(sheet, table, options)
        last = last_row_with_value(sheet, table, options)
        yield from _columns(sheet, table, last)
        yield from _texts_above(sheet, table)
        yield from _texts_below(sheet, last)
        yield from _comments(sheet, table)


def _columns(sheet: Sheet, table: TableHeader, last_row: int) -> Iterator[AnswerPart]:
    read = set(table.columns.values())
    width = max(map(len, sheet.rows), default=0)
    for column in range(width):
        rows = sheet.rows[table.first_row : last_row + 1]
        texts = [displayed_text(row[column]) for row in rows if column < len(row)]
        if column not in read and (texts := list(filter(None, texts))):
            heading = table.others.get(column, "")
            letters = cell_address(0, column)[:-1]
            path = f"{_prefix(sheet)}{letters} “{shorten(heading, _MAX_NAME)}”"
            yield _part(path, texts, is_qualifier=is_qualifier_name(heading), name=heading)


def _texts_above(sheet: Sheet, table: TableHeader) -> Iterator[AnswerPart]:
    """The texts above the headings: a unit, a period or a state may be among them."""
    found = (
        (cell_address(row, column), displayed_text(cell))
        for row in range(table.top, _first_heading_row(sheet, table))
        for column, cell in enumerate(sheet.rows[row])
    )
    for address, text in [(address, text) for address, text in found if text][:_MAX_TEXTS]:
        yield _part(f"{_prefix(sheet)}{address}", [text], is_qualifier=is_qualifier_name(text))


def _texts_below(sheet: Sheet, last_row: int) -> Iterator[AnswerPart]:
    """The cells below the last value: notes, of which one may state a unit, before numbers that stand alone."""
    cells = [
        (cell_address(row, column), text)
        for row in range(last_row + 1, len(sheet.rows))
        for column, cell in enumerate(sheet.rows[row])
        if (text := displayed_text(cell))
    ]
    found = sorted(cells, key=lambda cell: not any(map(str.isalpha, cell[1])))
    for address, text in found[:_MAX_TEXTS]:
        yield _part(f"{_prefix(sheet)}{address}", [text], is_qualifier=is_qualifier_name(text))
    if others := found[_MAX_TEXTS:]:
        yield _part(f"{_prefix(sheet)}{others[0][0]} …", [text for _, text in others], is_qualifier=False)


def _comments(sheet: Sheet, table: TableHeader) -> Iterator[AnswerPart]:
    """The comments of cells, first those above the data, which may say what a column is."""
    found = sorted(sheet.comments.items(), key=lambda one: (one[0][0] >= table.first_row, one[0]))
    for (row, column), text in found[:_MAX_TEXTS]:
        is_qualifier = row < table.first_row or is_qualifier_name(text)
        yield _part(f"{_prefix(sheet)}{cell_address(row, column)} (comment)", [text], is_qualifier=is_qualifier)
    if others := found[_MAX_TEXTS:]:
        yield _part(f"{_prefix(sheet)}… (comment)", [text for _, text in others], is_qualifier=False)


def _first_heading_row(sheet: Sheet, table: TableHeader) -> int:
    """The first row above the last one of the headings that has as many texts as a row of headings may have."""
    row = max(table.end - 1, 0)
    while row > table.top and len(above := sheet.rows[row - 1]) - above.count(None) > 1:
        row -= 1
    return row


def _prefix(sheet: Sheet) -> str:
    return f"{shorten(sheet.name, _MAX_NAME)}!" if sheet.name else ""


def _part(path: str, texts: Sequence[str], *, is_qualifier: bool, name: str = "") -> AnswerPart:
    samples = list(dict.fromkeys(texts))[:_MAX_SAMPLES]
    written = tuple(orjson.dumps(shorten(" ".join(text.split()), _MAX_SAMPLE)).decode() for text in samples)
    return AnswerPart(path, written, len(texts), is_qualifier, may_be_unit([name], written))
