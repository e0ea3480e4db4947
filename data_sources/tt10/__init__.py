"""Station files of Thông tư 10/2021/TT-BTNMT, from a folder or over SFTP: name, value, unit, time, status a row."""

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
from data_sources.tt10.rows import FILE_NAME, read_file
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]

# A station sends every five minutes: a day of twenty of them.
_MAX_FILES = 6_000


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The files that are new since the last poll and whose name tells a time of the last `hours`."""
    options = options_of(source, Options)
    watch = _watch_spec(options, world.now())
    if not source.address.startswith("sftp://"):
        return replace(await _files.fetch(source, world, watch), is_partial=True)

    async def look(known: Mapping[str, Any], now: float) -> ScanResult:
        return await sftp.scan(source, world, options, watch, known, now)

    return replace(await _files.fetch_scanned(source, world, look), is_partial=True)


def _watch_spec(options: Options, now: datetime) -> WatchSpec:
    since = now - timedelta(hours=options.hours)

    def wanted(name: str) -> bool:
        match = FILE_NAME.fullmatch(name)
        try:
            return match is not None and parse_timestamp(match["time"], "%Y%m%d%H%M%S", options.zone_info) >= since
        except ValueError:
            return False

    days = {(since + timedelta(days=n)).astimezone(options.zone_info).date() for n in range(options.hours // 24 + 2)}
    folders = [day.strftime(options.folders) for day in sorted(days) if day <= now.astimezone(options.zone_info).date()]
    no_file = Failure(FilesCode.NO_RECENT_FILE, {"name_form": "STATION_yyyyMMddHHmmss.txt", "hours": options.hours})
    return WatchSpec(options.glob, options.settle, tuple(dict.fromkeys(folders)), wanted, _MAX_FILES, no_file)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The rows of all files. A file or a row that cannot be read is refused; the others go on."""
    return _files.parse_files(payload, partial(read_file, options_of(source, Options)))
