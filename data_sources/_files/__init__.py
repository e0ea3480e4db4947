"""File watcher: shared by the protocols that read files of a folder, on this machine or elsewhere.

    fetch:  return await _files.fetch(source, context, WatchSpec(options.glob, options.settle))
    or, for files elsewhere,  return await _files.fetch_scanned(source, context, scan)
    parse:  return _files.parse_files(payload, read)  with read(page, readings, rejected)

A file is read when it has not changed for a while, again when its content has changed, and never through a link or
outside its folder. The `address` of its page is its name inside the folder. A file over FILE_LIMIT is cut one byte past
the limit, so that `check_size` can reject it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from data_sources._files.change_tracker import FILE_LIMIT, ScanResult, WatchSpec
from data_sources._files.errors import FilesCode
from data_sources._files.folder import scan_folder
from data_sources._files.sftp import SftpOptions
from data_sources._http.answer_threads import read_in_thread
from data_sources._mapping import RowOptions
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, MachineFaultError, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, of_answer, rejected_of_answer
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
    "read_again",
    "without_mixed_series",
]
_MAX_NAME = 80  # characters of the name of a file that a failure quotes


def _validate_glob(text: str) -> str:
    if text.startswith(("/", "~")) or ".." in text or not text.strip():
        raise ConfigValueError(OptionCode.GLOB_OUTSIDE)
    return text


Glob = Annotated[str, AfterValidator(_validate_glob)]


class WatchOptions(RowOptions):
    """Which files of the folder are read, and for how many seconds a file must be unchanged before."""

    glob: Glob = "*"
    settle: float = Field(2.0, ge=0, le=3600)


async def fetch(source: Source, context: FetchContext, watch: WatchSpec) -> Payload:
    """The files of the row's folder that changed since the last poll. Raises SourceError."""

    async def scan(previous: Mapping[str, Any], now: float) -> ScanResult:
        return await read_in_thread(source, scan_folder, source.address, watch, previous, now)

    return await fetch_scanned(source, context, scan)


async def fetch_scanned(
    source: Source, context: FetchContext, scan: Callable[[Mapping[str, Any], float], Awaitable[ScanResult]]
) -> Payload:
    """The files that `scan` finds within the deadline. Raises SourceError.

    `scan` gets the file states of the last poll and the time in seconds since 1970; its states are remembered.
    """
    limit = source.deadline.total_seconds()
    try:
        async with asyncio.timeout(limit):
            result = await _scan_until_settled(context, scan, limit)
    except TimeoutError:
        raise SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=limit) from None
    # Only now: the result of a thread that is late is lost, and its files must be read again.
    context.memory.clear()
    context.memory.update(result.file_states)
    return Payload(tuple(result.pages), is_unchanged=not result.pages, is_file_batch=True)


def read_again(context: FetchContext) -> None:
    """Let the next poll read all files, changed or not: they must be compared with each other."""
    for name, state in list(context.memory.items()):
        context.memory[name] = state._replace(is_read=False, digest=b"")


def parse_files(payload: Payload, read: Callable[[ResponsePage, list[Reading], list[RejectedItem]], None]) -> Batch:
    """The content of all files. `read` adds to the lists; a file for which it raises SourceError is rejected.

    Each file is an answer of its own: a later file may correct an earlier one. Raises SourceError when all files are
    rejected, and for a fault of the machine, after which all files come again.
    """
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    errors: list[SourceError] = []
    for n, page in enumerate(payload.pages):
        content, invalid = list[Reading](), list[RejectedItem]()
        try:
            read(page, content, invalid)
        except MachineFaultError:
            raise
        except SourceError as error:
            errors.append(error)
            invalid.append(RejectedItem(shorten(page.address, 120), error.failure))
        readings += of_answer(content, n)
        rejected += rejected_of_answer(invalid, n)
    if errors and len(errors) == len(payload.pages):
        raise errors[0]
    return Batch(tuple(readings), tuple(rejected))


def without_mixed_series(batch: Batch, payload: Payload, owner: Callable[[str], str], code: ErrorCode) -> Batch:
    """`batch` without the series that files of different owners give; `code`, with `first` and `second`, says so.

    `owner`: the station or the table of which a file is, by its name.
    """
    first: dict[str, str] = {}  # by series, the name of the first file that gives it
    failures: dict[str, Failure] = {}
    unread = (one for item in batch.rejected_items for one in item.readings)
    for series, answer in dict.fromkeys((one.series, one.answer) for one in (*batch.readings, *unread)):
        name = payload.pages[answer].address
        known = first.setdefault(series, name)
        if known != name and owner(known) != owner(name):
            failures.setdefault(series, Failure(code, {"first": _name_end(known), "second": _name_end(name)}))
    kept = tuple(one for one in batch.readings if one.series not in failures)
    rejected = tuple(RejectedItem(series, failure) for series, failure in failures.items())
    return replace(batch, readings=kept, rejected_items=(*batch.rejected_items, *rejected))


def _name_end(name: str) -> str:
    """The end of the name of a file, where names of one folder differ; after "…" where it is cut."""
    return name if len(name) <= _MAX_NAME else f"…{name[1 - _MAX_NAME :]}"


def check_size(page: ResponsePage) -> None:
    """Raises SourceError when the file is larger than FILE_LIMIT."""
    if len(page.body) > FILE_LIMIT:
        raise SourceError(FilesCode.FILE_TOO_LARGE, mebibytes=FILE_LIMIT / 1_048_576)


async def _scan_until_settled(
    context: FetchContext, scan: Callable[[Mapping[str, Any], float], Awaitable[ScanResult]], limit: float
) -> ScanResult:
    """One scan; when all new files still change, a second one after they had time to settle.

    Otherwise a source that is polled once an hour would show a new file an hour late.
    """
    result = await scan(dict(context.memory), context.now().timestamp())
    if not result.pages and 0 < result.settles_in < limit / 2:
        await asyncio.sleep(result.settles_in)
        result = await scan({**context.memory, **result.file_states}, context.now().timestamp())
    return result
