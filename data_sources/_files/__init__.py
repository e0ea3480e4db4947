"""Files that somebody drops: what protocols over a watched folder have in common; no protocol itself.

    fetch:  return await watched.fetch(source, world, Watch(options.glob, options.settle))
    or, for files that lie elsewhere,  return await watched.within(source, world, look)
    parse:  return watched.each(payload, read)  with read(page, readings, refused)

A file is read once it rests, again when its content changed, and never through a link or out of its folder. Its page
has its name inside the folder as `address`. A file over FILE_LIMIT comes cut one byte past it: parse says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from data_sources._files.change_tracker import FILE_LIMIT, ScanResult, WatchSpec
from data_sources._files.folder import scan_folder
from data_sources._files.sftp import SftpOptions
from data_sources._mapping import RowOptions
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = [
    "FILE_LIMIT",
    "Glob",
    "ScanResult",
    "SftpOptions",
    "WatchOptions",
    "WatchSpec",
    "check_size",
    "fetch",
    "fetch_scanned",
    "parse_files",
]


def _validate_glob(text: str) -> str:
    if text.startswith(("/", "~")) or ".." in text or not text.strip():
        raise ConfigValueError(OptionCode.GLOB_OUTSIDE)
    return text


Glob = Annotated[str, AfterValidator(_validate_glob)]


class WatchOptions(RowOptions):
    """Which files of the folder, and how many seconds one must rest before it is read."""

    glob: Glob = "*"
    settle: float = Field(2.0, ge=0, le=3600)


@cache
def _thread_pool() -> ThreadPoolExecutor:
    """Threads of our own: a network folder that hangs must not take those of the rest of the program."""
    return ThreadPoolExecutor(8, "folders")


async def fetch(source: Source, world: FetchContext, watch: WatchSpec) -> Payload:
    """The files of the row's folder that changed since the last poll, within the deadline."""

    async def look(known: Mapping[str, Any], now: float) -> ScanResult:
        return await asyncio.get_running_loop().run_in_executor(
            _thread_pool(), scan_folder, source.address, watch, known, now
        )

    return await fetch_scanned(source, world, look)


async def fetch_scanned(
    source: Source, world: FetchContext, scan: Callable[[Mapping[str, Any], float], Awaitable[ScanResult]]
) -> Payload:
    """What `look`, given the marks and the seconds since 1970, brings within the deadline; its marks are remembered."""
    limit = source.deadline.total_seconds()
    try:
        async with asyncio.timeout(limit):
            found = await _scan_until_settled(world, scan, limit)
    except TimeoutError:
        raise SourceError(untyped(f"the folder gave no answer within {limit:g} s")) from None
    # Only here: what a late thread read nobody has seen. Files that are gone are forgotten with this.
    world.memory.clear()
    world.memory.update(found.file_states)
    return Payload(tuple(found.pages), is_unchanged=not found.pages, is_file_batch=True)


def parse_files(payload: Payload, read: Callable[[ResponsePage, list[Reading], list[RejectedItem]], None]) -> Batch:
    """All files through `read`, which adds to its lists: one that raises SourceError is refused, the others go on."""
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    errors: list[SourceError] = []
    for page in payload.pages:
        try:
            read(page, readings, refused)
        except SourceError as error:
            errors.append(error)
            refused.append(RejectedItem(page.address[:120], error.failure))
    if errors and len(errors) == len(payload.pages):
        raise errors[0]
    return Batch(tuple(readings), tuple(refused))


def check_size(page: ResponsePage) -> None:
    """SourceError when the file is larger than FILE_LIMIT."""
    if len(page.body) > FILE_LIMIT:
        raise SourceError(untyped(f"the file is larger than {FILE_LIMIT // 1_048_576} MiB"))


async def _scan_until_settled(
    world: FetchContext, scan: Callable[[Mapping[str, Any], float], Awaitable[ScanResult]], limit: float
) -> ScanResult:
    """One look; when nothing but files that still move was found, another one after their rest.

    A source that is polled once an hour would otherwise show nothing for an hour.
    """
    found = await scan(dict(world.memory), world.now().timestamp())
    if not found.pages and 0 < found.settles_in < limit / 2:
        await asyncio.sleep(found.settles_in)
        found = await scan({**world.memory, **found.file_states}, world.now().timestamp())
    return found
