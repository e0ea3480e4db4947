"""Scan of a folder of this machine, without following links out of it."""

import os
import stat
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from data_sources._files.change_tracker import (
    FILE_LIMIT,
    POLL_LIMIT,
    ChangeTracker,
    ScanResult,
    WatchSpec,
    is_visible,
)
from data_sources._files.errors import FilesCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.text import replace_forbidden
from ioc.domain.ingest.protocol import ResponsePage, SourceError

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a FIFO would keep the thread for ever
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY  # Linux passes through folders that it may not list


def scan_folder(address: str, watch: WatchSpec, previous: Mapping[str, Any], now: float) -> ScanResult:
    """The files that are new or changed since the states `previous`; `now` in seconds since 1970.

    A folder without any file waits for its first. Raises SourceError when the folder cannot be read, or has files but
    none of these.
    """
    root = _resolve_root(address)
    tracker = ChangeTracker(watch, previous, now)
    pages: list[ResponsePage] = []
    size_read = 0
    for path, status in sorted(_list_files(root, watch), key=lambda path_and_status: path_and_status[1].st_mtime_ns):
        name = path.relative_to(root).as_posix()
        is_due = tracker.is_due(name, status.st_mtime_ns, status.st_size, status.st_mtime)
        body = _read_file(root, path, status) if is_due and size_read <= POLL_LIMIT else None
        if body is None:
            continue
        size_read += len(body)
        # The name as a text: of one that is not UTF-8 its bytes are lone surrogates, which nothing can store or show.
        shown = ResponsePage(body, path.suffix.lower().lstrip("."), "", replace_forbidden(name))
        page = tracker.record_read(name, shown)
        pages += [page] if page else []
    if not tracker.file_states and _has_files(root, watch):
        raise SourceError(watch.no_file or Failure(FilesCode.NO_FILE, {"glob": watch.glob}))
    return tracker.result(pages)


def _resolve_root(address: str) -> Path:
    path = Path(unquote(urlsplit(address).path)) if address.startswith("file://") else Path(address)
    try:
        root = path.resolve(strict=True)
        if root.is_dir():
            return root
    except (OSError, RuntimeError, ValueError):
        pass
    raise SourceError(FilesCode.FOLDER_NOT_ACCESSIBLE)


def _list_files(root: Path, watch: WatchSpec) -> Iterator[tuple[Path, os.stat_result]]:
    """Regular files inside `root`; no links, no hidden or temporary files."""
    count = 0
    try:
        for path in (path for folder in watch.folders for path in root.glob(os.path.join(folder, watch.glob))):
            parts = path.relative_to(root).parts
            if not all(map(is_visible, parts)):
                continue
            if not watch.accepts(path.name):
                continue
            try:
                status = path.lstat()
                # A link is not resolved: it may lead to itself.
                if not stat.S_ISREG(status.st_mode) or not path.resolve().is_relative_to(root):
                    continue
            except (FileNotFoundError, RuntimeError):  # moved away since it was listed; behind a folder that is a loop
                continue
            count += 1
            if count > watch.max_files:
                raise SourceError(FilesCode.TOO_MANY_FILES, limit=watch.max_files)
            yield path, status
    except OSError as error:
        raise SourceError(FilesCode.FOLDER_NOT_LISTED, cause=system_failure(error)) from None


def _has_files(root: Path, watch: WatchSpec) -> bool:
    """Whether any file is in `root`, hidden and temporary ones not counted. Raises SourceError.

    Folders above the first that the glob lists may forbid to list them.
    """
    starts = {root.joinpath(*_fixed_parts(os.path.join(folder, watch.glob))) for folder in watch.folders}

    def fail(error: OSError) -> None:
        is_above = any(Path(error.filename) in start.parents for start in starts)
        if not (is_above or isinstance(error, FileNotFoundError)):
            raise SourceError(FilesCode.FOLDER_NOT_LISTED, cause=system_failure(error))

    for start in (root, *starts):
        for _, folders, files in os.walk(start, onerror=fail):
            folders[:] = filter(is_visible, folders)
            if any(map(is_visible, files)):
                return True
    return False


def _fixed_parts(glob: str) -> tuple[str, ...]:
    """The names of folders before the first of a pattern: ("a", "b") of "a/b/*/c.csv"."""
    return tuple(takewhile(lambda part: not set(part) & set("*?["), Path(glob).parts[:-1]))


def _read_file(root: Path, path: Path, status: os.stat_result) -> bytes | None:
    """The file, cut one byte past FILE_LIMIT; None when it changed since `status` or cannot be read."""
    try:
        handle = _open_inside(root, path)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            body = file.read(FILE_LIMIT + 1)
            after = os.fstat(handle)
    except (OSError, RuntimeError, ValueError):
        return None
    if (after.st_mtime_ns, after.st_size) != (status.st_mtime_ns, status.st_size):
        return None
    return body


def _open_inside(root: Path, path: Path) -> int:
    """Opens a file by each of its folders from `root` on: another file, or a link, may stand there by now.

    Folders that may only be passed through (mode 0711) are enough. OSError; RuntimeError for a link to itself;
    ValueError where one leads out of it.
    """
    folder = os.open(root, _PASS)
    try:
        for part in path.parent.resolve().relative_to(root).parts:
            outer, folder = folder, os.open(part, _PASS | os.O_NOFOLLOW, dir_fd=folder)
            os.close(outer)
        return os.open(path.name, _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
