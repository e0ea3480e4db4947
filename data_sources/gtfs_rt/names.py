"""The names of lines and stops from a static GTFS zip: two of its tables, bounded."""

import csv
import io
from itertools import islice
from zipfile import BadZipFile, ZipFile
from zlib import error as BadStream

from ioc.domain.ingest.decoding import text_of
from ioc.domain.ingest.protocol import Page, SourceError

NAMES = "names"  # the kind of the page that holds them
_LARGEST = 8 * 1_048_576
_MOST_MEMBERS, _MOST_ROWS, _LONGEST = 500, 50_000, 100
_BROKEN = (BadZipFile, BadStream, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, csv.Error)


def names_of(page: Page) -> dict[str, dict[str, str]]:
    """{"routes": {id: name}, "stops": {id: name}}. SourceError when the zip names none or must not be unpacked."""
    try:
        with ZipFile(io.BytesIO(page.body)) as archive:
            if len(archive.infolist()) > _MOST_MEMBERS:
                raise SourceError(f"the timetable holds more than {_MOST_MEMBERS} files")
            routes = _table(archive, "routes.txt", "route_id", ("route_short_name", "route_long_name"))
            stops = _table(archive, "stops.txt", "stop_id", ("stop_name",))
    except _BROKEN as error:
        raise SourceError(f"the timetable is no whole zip: {str(error)[:80]}") from None
    if routes is None and stops is None:
        raise SourceError("the timetable has neither routes.txt nor stops.txt")
    if not routes and not stops:
        raise SourceError("the timetable names no line and no stop")
    return {"routes": routes or {}, "stops": stops or {}}


def _table(archive: ZipFile, name: str, key: str, columns: tuple[str, ...]) -> dict[str, str] | None:
    member = next((one for one in archive.infolist() if one.filename.rpartition("/")[2] == name), None)
    if member is None:
        return None
    with archive.open(member) as stream:
        body = stream.read(_LARGEST + 1)  # what a member declares of its size is not believed
    if len(body) > _LARGEST:
        raise SourceError(f"{name} of the timetable is larger than {_LARGEST // 1_048_576} MiB")
    rows = csv.DictReader(io.StringIO(text_of(Page(body)) if body else "", newline=""), skipinitialspace=True)
    rows.fieldnames = [one.strip().lower() for one in rows.fieldnames or ()]
    found: dict[str, str] = {}
    for row in islice(rows, _MOST_ROWS):
        given = (row.get(column) for column in columns)
        said = next((text.strip() for text in given if isinstance(text, str) and text.strip()), "")
        if row.get(key) and said:
            found[row[key].strip()[:_LONGEST]] = said[:_LONGEST]
    return found
