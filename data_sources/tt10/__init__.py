"""Station files of Thông tư 10/2021/TT-BTNMT, from a folder or over SFTP: name, value, unit, time, status a row."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from data_sources import _files
from data_sources._files import Look, Watch, sftp
from data_sources._mapping import options_of
from data_sources.tt10.options import Options
from data_sources.tt10.rows import FILE, file
from ioc.domain.ingest.parsing import moment
from ioc.domain.ingest.protocol import Payload, World
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]

# A station sends every five minutes: a day of twenty of them.
_MOST_FILES = 6_000


async def fetch(source: Source, world: World) -> Payload:
    """The files that are new since the last poll and whose name tells a time of the last `hours`."""
    options = options_of(source, Options)
    watch = _watch(options, world.now())
    if not source.address.startswith("sftp://"):
        return replace(await _files.fetch(source, world, watch), parts=True)

    async def look(known: Mapping[str, Any], now: float) -> Look:
        return await sftp.look(source, world, options, watch, known, now)

    return replace(await _files.within(source, world, look), parts=True)


def _watch(options: Options, now: datetime) -> Watch:
    since = now - timedelta(hours=options.hours)

    def wanted(name: str) -> bool:
        match = FILE.fullmatch(name)
        try:
            return match is not None and moment(match["time"], "%Y%m%d%H%M%S", options.clock) >= since
        except ValueError:
            return False

    days = {(since + timedelta(days=n)).astimezone(options.clock).date() for n in range(options.hours // 24 + 2)}
    folders = [day.strftime(options.folders) for day in sorted(days) if day <= now.astimezone(options.clock).date()]
    said = f" named STATION_yyyyMMddHHmmss.txt of the last {options.hours} h"
    return Watch(options.glob, options.settle, tuple(dict.fromkeys(folders)), wanted, _MOST_FILES, said)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The rows of all files. A file or a row that cannot be read is refused; the others go on."""
    return _files.each(payload, partial(file, options_of(source, Options)))
