"""Rows and sheets of one file that give one series: which of their values cannot be told to be meant.

Another row of the same name and time with an empty cell or a mark says that there is no value where this one has one.
Sheets that the row does not name are one table only where their names differ in a period or a number, and where they
agree as far as their times overlap: else they may be those of two stations. Those of one moment are two tables where a
series of both differs.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import table_of_sheet
from data_sources.spreadsheet.table_reader import TableReader
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.duplicates import comparable
from ioc.domain.ingest.reading import Reading, RejectedItem

_MAX_QUOTED = 80  # characters of the name of a sheet that a failure quotes
_Cells = Mapping[datetime, set[str]]  # of a series in one sheet: what stands at each time, "" for no value


def decided_readings(
    readers: Sequence[TableReader], declared: Container[str], *, is_one_moment: bool, are_named: bool, may_repeat: bool
) -> tuple[list[Reading], list[RejectedItem]]:
    """The readings of the tables of one file, and what is not decided.

    `declared`: series of the row. `is_one_moment`: all rows are of one. `are_named`: the row names the sheets.
    `may_repeat`: it says which of several values of one moment is taken.
    """
    undecided: dict[str, Failure] = {}
    if not (are_named or is_one_moment):
        undecided = ({} if may_repeat else _overlapping_sheets(readers)) | _mixed_sheets(readers)
    elif not are_named:
        undecided = _different_sheets(readers, declared)
    rejected = [RejectedItem(series, failure) for series, failure in undecided.items()]
    readings: list[Reading] = []
    for reading, is_undecided in _with_blanks(readers):
        if reading.series in undecided:
            continue
        if is_undecided and not may_repeat:
            rejected.append(RejectedItem(reading.series, Failure(SpreadsheetCode.ROW_REPEATED), str(reading.value)))
        else:
            readings.append(reading)
    return readings, rejected


def _mixed_sheets(readers: Sequence[TableReader]) -> dict[str, Failure]:
    """By series, the failure of two sheets that give it and whose names differ in more than a period or a number."""
    first: dict[str, str] = {}
    failures: dict[str, Failure] = {}
    for reader in readers if len(readers) > 1 else ():
        name = reader.sheet_name
        for series in {one.series for one in reader.readings if one.value is not None}:
            known = first.setdefault(series, name)
            if table_of_sheet(known) != table_of_sheet(name):
                params = {"first": shorten(known, _MAX_QUOTED), "second": shorten(name, _MAX_QUOTED)}
                failures.setdefault(series, Failure(SpreadsheetCode.SHEETS_OF_ONE_SERIES, params))
    return failures


def _different_sheets(readers: Sequence[TableReader], declared: Container[str]) -> dict[str, Failure]:
    """By series, the failure of two sheets of one moment, one of which gives it, that differ in a `declared` series.

    They are two tables: of a stock and of what is new, for example. So what one of them gives alone may be either.
    """
    first: dict[str, tuple[TableReader, str]] = {}
    failures: dict[str, Failure] = {}
    for reader in readers if len(readers) > 1 else ():
        for one in reader.readings:
            if one.value is None or one.series not in declared:
                continue
            known, value = first.setdefault(one.series, (reader, comparable(one.value)))
            names = known.sheet_name, reader.sheet_name
            if value != comparable(one.value) and len(set(map(table_of_sheet, names))) > 1:
                sheets = {key: shorten(name, _MAX_QUOTED) for key, name in zip(("first", "second"), names, strict=True)}
                failure = Failure(SpreadsheetCode.SHEETS_DIFFER, {**sheets, "series": one.series})
                for both in (*known.readings, *reader.readings):
                    failures.setdefault(both.series, failure)
                break
    return failures


def _with_blanks(readers: Sequence[TableReader]) -> Iterator[tuple[Reading, bool]]:
    """Each reading, and whether another row of the same name and time, in any of the sheets, has no value."""
    blanks = [reader.blanks for reader in readers if reader.blanks]
    for reader in readers:
        for reading, record in zip(reader.readings, reader.records, strict=True):
            at = (reading.series, reading.observed)
            is_undecided = any(others - {record} for one in blanks if (others := one.get(at)))
            yield reading, is_undecided and reading.value is not None


def _overlapping_sheets(readers: Sequence[TableReader]) -> dict[str, Failure]:
    """By series, the failure of two sheets whose times overlap and that do not agree there."""
    by_series: defaultdict[str, list[tuple[str, _Cells]]] = defaultdict(list)
    for reader in readers if len(readers) > 1 else ():
        for series, cells in _cells_by_series(reader).items():
            by_series[series].append((reader.sheet_name, cells))
    failures: dict[str, Failure] = {}
    for series, sheets in by_series.items():
        sheets.sort(key=lambda named: min(named[1]))
        latest = sheets[0]
        for sheet in sheets[1:]:
            if not _do_agree(latest[1], sheet[1]):
                params = {"first": shorten(latest[0], _MAX_QUOTED), "second": shorten(sheet[0], _MAX_QUOTED)}
                failures[series] = Failure(SpreadsheetCode.SHEETS_OVERLAP, params)
                break
            latest = max(latest, sheet, key=lambda named: max(named[1]))
    return failures


def _cells_by_series(reader: TableReader) -> Mapping[str, _Cells]:
    by_series: defaultdict[str, defaultdict[datetime, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in reader.readings:
        by_series[one.series][one.observed].add("" if one.value is None else f"{comparable(one.value)} {one.unit}")
    for series, observed in reader.blanks:
        by_series[series][observed].add("")
    return by_series


def _do_agree(first: _Cells, second: _Cells) -> bool:
    """Whether two sheets have other times, or the same content where both have times, and one no time of its own."""
    start, end = max(min(first), min(second)), min(max(first), max(second))
    inside = [{time for time in cells if start <= time <= end} for cells in (first, second)]
    common = inside[0] & inside[1]
    return common in inside and all(first[time] == second[time] for time in common)
