"""Station files of Circular 10/2021/TT-BTNMT, in a folder or over SFTP: rows of name, value, unit, time, status."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from data_sources import _files
from data_sources._files import ScanResult, WatchSpec, sftp
from data_sources._files.errors import FilesCode
from data_sources._mapping import options_of
from data_sources.tt10.options import Options
from data_sources.tt10.rows import FILE_NAME, Tt10Code, read_file, station_of
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]

# Twenty stations that send every five minutes, for a day.
_MAX_FILES = 6_000


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The new files whose name has a time of the last `hours`. Raises SourceError."""
    options = options_of(source, Options)
    watch = _watch_spec(options, context.now())

    async def scan(previous: Mapping[str, Any], now: float) -> ScanResult:
        return await sftp.scan(source, context, options, watch, previous, now)

    is_remote = source.address.startswith("sftp://")
    payload = await (_files.fetch_scanned(source, context, scan) if is_remote else _files.fetch(source, context, watch))
    stations = sorted({station_of(name) for name in context.memory}) if "{station}" not in options.series else []
    if len(stations) > 1:  # their files come at different polls
        raise SourceError(
            Tt10Code.STATIONS_OF_ONE_SERIES, first=shorten(stations[0], 80), second=shorten(stations[1], 80)
        )
    return replace(payload, is_partial=True)


def _watch_spec(options: Options, now: datetime) -> WatchSpec:
    since = now - timedelta(hours=options.hours)

    def is_recent(name: str) -> bool:
        match = FILE_NAME.fullmatch(name)
        try:
            return match is not None and parse_timestamp(match["time"], "%Y%m%d%H%M%S", options.zone_info) >= since
        except ParseError:
            return False

    days = {(since + timedelta(days=n)).astimezone(options.zone_info).date() for n in range(options.hours // 24 + 2)}
    today = now.astimezone(options.zone_info).date()
    folders = [day.strftime(options.folders) for day in sorted(days) if day <= today]
    no_file = Failure(FilesCode.NO_RECENT_FILE, {"name_form": "STATION_yyyyMMddHHmmss.txt", "hours": options.hours})
    return WatchSpec(options.glob, options.settle, tuple(dict.fromkeys(folders)), is_recent, _MAX_FILES, no_file)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The rows of all files; invalid files and rows are rejected items. Raises SourceError when all files are."""
    batch = _files.parse_files(payload, partial(read_file, options_of(source, Options)))
    return _files.without_mixed_series(batch, payload, station_of, Tt10Code.STATIONS_OF_ONE_SERIES)
