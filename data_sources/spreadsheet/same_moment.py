"""Rows and sheets of one file that give one series: which of their values cannot be told to be meant.

Another row of the same name and time with an empty cell or a mark says that there is no value where this one has one.
Sheets that the row does not name are one table only where their titles differ in a period, their names in a period or a
number, and where they agree as far as their times overlap: else they may be those of two stations. No value of sheets
that are not one table is taken, also where only one of them gives its series.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import table_of_sheet
from data_sources.spreadsheet.sheet_titles import TitledTable, titles_failure, valued_series
from data_sources.spreadsheet.table_reader import TableReader
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.duplicates import canonical_name, comparable
from ioc.domain.ingest.reading import Reading, RejectedItem

_MAX_QUOTED = 80  # characters of the name of a sheet that a failure quotes
_Cells = Mapping[datetime, set[str]]  # of a series in one sheet: what stands at each time, "" for no value


def decided_readings(
    tables: Sequence[TitledTable], *, are_one_table: bool, may_repeat: bool
) -> tuple[list[Reading], list[RejectedItem]]:
    """The readings of the tables of one file, and what is not decided.

    `are_one_table`: the row says so. `may_repeat`: it says which of several values of one moment is taken.
    """
    readers = [table.reader for table in tables]
    undecided = {} if are_one_table else _undecided_series(readers, titles_failure(tables), may_repeat)
    differing = _differing_moments(readers) if are_one_table and not may_repeat else {}
    rejected = [RejectedItem(series, failure) for series, failure in undecided.items()]
    readings: list[Reading] = []
    for reading, blank in _with_blanks(readers):
        if reading.series in undecided:
            continue
        if failure := differing.get((reading.series, reading.observed)):
            unread = replace(reading, value=None)
            rejected.append(RejectedItem(reading.series, failure, str(reading.value), (unread,)))
            continue
        if blank and not may_repeat:
            rejected.append(RejectedItem(reading.series, blank, str(reading.value)))
        else:
            readings.append(reading)
    return readings, rejected


def _undecided_series(
    readers: Sequence[TableReader], other_titles: Failure | None, may_repeat: bool
) -> Mapping[str, Failure]:
    """By series, why its sheets may not be one table. `other_titles`: by their titles they are not."""
    if other_titles:
        return {series: other_titles for reader in readers for series in valued_series(reader)}
    failures = {} if may_repeat else _overlapping_sheets(readers)
    failures |= _mixed_sheets(readers)
    valued = {shorten(reader.sheet_name, _MAX_QUOTED): valued_series(reader) for reader in readers}
    pairs = {series: (str(one.params["first"]), str(one.params["second"])) for series, one in failures.items()}
    # An empty cell does not contradict a value.
    contradictions = {pair: series for series, pair in pairs.items() if all(series in valued[name] for name in pair)}
    for (first, second), series in contradictions.items():
        differ = Failure(SpreadsheetCode.SHEETS_DIFFER, {"first": first, "second": second, "series": series})
        failures = dict.fromkeys(valued[first] | valued[second], differ) | failures
    return failures


def _mixed_sheets(readers: Sequence[TableReader]) -> dict[str, Failure]:
    """By series, the failure of two sheets that give it and whose names differ in more than a period or a number.

    Not where they repeat each other: then nothing depends on which is meant.
    """
    first: dict[str, tuple[str, _Cells]] = {}
    failures: dict[str, Failure] = {}
    for reader in readers if len(readers) > 1 else ():
        name, cells = reader.sheet_name, _cells_by_series(reader)
        for series in valued_series(reader):
            known, others = first.setdefault(series, (name, cells[series]))
            if table_of_sheet(known) != table_of_sheet(name) and others != cells[series]:
                params = {"first": shorten(known, _MAX_QUOTED), "second": shorten(name, _MAX_QUOTED)}
                failures.setdefault(series, Failure(SpreadsheetCode.SHEETS_OF_ONE_SERIES, params))
    return failures


def _differing_moments(readers: Sequence[TableReader]) -> Mapping[tuple[str, datetime], Failure]:
    """By series and time, the failure of two sheets, both of which the row names, with other values in one unit."""
    first: dict[tuple[str, datetime, str], tuple[TableReader, str]] = {}
    failures: dict[tuple[str, datetime], Failure] = {}
    for reader in readers if len(readers) > 1 else ():
        for reading in reader.readings:
            if reading.value is None:
                continue
            text = comparable(reading.value)
            known, other = first.setdefault((reading.series, reading.observed, reading.unit), (reader, text))
            if known is not reader and other != text:
                names = {"first": known.sheet_name, "second": reader.sheet_name}
                params = {key: shorten(name, _MAX_QUOTED) for key, name in names.items()}
                failure = Failure(SpreadsheetCode.NAMED_SHEETS_DIFFER, {**params, "time": reading.observed})
                failures.setdefault((reading.series, reading.observed), failure)
    return failures


def _with_blanks(readers: Sequence[TableReader]) -> Iterator[tuple[Reading, Failure | None]]:
    """Each reading, and its failure where another row of its series and time, in any of the sheets, has no value."""
    blanks = [reader.blanks for reader in readers if reader.blanks]
    for reader in readers:
        for reading, record in zip(reader.readings, reader.records, strict=True):
            at = (reading.series, reading.observed)
            names = [name for one in blanks for row, name in one.get(at, {}).items() if row != record]
            yield reading, _repeated(reading, names) if names and reading.value is not None else None


def _repeated(reading: Reading, names: Sequence[str]) -> Failure:
    """The failure of a reading beside rows without a value, called `names`: two names may stand for one series."""
    other = next((name for name in names if canonical_name(name) != canonical_name(reading.name)), "")
    if not other:
        return Failure(SpreadsheetCode.ROW_REPEATED)
    params = {"first": shorten(reading.name, _MAX_QUOTED), "second": shorten(other, _MAX_QUOTED)}
    return Failure(SpreadsheetCode.ROW_NAMES_REPEATED, {**params, "series": reading.series})


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
