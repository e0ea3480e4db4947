"""What is remembered of a watched file, and when it may be read: the same for a folder here and one behind SFTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from ioc.domain.ingest.protocol import Page

FILE_LIMIT = 16 * 1_048_576
POLL_LIMIT = 32 * 1_048_576  # what one poll reads at most; the rest has its turn at the next
MOST_FILES = 2_000
PARTIAL = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")


@dataclass(frozen=True, slots=True)
class Watch:
    """Which files are watched: by `glob` inside one of `folders`, and those only whose name `wanted` lets through.

    `settle`: seconds of rest before a file is read. `most`: files that may be watched at once.
    """

    glob: str
    settle: float = 2.0
    folders: tuple[str, ...] = ("",)
    wanted: Callable[[str], bool] = lambda _: True
    most: int = MOST_FILES
    said: str = ""  # what `wanted` wants, for the reason when no file is there


class Mark(NamedTuple):
    """A file as it was last seen, since when it has been so, and what was read of it."""

    changed: int
    size: int
    seen: float
    digest: bytes = b""  # of the content that was read last, perhaps before this change
    read: bool = False


class Look(NamedTuple):
    """What one look into the folder found."""

    pages: list[Page]  # oldest first
    marks: dict[str, Mark]  # of every file that is there, to be kept
    moving: float  # seconds until the first of the files that still move may be read; 0 when none does


@dataclass(slots=True)
class Looking:
    """One look: which of the files that are there are to be read."""

    watch: Watch
    known: Mapping[str, Any]
    now: float
    marks: dict[str, Mark] = field(default_factory=dict)
    moving: list[float] = field(default_factory=list)

    def due(self, name: str, changed: int, size: int, since: float) -> bool:
        """Whether the file, which last moved at `since`, is new and at rest. What is not read yet is only seen."""
        held: Mark | None = self.known.get(name)
        if held is None or (held.changed, held.size) != (changed, size):
            held = Mark(changed, size, self.now, held.digest if held else b"")
        self.marks[name] = held
        if held.read:
            return False
        # A file without a moment of rest may still be half written. Its own clock may be ahead of ours: a file that
        # we saw unchanged for so long rests too.
        rest = min(since, held.seen) + self.watch.settle - self.now
        if rest > 0:
            self.moving.append(rest)
        return rest <= 0

    def read(self, name: str, page: Page) -> Page | None:
        """Note what was read; None when it has the content that was read before."""
        held, digest = self.marks[name], sha256(page.body).digest()
        self.marks[name] = held._replace(digest=digest, read=True)
        return None if held.digest == digest else page

    def look(self, pages: list[Page]) -> Look:
        """What came of it."""
        return Look(pages, self.marks, min(self.moving, default=0.0))
