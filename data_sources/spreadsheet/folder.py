"""The watched folder: which files changed, which still move, and no way out of it."""

import os
import stat
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from data_sources.spreadsheet.options import Options
from domain.feed import Page, SourceError

FILE_LIMIT = 16 * 1_048_576
_POLL_LIMIT = 32 * 1_048_576  # what one poll reads at most; the rest has its turn at the next
_MOST_FILES = 2_000
Mark = tuple[int, int, bytes]  # time of change, size, hash of the content
_PARTIAL = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")


class Look(NamedTuple):
    """What one look into the folder found."""

    pages: list[Page]  # oldest first
    marks: dict[str, Mark]  # to be kept
    moving: float  # seconds until the first of the files that still move may be read; 0 when none does


def changed(address: str, options: Options, known: Mapping[str, Any], now: float) -> Look:
    """The files that are new or have other content than `known` marks say.

    `now` in seconds since 1970. SourceError when the folder is not there or holds no such file.
    """
    root = _root(address)
    pages: list[Page] = []
    marks: dict[str, Mark] = {}
    moving: list[float] = []
    read, any_file = 0, False
    for path, seen in sorted(_files(root, options.glob), key=lambda one: one[1].st_mtime_ns):
        any_file = True
        name = path.relative_to(root).as_posix()
        mark = (seen.st_mtime_ns, seen.st_size)
        held = known.get(name)
        if (held and held[:2] == mark) or read > _POLL_LIMIT:
            continue
        # A file without a moment of rest may still be half written.
        if (rest := seen.st_mtime + options.settle - now) > 0:
            moving.append(rest)
            continue
        body = _bytes(path, seen)
        if body is None:
            continue
        read += len(body)
        digest = sha256(body).digest()
        if not held or held[2] != digest:
            pages.append(Page(body, path.suffix.lower().lstrip("."), "", name))
        marks[name] = (*mark, digest)
    if not any_file:
        raise SourceError(f"no file {options.glob} lies in the folder")
    return Look(pages, marks, min(moving, default=0.0))


def _root(address: str) -> Path:
    path = Path(unquote(urlsplit(address).path)) if address.startswith("file://") else Path(address)
    try:
        root = path.resolve(strict=True)
        if root.is_dir():
            return root
    except (OSError, RuntimeError, ValueError):
        pass
    raise SourceError("the folder is not there or may not be entered")


def _files(root: Path, glob: str) -> Iterator[tuple[Path, os.stat_result]]:
    """Plain files inside `root`; no links, nothing hidden or temporary."""
    count = 0
    try:
        for path in root.glob(glob):
            parts = path.relative_to(root).parts
            if any(part.startswith((".", "~$")) for part in parts) or path.name.lower().endswith(_PARTIAL):
                continue
            seen = path.lstat()
            if not stat.S_ISREG(seen.st_mode) or not path.resolve().is_relative_to(root):
                continue
            count += 1
            if count > _MOST_FILES:
                raise SourceError(f"the folder holds more than {_MOST_FILES} files: narrow the glob")
            yield path, seen
    except OSError as error:
        raise SourceError(f"the folder cannot be listed: {error.strerror or 'no answer'}") from None


def _bytes(path: Path, seen: os.stat_result) -> bytes | None:
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
