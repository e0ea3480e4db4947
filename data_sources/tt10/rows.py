"""One station file into readings."""

import re
from dataclasses import replace
from pathlib import PurePosixPath

from data_sources._files import check_size
from data_sources._mapping import MAX_ITEMS
from data_sources.tt10.options import Options
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_text
from ioc.domain.ingest.parsing import parse_number, parse_timestamp, slugify
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.ingest.reading import Reading, RejectedItem

FILE_NAME = re.compile(r"(?P<station>.{1,100})_(?P<time>[0-9]{14})\.txt", re.IGNORECASE)
_COLUMNS = 5
_OK, _CALIBRATING, _FAULT = "00", "01", "02"


def read_file(options: Options, page: ResponsePage, readings: list[Reading], refused: list[RejectedItem]) -> None:
    """Its rows into `readings`, those that cannot be read into `refused`. SourceError when it is no station file."""
    match = FILE_NAME.fullmatch(PurePosixPath(page.address).name)
    if match is None:
        raise SourceError(untyped(f"the name {page.address[:80]!r} is not STATION_yyyyMMddHHmmss.txt"))
    rows = [(n, one) for n, one in enumerate(_read_text(page).splitlines(), 1) if one.strip()]
    if not any("\t" in row for _, row in rows):
        raise SourceError(untyped("no row has name, value, unit, time and status with tabs between them"))
    for n, row in rows[:MAX_ITEMS]:
        try:
            readings.append(_reading(row, match["station"], options))
        except ValueError as error:
            refused.append(RejectedItem(f"{page.address[-90:]}:{n}", untyped(str(error)), row[:120]))
    if len(rows) > MAX_ITEMS:
        refused.append(RejectedItem(page.address[:120], untyped(f"more than {MAX_ITEMS} rows: the rest was left out")))


def _read_text(page: ResponsePage) -> str:
    check_size(page)
    if not page.body.strip():
        raise SourceError(untyped("the file is empty"))
    # A file names no charset: what is no Unicode comes from some Windows, and ° µ ³ are the same in its Western ones.
    text = decode_text(page if page.charset else replace(page, charset="cp1258"))
    if text.lstrip()[:1] == "<":
        raise SourceError(untyped("the file is HTML or XML, not rows of a station"))
    return text


def _reading(row: str, station: str, options: Options) -> Reading:
    """One row. ValueError says why it is none: a file that is still being written ends in the middle of one."""
    cells = [one.strip() for one in row.split("\t")]
    while len(cells) > _COLUMNS and not cells[-1]:
        cells.pop()
    if len(cells) != _COLUMNS:
        raise ValueError(f"the row has {len(cells)} columns, not name, value, unit, time, status")
    name, value, unit, time, status = cells
    if not name:
        raise ValueError("the parameter has no name")
    if status not in (_OK, _CALIBRATING, _FAULT):
        raise ValueError(f"status {status[:20]!r} is not 00, 01 or 02")
    if len(time) not in (0, 14):  # strptime would make some time of fewer digits
        raise ValueError(f"{time[:40]!r} is not a time")
    observed = parse_timestamp(time, "%Y%m%d%H%M%S", options.zone_info)
    words = {
        "{station}": options.stations.get(station, station),
        "{parameter}": options.parameters.get(name, name),
    }
    series = slugify(re.sub("|".join(map(re.escape, words)), lambda hole: words[hole[0]], options.series))[:200]
    found = _number(value) if status == _OK else None
    unit = options.units.get(unit, "" if unit == "-" else unit[:40])
    return Reading(series, observed, found, unit, "good" if status == _OK else "suspect")


def _number(text: str) -> float | None:
    """Comma and point both occur as the decimal sign, in one file; thousands are not grouped."""
    if len(re.findall("[.,]", text)) > 1:
        raise ValueError(f"{text[:40]!r} is not a number: it has more than one decimal sign")
    return parse_number(text.replace(",", "."))
