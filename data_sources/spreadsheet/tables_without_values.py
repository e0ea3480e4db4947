"""What an answer of spreadsheets holds that gave no value, for the person who writes the row."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from data_sources._mapping import options_of
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.sheet_process import Read, read_apart, workbook_process
from data_sources.spreadsheet.table_header import find_header, headings_of
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.source import Source

_MAX_TABLES = 3  # that are described
_MAX_NAME, _MAX_CELL, _MAX_ROW = 40, 40, 200  # characters


def describe_tables(source: Source, payload: Payload) -> Iterator[Failure]:
    """The first tables: the sheet, the row of headings and the first row below it. Raises SourceError."""
    with workbook_process() as process:
        yield from islice(_describe(options_of(source, Options), payload, process.read), _MAX_TABLES)


def _describe(options: Options, payload: Payload, read: Read) -> Iterator[Failure]:
    wanted = {displayed_text(name) for name in options.sheets}
    for page in payload.pages:
        for sheet in read_apart(page, read, options.encoding, options.delimiter, partial(choose_sheets, wanted)):
            table = find_header(sheet, options)
            if table is None:
                continue
            below = (_texts(cells) for cells in sheet.rows[table.end :])
            params: dict[str, Parameter] = {
                "sheet": shorten(sheet.name or page.address, _MAX_NAME),
                "headings": _quoted(headings_of(sheet, table)) or "–",
                "cells": next(filter(None, below), "–"),
            }
            yield Failure(SpreadsheetCode.TABLE_WITHOUT_VALUES, params)


def choose_sheets(wanted: Collection[str], names: Sequence[str]) -> Iterable[str]:
    """Those of the sheets `names` that are `wanted`, by their displayed texts; all where none is."""
    return [name for name in names if not wanted or displayed_text(name) in wanted]


def _texts(cells: Sequence[Cell]) -> str:
    return _quoted(displayed_text(cell) for cell in cells if cell is not None)


def _quoted(texts: Iterable[str]) -> str:
    return shorten(", ".join(f"“{shorten(text, _MAX_CELL)}”" for text in texts if text), _MAX_ROW)
