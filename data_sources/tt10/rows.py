"""Parsing of one station file."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from data_sources import _text
from data_sources._files import check_size
from data_sources._mapping import MAX_ITEMS
from data_sources.tt10.options import Options, canonical_parameter
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.slug import slugify
from ioc.domain.base.text import is_damaged, shorten
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.numbers import Amount, NumberReader, read_numbers
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_timestamp
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.ingest.reading import Reading, RejectedItem

FILE_NAME = re.compile(r"(?P<station>.{1,100})_(?P<time>[0-9]{14})\.txt", re.IGNORECASE)
_COLUMNS = 5
_TIME = 3  # its column, from 0
_TIME_FORMAT = "%Y%m%d%H%M%S"
_LOST = re.compile("[\0\ufffd\uffff]")  # what erased bytes become, and single letters that were lost
_OK, _CALIBRATING, _FAULT = "00", "01", "02"


class Tt10Code(ErrorCode):
    """Why a file or a row cannot be read. Texts: components/messages/errors/tt10.toml."""

    FILE_NAME = "tt10.file_name"  # name
    STATIONS_OF_ONE_SERIES = "tt10.stations_of_one_series"  # first, second: files or stations
    NO_ROWS = "tt10.no_rows"
    FILE_EMPTY = "tt10.file_empty"
    HTML_OR_XML = "tt10.html_or_xml"
    ROW_DAMAGED = "tt10.row_damaged"
    COLUMN_COUNT = "tt10.column_count"  # n
    NOT_A_TIME = "tt10.not_a_time"  # text
    UNIT_MISSING = "tt10.unit_missing"
    NAME_MISSING = "tt10.name_missing"
    NAME_WITHOUT_LETTERS = "tt10.name_without_letters"  # name, option: the table that gives words for such names
    UNKNOWN_STATUS = "tt10.unknown_status"  # status_code
    SEVERAL_DECIMAL_SIGNS = "tt10.several_decimal_signs"  # text


def station_of(address: str) -> str:
    """The station in the name of a file, "" for any other name."""
    match = FILE_NAME.fullmatch(PurePosixPath(address).name)
    return match["station"] if match else ""


def read_file(options: Options, page: ResponsePage, readings: list[Reading], rejected: list[RejectedItem]) -> None:
    """Add the rows of a station file to `readings`, invalid ones to `rejected`. Raises SourceError."""
    match = FILE_NAME.fullmatch(PurePosixPath(page.address).name)
    if match is None:
        raise SourceError(Tt10Code.FILE_NAME, name=shorten(page.address, 80))
    rows = [(n, line) for n, line in enumerate(_read_text(page).splitlines(), 1) if line.strip()]
    if not any("\t" in row for _, row in rows):
        raise SourceError(Tt10Code.NO_ROWS)
    station = match["station"]

    def read(numbers: NumberReader) -> tuple[list[Reading], list[RejectedItem]]:
        valid, invalid = list[Reading](), list[RejectedItem]()
        for n, row in rows[:MAX_ITEMS]:
            unread: tuple[Reading, ...] = ()
            try:
                cells = _cells(row)
                if fault := _row_fault(row, cells):
                    with suppress(ParseError):  # its name and its time may stand where they belong
                        unread = (_without_value(cells, station, options),) if len(cells) > _TIME else ()
                    raise ParseError(fault)
                unread = (_without_value(cells, station, options),)
                valid.append(_reading(unread[0], cells, options, numbers))
            except ParseError as error:
                where = f"{page.address[-90:]}:{n}"
                invalid.append(RejectedItem(where, error.failure, shorten(row, 120), unread))
        return valid, invalid

    # Each row may come from a device of its own, which writes numbers in its own way.
    valid, invalid = read_numbers(read, options.notation(may_mix=True))
    readings += valid
    rejected += invalid
    if len(rows) > MAX_ITEMS:
        rejected.append(
            RejectedItem(shorten(page.address, 120), Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS}))
        )


def _read_text(page: ResponsePage) -> str:
    check_size(page)
    if not page.body.strip():
        raise SourceError(Tt10Code.FILE_EMPTY)
    text = _text.decode(_text.zeros_for_erased(page.body), page.charset)
    if text.lstrip()[:1] == "<":
        raise SourceError(Tt10Code.HTML_OR_XML)
    return text


def _cells(row: str) -> list[str]:
    """Name, value, unit, time and status; fewer in the cut last row of an unfinished file."""
    cells = [cell.strip() for cell in row.split("\t")]
    while len(cells) > _COLUMNS and not cells[-1]:
        cells.pop()
    return cells


def _row_fault(row: str, cells: list[str]) -> Failure | None:
    """Why the cells of a row may not be what their places say: what was lost may stand for tabs and line breaks."""
    if _LOST.search(row):
        return Failure(Tt10Code.ROW_DAMAGED)
    return Failure(Tt10Code.COLUMN_COUNT, {"n": len(cells)}) if len(cells) != _COLUMNS else None


def _without_value(cells: list[str], station: str, options: Options) -> Reading:
    """The series and the time of a row. Raises ParseError."""
    name, time = canonical_parameter(cells[0]), cells[_TIME]
    if not name:
        raise ParseError(Tt10Code.NAME_MISSING)
    if len(time) not in (0, 14):  # strptime would read fewer digits as another time
        raise ParseError(Tt10Code.NOT_A_TIME, text=shorten(time, 40))
    observed = _time(time, options)
    words = {
        "{station}": options.stations.get(station, station),
        "{parameter}": options.parameter_word(name),
    }
    for placeholder, (option, text) in {
        "{station}": ("stations", station),
        "{parameter}": ("parameters", name),
    }.items():
        if placeholder in options.series and is_damaged(words[placeholder]):
            raise ParseError(ParseCode.NAME_DAMAGED, name=shorten(text, 80))
        if placeholder in options.series and not slugify(words[placeholder]):
            raise ParseError(Tt10Code.NAME_WITHOUT_LETTERS, name=shorten(text, 80), option=option)
    series_name = re.sub("|".join(map(re.escape, words)), lambda match: words[match[0]], options.series)
    return Reading(slugify(series_name)[:200], observed, None, name=f"{station} {name}")


def _reading(unread: Reading, cells: list[str], options: Options, numbers: NumberReader) -> Reading:
    """`unread` with the value of its row. Raises ParseError."""
    name, value_text, unit, _, status = cells
    name = canonical_parameter(name)
    if status not in (_OK, _CALIBRATING, _FAULT):
        raise ParseError(Tt10Code.UNKNOWN_STATUS, status_code=shorten(status, 20))
    amount = _amount(value_text, numbers, name) if status == _OK else Amount(None)
    if amount.number is not None and not (unit or amount.unit or "" in options.units):
        raise ParseError(Tt10Code.UNIT_MISSING)
    reading = unread.with_value(
        amount.number,
        *amount.unit_beside(options.unit_of(unit), options.names_unit(unit), options.units),
        text=amount.text,
    )
    return reading if status == _OK else replace(reading, quality="suspect")


def _time(text: str, options: Options) -> datetime:
    try:
        return parse_timestamp(text, _TIME_FORMAT, options.zone_info)
    except ParseError as error:
        if error.failure.code == ParseCode.NOT_A_TIME:  # its text names another form
            raise ParseError(Tt10Code.NOT_A_TIME, text=shorten(text, 40)) from None
        raise


def _amount(text: str, numbers: NumberReader, parameter: str) -> Amount:
    """The number of a cell: comma or point is its decimal sign, also in one file. Only its parameter's rows decide."""
    if len(re.findall("[.,]", text)) > 1:
        raise ParseError(Tt10Code.SEVERAL_DECIMAL_SIGNS, text=shorten(text, 40))
    return numbers.amount(text, parameter)
