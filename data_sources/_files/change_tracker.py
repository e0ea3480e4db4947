"""What is remembered of a watched file, and when it may be read: the same for a folder here and one behind SFTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from ioc.domain.ingest.protocol import ResponsePage

FILE_LIMIT = 16 * 1_048_576
POLL_LIMIT = 32 * 1_048_576  # what one poll reads at most; the rest has its turn at the next
MAX_FILES = 2_000
PARTIAL_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """Which files are watched: by `glob` inside one of `folders`, and those only whose name `wanted` lets through.

    `settle`: seconds of rest before a file is read. `most`: files that may be watched at once.
    """

    glob: str
    settle: float = 2.0
    folders: tuple[str, ...] = ("",)
    accepts: Callable[[str], bool] = lambda _: True
    max_files: int = MAX_FILES
    filter_description: str = ""  # what `wanted` wants, for the reason when no file is there


class FileState(NamedTuple):
    """A file as it was last seen, since when it has been so, and what was read of it."""

    mtime: int
    size: int
    unchanged_since: float
    digest: bytes = b""  # of the content that was read last, perhaps before this change
    is_read: bool = False


class ScanResult(NamedTuple):
    """What one look into the folder found."""

    pages: list[ResponsePage]  # oldest first
    file_states: dict[str, FileState]  # of every file that is there, to be kept
    settles_in: float  # seconds until the first of the files that still move may be read; 0 when none does


@dataclass(slots=True)
class ChangeTracker:
    """One look: which of the files that are there are to be read."""

    spec: WatchSpec
    previous: Mapping[str, Any]
    now: float
    file_states: dict[str, FileState] = field(default_factory=dict)
    settling: list[float] = field(default_factory=list)

    def is_due(self, name: str, mtime: int, size: int, since: float) -> bool:
        """Whether the file, which last moved at `since`, is new and at rest. What is not read yet is only seen."""
        held: FileState | None = self.previous.get(name)
        if held is None or (held.mtime, held.size) != (mtime, size):
            held = FileState(mtime, size, self.now, held.digest if held else b"")
        self.file_states[name] = held
        if held.is_read:
            return False
        # A file without a moment of rest may still be half written. Its own clock may be ahead of ours: a file that
        # we saw unchanged for so long rests too.
        rest = min(since, held.unchanged_since) + self.spec.settle - self.now
        if rest > 0:
            self.settling.append(rest)
        return rest <= 0

    def record_read(self, name: str, page: ResponsePage) -> ResponsePage | None:
        """Note what was read; None when it has the content that was read before."""
        held, digest = self.file_states[name], sha256(page.body).digest()
        self.file_states[name] = held._replace(digest=digest, is_read=True)
        return None if held.digest == digest else page

    def result(self, pages: list[ResponsePage]) -> ScanResult:
        """What came of it."""
        return ScanResult(pages, self.file_states, min(self.settling, default=0.0))
