"""The names of lines and stops from a static GTFS zip: two of its tables, bounded."""

import csv
import io
from itertools import islice
from zipfile import BadZipFile, ZipFile
from zlib import error as BadStream

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_text
from ioc.domain.ingest.protocol import ResponsePage, SourceError

NAMES_PAGE = "names"  # the kind of the page that holds them
_MAX_TABLE_BYTES = 8 * 1_048_576
_MAX_MEMBERS, _MAX_ROWS, _MAX_NAME_LENGTH = 500, 50_000, 100
_ZIP_ERRORS = (BadZipFile, BadStream, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, csv.Error)


def read_names(page: ResponsePage) -> dict[str, dict[str, str]]:
    """{"routes": {id: name}, "stops": {id: name}}. SourceError when the zip names none or must not be unpacked."""
    try:
        with ZipFile(io.BytesIO(page.body)) as archive:
            if len(archive.infolist()) > _MAX_MEMBERS:
                raise SourceError(untyped(f"the timetable holds more than {_MAX_MEMBERS} files"))
            routes = _read_table(archive, "routes.txt", "route_id", ("route_short_name", "route_long_name"))
            stops = _read_table(archive, "stops.txt", "stop_id", ("stop_name",))
    except _ZIP_ERRORS as error:
        raise SourceError(untyped(f"the timetable is no whole zip: {str(error)[:80]}")) from None
    if routes is None and stops is None:
        raise SourceError(untyped("the timetable has neither routes.txt nor stops.txt"))
    if not routes and not stops:
        raise SourceError(untyped("the timetable names no line and no stop"))
    return {"routes": routes or {}, "stops": stops or {}}


def _read_table(archive: ZipFile, name: str, key: str, columns: tuple[str, ...]) -> dict[str, str] | None:
    member = next((one for one in archive.infolist() if one.filename.rpartition("/")[2] == name), None)
    if member is None:
        return None
    with archive.open(member) as stream:
        body = stream.read(_MAX_TABLE_BYTES + 1)  # what a member declares of its size is not believed
    if len(body) > _MAX_TABLE_BYTES:
        raise SourceError(untyped(f"{name} of the timetable is larger than {_MAX_TABLE_BYTES // 1_048_576} MiB"))
    rows = csv.DictReader(
        io.StringIO(decode_text(ResponsePage(body)) if body else "", newline=""), skipinitialspace=True
    )
    rows.fieldnames = [one.strip().lower() for one in rows.fieldnames or ()]
    found: dict[str, str] = {}
    for row in islice(rows, _MAX_ROWS):
        given = (row.get(column) for column in columns)
        said = next((text.strip() for text in given if isinstance(text, str) and text.strip()), "")
        if row.get(key) and said:
            found[row[key].strip()[:_MAX_NAME_LENGTH]] = said[:_MAX_NAME_LENGTH]
    return found
