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

from data_sources._files.change_tracker import FILE_LIMIT, Look, Watch
from data_sources._files.folder import changed
from data_sources._files.sftp import SftpOptions
from data_sources._mapping import RowOptions
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.reading import Batch, Reading, Refused
from ioc.domain.ingest.source import Source

__all__ = [
    "FILE_LIMIT",
    "Glob",
    "Look",
    "SftpOptions",
    "Watch",
    "WatchOptions",
    "check_size",
    "each",
    "fetch",
    "within",
]


def _inside(text: str) -> str:
    if text.startswith(("/", "~")) or ".." in text or not text.strip():
        raise ValueError("glob names files inside the folder; right would be *.xlsx or **/*.csv")
    return text


Glob = Annotated[str, AfterValidator(_inside)]


class WatchOptions(RowOptions):
    """Which files of the folder, and how many seconds one must rest before it is read."""

    glob: Glob = "*"
    settle: float = Field(2.0, ge=0, le=3600)


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads of our own: a network folder that hangs must not take those of the rest of the program."""
    return ThreadPoolExecutor(8, "folders")


async def fetch(source: Source, world: World, watch: Watch) -> Payload:
    """The files of the row's folder that changed since the last poll, within the deadline."""

    async def look(known: Mapping[str, Any], now: float) -> Look:
        return await asyncio.get_running_loop().run_in_executor(_threads(), changed, source.address, watch, known, now)

    return await within(source, world, look)


async def within(source: Source, world: World, look: Callable[[Mapping[str, Any], float], Awaitable[Look]]) -> Payload:
    """What `look`, given the marks and the seconds since 1970, brings within the deadline; its marks are remembered."""
    limit = source.deadline.total_seconds()
    try:
        async with asyncio.timeout(limit):
            found = await _rested(world, look, limit)
    except TimeoutError:
        raise SourceError(f"the folder gave no answer within {limit:g} s") from None
    # Only here: what a late thread read nobody has seen. Files that are gone are forgotten with this.
    world.memory.clear()
    world.memory.update(found.marks)
    return Payload(tuple(found.pages), unchanged=not found.pages, at_rest=True)


def each(payload: Payload, read: Callable[[Page, list[Reading], list[Refused]], None]) -> Batch:
    """All files through `read`, which adds to its lists: one that raises SourceError is refused, the others go on."""
    readings: list[Reading] = []
    refused: list[Refused] = []
    errors: list[SourceError] = []
    for page in payload.pages:
        try:
            read(page, readings, refused)
        except SourceError as error:
            errors.append(error)
            refused.append(Refused(page.address[:120], error.reason))
    if errors and len(errors) == len(payload.pages):
        raise errors[0]
    return Batch(tuple(readings), tuple(refused))


def check_size(page: Page) -> None:
    """SourceError when the file is larger than FILE_LIMIT."""
    if len(page.body) > FILE_LIMIT:
        raise SourceError(f"the file is larger than {FILE_LIMIT // 1_048_576} MiB")


async def _rested(world: World, look: Callable[[Mapping[str, Any], float], Awaitable[Look]], limit: float) -> Look:
    """One look; when nothing but files that still move was found, another one after their rest.

    A source that is polled once an hour would otherwise show nothing for an hour.
    """
    found = await look(dict(world.memory), world.now().timestamp())
    if not found.pages and 0 < found.moving < limit / 2:
        await asyncio.sleep(found.moving)
        found = await look({**world.memory, **found.marks}, world.now().timestamp())
    return found
