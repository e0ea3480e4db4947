"""A folder of this machine: which files changed, which still move, and no way out of it."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from data_sources._files.change_tracker import (
    FILE_LIMIT,
    PARTIAL_SUFFIXES,
    POLL_LIMIT,
    ChangeTracker,
    ScanResult,
    WatchSpec,
)
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import ResponsePage, SourceError


def scan_folder(address: str, watch: WatchSpec, previous: Mapping[str, Any], now: float) -> ScanResult:
    """The files that are new or have other content than `known` marks say.

    `now` in seconds since 1970. SourceError when the folder is not there or holds no such file.
    """
    root = _resolve_root(address)
    looking = ChangeTracker(watch, previous, now)
    pages: list[ResponsePage] = []
    read = 0
    for path, seen in sorted(_list_files(root, watch), key=lambda one: one[1].st_mtime_ns):
        name = path.relative_to(root).as_posix()
        if not looking.is_due(name, seen.st_mtime_ns, seen.st_size, seen.st_mtime) or read > POLL_LIMIT:
            continue
        body = _read_file(path, seen)
        if body is None:
            continue
        read += len(body)
        page = looking.record_read(name, ResponsePage(body, path.suffix.lower().lstrip("."), "", name))
        pages += [page] if page else []
    if not looking.file_states:
        raise SourceError(untyped(f"no file {watch.glob}{watch.filter_description} lies in the folder"))
    return looking.result(pages)


def _resolve_root(address: str) -> Path:
    path = Path(unquote(urlsplit(address).path)) if address.startswith("file://") else Path(address)
    try:
        root = path.resolve(strict=True)
        if root.is_dir():
            return root
    except (OSError, RuntimeError, ValueError):
        pass
    raise SourceError(untyped("the folder is not there or may not be entered"))


def _list_files(root: Path, watch: WatchSpec) -> Iterator[tuple[Path, os.stat_result]]:
    """Plain files inside `root`; no links, nothing hidden or temporary."""
    count = 0
    try:
        for path in (one for folder in watch.folders for one in root.glob(os.path.join(folder, watch.glob))):
            parts = path.relative_to(root).parts
            if any(part.startswith((".", "~$")) for part in parts) or path.name.lower().endswith(PARTIAL_SUFFIXES):
                continue
            if not watch.accepts(path.name):
                continue
            seen = path.lstat()
            if not stat.S_ISREG(seen.st_mode) or not path.resolve().is_relative_to(root):
                continue
            count += 1
            if count > watch.max_files:
                raise SourceError(untyped(f"the folder holds more than {watch.max_files} files: narrow the glob"))
            yield path, seen
    except OSError as error:
        raise SourceError(untyped(f"the folder cannot be listed: {error.strerror or 'no answer'}")) from None


def _read_file(path: Path, seen: os.stat_result) -> bytes | None:
    """The file as it was seen, cut one byte past the limit (parse says so); None when it moved meanwhile."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            body = file.read(FILE_LIMIT + 1)
            after = os.fstat(file.fileno())
    except OSError:
        return None
    if (after.st_mtime_ns, after.st_size) != (seen.st_mtime_ns, seen.st_size):
        return None
    return body
