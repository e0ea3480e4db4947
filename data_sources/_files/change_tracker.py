"""Change tracking of watched files: what is remembered of each, and when it may be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import ResponsePage

FILE_LIMIT = 16 * 1_048_576  # bytes
POLL_LIMIT = 32 * 1_048_576  # bytes that one poll reads; the rest is read at the next one
MAX_FILES = 2_000
PARTIAL_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")


def is_visible(name: str) -> bool:
    """Whether a file or folder is neither hidden nor temporary."""
    return not name.startswith((".", "~$")) and not name.lower().endswith(PARTIAL_SUFFIXES)


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """Which files are watched: those that match `glob` inside one of `folders` and whose name `accepts` accepts.

    `settle`: seconds for which a file must be unchanged before it is read. `no_file`: the failure when there is no such
    file, by default one that names the glob.
    """

    glob: str
    settle: float = 2.0
    folders: tuple[str, ...] = ("",)
    accepts: Callable[[str], bool] = lambda _: True
    max_files: int = MAX_FILES
    no_file: Failure | None = None


class FileState(NamedTuple):
    """A file as the last scan found it, since when it is unchanged, and what was read of it."""

    mtime: int
    size: int
    unchanged_since: float
    digest: bytes = b""  # of the content that was read last, perhaps of an earlier version
    is_read: bool = False


class ScanResult(NamedTuple):
    """The result of one scan of the folder."""

    pages: list[ResponsePage]  # oldest first
    file_states: dict[str, FileState]  # of every file in the folder, to be remembered
    settles_in: float  # seconds until the first of the changing files may be read; 0 when there is none


@dataclass(slots=True)
class ChangeTracker:
    """Decides within one scan which files are to be read. `previous`: file states of the last scan."""

    spec: WatchSpec
    previous: Mapping[str, Any]
    now: float
    file_states: dict[str, FileState] = field(default_factory=dict)
    settling: list[float] = field(default_factory=list)

    def is_due(self, name: str, mtime: int, size: int, modified: float) -> bool:
        """Whether the file is new or changed, and settled. `modified`: its time of change in seconds since 1970."""
        state: FileState | None = self.previous.get(name)
        if state is None or (state.mtime, state.size) != (mtime, size):
            state = FileState(mtime, size, self.now, state.digest if state else b"")
        self.file_states[name] = state
        if state.is_read:
            return False
        # A file that changed just now may be half written. The clock of its host may be ahead of ours: a file that two
        # scans found unchanged has settled too.
        wait = min(modified, state.unchanged_since) + self.spec.settle - self.now
        if wait > 0:
            self.settling.append(wait)
        return wait <= 0

    def record_read(self, name: str, page: ResponsePage) -> ResponsePage | None:
        """Remember that the file was read. Returns None when it has the content that was read before."""
        state, digest = self.file_states[name], sha256(page.body).digest()
        self.file_states[name] = state._replace(digest=digest, is_read=True)
        return None if state.digest == digest else page

    def result(self, pages: list[ResponsePage]) -> ScanResult:
        """The result of the scan. `pages`: the oldest first."""
        return ScanResult(pages, self.file_states, min(self.settling, default=0.0))
