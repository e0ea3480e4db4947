"""Files that could not be read before the deadline: read again in halves; a single file is skipped until it changes."""

from collections import deque
from dataclasses import dataclass, field, replace

from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, SourceError
from ioc.domain.ingest.reading import RejectedItem


class PollerCode(ErrorCode):
    """Failures that the poller itself finds, besides IngestCode. Texts: components/messages/errors/poller.toml."""

    FILE_SKIPPED = "poller.file_skipped"  # seconds: the deadline within which the file could not be read


@dataclass(slots=True)
class SplitRetry:
    """By source key: the parts of a file batch that are still to be read, and the file that is skipped."""

    pending_parts: dict[str, deque[Payload]] = field(default_factory=dict)
    abandoned: dict[str, SourceError] = field(default_factory=dict)

    def next_part(self, source: str) -> Payload | None:
        """The next part to read; None when the source is to be fetched anew."""
        parts = self.pending_parts.get(source)
        if not parts:
            return None
        part = parts.popleft()
        if not parts:
            del self.pending_parts[source]
        return part

    def handle_timeout(
        self, source: str, payload: Payload, seconds: float
    ) -> tuple[SourceError, tuple[RejectedItem, ...]]:
        """The error of a poll whose deadline of `seconds` passed while `payload` was read, and the items it rejects.

        Several files are split into two parts for the next polls; a single file is skipped until it changes.
        """
        error = SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=seconds)
        pages = payload.pages
        if not payload.is_file_batch or not pages:
            return error, ()
        if len(pages) > 1:
            half = len(pages) // 2
            halves = (replace(payload, pages=pages[:half]), replace(payload, pages=pages[half:]))
            self.pending_parts.setdefault(source, deque()).extendleft(reversed(halves))
            return error, ()
        skipped = self.abandoned[source] = SourceError(PollerCode.FILE_SKIPPED, seconds=seconds)
        return skipped, (RejectedItem(shorten(pages[0].address, 120), skipped.failure),)

    def pending_error(self, source: str, payload: Payload) -> SourceError | None:
        """The error of the skipped file while nothing new came; None, and forgotten, once something new came."""
        if not payload.is_unchanged:
            self.abandoned.pop(source, None)
        return self.abandoned.get(source)

    def has_pending(self, source: str) -> bool:
        """Whether the protocol must keep its memory of what it has fetched."""
        return source in self.pending_parts or source in self.abandoned
