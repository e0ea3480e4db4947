"""Files that lie there as they were when time ran out: read again in smaller parts; one alone is left as it is."""

from collections import deque
from dataclasses import dataclass, field, replace

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import Payload, SourceError
from ioc.domain.ingest.reading import RejectedItem


@dataclass(slots=True)
class SplitRetry:
    """What is left to be read of each source, and which sources have a file that is left until it changes."""

    pending_parts: dict[str, deque[Payload]] = field(default_factory=dict)
    abandoned: dict[str, SourceError] = field(default_factory=dict)

    def next_part(self, source: str) -> Payload | None:
        """The next part that waits, None to fetch anew."""
        waiting = self.pending_parts.get(source)
        if not waiting:
            return None
        part = waiting.popleft()
        if not waiting:
            del self.pending_parts[source]
        return part

    def handle_timeout(
        self, source: str, payload: Payload, seconds: float
    ) -> tuple[SourceError, tuple[RejectedItem, ...]]:
        """Time ran out while `payload` was read: the error, and what is kept aside."""
        error = SourceError(untyped(f"no answer within {seconds:g} s"))
        pages = payload.pages
        if not payload.is_file_batch or not pages:
            return error, ()
        if len(pages) > 1:
            half = len(pages) // 2
            halves = (replace(payload, pages=pages[:half]), replace(payload, pages=pages[half:]))
            self.pending_parts.setdefault(source, deque()).extendleft(reversed(halves))
            return error, ()
        self.abandoned[source] = SourceError(untyped(f"not read within {seconds:g} s: left until it changes"))
        return self.abandoned[source], (RejectedItem(pages[0].address[:120], self.abandoned[source].failure),)

    def pending_error(self, source: str, payload: Payload) -> SourceError | None:
        """Why an answer that says that nothing moved is no good: a file is left. Forgotten once something came."""
        if not payload.is_unchanged:
            self.abandoned.pop(source, None)
        return self.abandoned.get(source)

    def has_pending(self, source: str) -> bool:
        """Whether the source must go on remembering what it brought."""
        return source in self.pending_parts or source in self.abandoned
