"""The names of routes and stops, and the routes of trips, from a static GTFS zip: three tables, limited in size."""

import csv
import io
from itertools import islice
from typing import Any
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.text import to_text
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_text
from ioc.domain.ingest.protocol import ResponsePage, SourceError

NAMES_PAGE = "names"  # media type of the page with the names
_MEBIBYTE = 1_048_576
_MAX_MEBIBYTES, _MAX_TRIPS_MEBIBYTES = 8, 16  # of a table
_MAX_MEMBERS, _MAX_ROWS, _MAX_NAME_LENGTH = 500, 500_000, 100
_ZIP_ERRORS = (BadZipFile, ZlibError, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, csv.Error)
_MAX_QUOTED = 80  # characters of a message of the zip library


def read_names(page: ResponsePage) -> dict[str, dict[str, str]]:
    """{"routes": {id: name}, "stops": {id: name}, "trips": {id: id of its route}}.

    Raises SourceError when the zip is broken, too large or empty. A table of trips that is too large is left out: few
    feeds need it.
    """
    try:
        with ZipFile(io.BytesIO(page.body)) as archive:
            if len(archive.infolist()) > _MAX_MEMBERS:
                raise SourceError(GtfsCode.TIMETABLE_TOO_MANY_FILES, limit=_MAX_MEMBERS)
            routes = _read_table(archive, "routes.txt", "route_id", ("route_short_name", "route_long_name"))
            stops = _read_table(archive, "stops.txt", "stop_id", ("stop_name",))
            trips = _read_trips(archive)
    except _ZIP_ERRORS as error:
        raise SourceError(GtfsCode.TIMETABLE_NOT_A_ZIP, external=shorten(str(error), _MAX_QUOTED)) from None
    if routes is None and stops is None:
        raise SourceError(GtfsCode.TIMETABLE_WITHOUT_TABLES)
    if not routes and not stops:
        raise SourceError(GtfsCode.TIMETABLE_EMPTY)
    return {"routes": routes or {}, "stops": stops or {}, "trips": trips}


def route_id_of(trip: Any, names: dict[str, dict[str, str]]) -> str:
    """The id of the route of a TripDescriptor: as it says, else by the timetable, "" when neither knows it."""
    return to_text(trip.route_id) or names["trips"].get(to_text(trip.trip_id), "")


def _read_trips(archive: ZipFile) -> dict[str, str]:
    try:
        return _read_table(archive, "trips.txt", "trip_id", ("route_id",), _MAX_TRIPS_MEBIBYTES) or {}
    except SourceError:
        return {}


def _read_table(
    archive: ZipFile, table: str, key: str, columns: tuple[str, ...], mebibytes: int = _MAX_MEBIBYTES
) -> dict[str, str] | None:
    """{key: first of `columns` that is not empty}, None when the zip has no such table."""
    member = next((entry for entry in archive.infolist() if entry.filename.rpartition("/")[2] == table), None)
    if member is None:
        return None
    with archive.open(member) as stream:
        body = stream.read(mebibytes * _MEBIBYTE + 1)  # the size that a member declares may be false
    if len(body) > mebibytes * _MEBIBYTE:
        raise SourceError(GtfsCode.TIMETABLE_TABLE_TOO_LARGE, table=table, mebibytes=mebibytes)
    text = decode_text(ResponsePage(body)) if body else ""
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)  # a DictReader fills each row with columns
    places = {column.strip().lower(): place for place, column in enumerate(next(rows, ()))}
    read = [places[column] for column in (key, *columns) if column in places]
    if key not in places:
        return {}
    names: dict[str, str] = {}
    for row in islice(rows, _MAX_ROWS):
        id_, *cells = (row[place].strip() if place < len(row) else "" for place in read)
        if id_ and (name := next(filter(None, cells), "")):
            names[id_] = name[:_MAX_NAME_LENGTH]
    return names
