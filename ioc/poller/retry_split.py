"""Files and messages that could not be read before the deadline: read again, fewer at once; a single one is left out.

The machine may have been busy: a file is skipped, and read again when it changes and after some time; a message that
is read alone has ever more time. One that is late three times is rejected, so that those behind it are read.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from ioc.domain.base.clock_set_back import is_within
from ioc.domain.base.failure import ErrorCode
from ioc.domain.events.pii_masking import mask_quoted
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import MESSAGE_SECONDS, MESSAGE_TRIES, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import RejectedItem
from ioc.domain.ingest.source import Source

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)  # of a skipped file, each four times as late
_QUOTED = 120  # characters
_QUICK = 0.25  # of the deadline: a part that was read in less of it is followed by one twice as large


class PollerCode(ErrorCode):
    """Failures that the poller itself finds, besides IngestCode. Texts: components/messages/errors/poller.toml."""

    FILE_SKIPPED = "poller.file_skipped"  # seconds: the deadline within which the file could not be read
    PARSE_UNFINISHED = "poller.parse_unfinished"  # n: threads that still read earlier answers of the source
    FETCH_UNFINISHED = "poller.fetch_unfinished"  # n: fetches of the source that were given up and still run
    MESSAGE_SKIPPED = "poller.message_skipped"  # seconds: the deadline in which it could not be read at last


class LateAnswer(NamedTuple):
    """The failure of a poll whose deadline passed, the items it rejects, and the messages that are given up."""

    error: SourceError
    rejected: tuple[RejectedItem, ...] = ()
    message_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RetryTime:
    """When the files of a source are read again, for one that was skipped."""

    since: datetime
    delay: timedelta


@dataclass(slots=True)
class SplitRetry:
    """By source key: what is still to be read of an answer, how many pages at once, the file that is skipped.

    `retries`: when that one is read again. `delays`: how long the last one waited. `tries`: of the message read alone.
    """

    unread: dict[str, Payload] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    abandoned: dict[str, SourceError] = field(default_factory=dict)
    retries: dict[str, RetryTime] = field(default_factory=dict)
    delays: dict[str, timedelta] = field(default_factory=dict)
    tries: dict[str, tuple[ResponsePage, int]] = field(default_factory=dict)

    def begin_retry(self, source: str, now: datetime) -> bool:
        """Whether all files of the source are to be fetched and read again now, for one that was skipped."""
        retry = self.retries.get(source)
        if retry is None or source in self.unread or is_within(retry.delay, retry.since, now):
            return False
        del self.retries[source]
        self.abandoned.pop(source, None)
        return True

    def next_part(self, source: str) -> Payload | None:
        """The next part to read; None when the source is to be fetched anew."""
        payload = self.unread.pop(source, None)
        return None if payload is None else self.first_part(source, payload)

    def first_part(self, source: str, payload: Payload) -> Payload:
        """As much of a new answer as can be read in time; the rest follows in the next parts."""
        limit = self.limits.get(source)
        if limit is None or not _is_divisible(payload) or len(payload.pages) <= limit:
            return payload
        ids = payload.message_ids
        self.unread[source] = replace(payload, pages=payload.pages[limit:], message_ids=ids[limit:])
        return replace(payload, pages=payload.pages[:limit], message_ids=ids[:limit], has_more=True)

    def allow_time(self, source: Source, payload: Payload, limit: asyncio.Timeout) -> tuple[float, bool]:
        """In how many seconds `payload` is to be read, and whether it is a message that was late alone.

        Such a message has more time than the deadline of its source. `limit`: of the poll; it is set to the seconds.
        """
        deadline = source.deadline.total_seconds()
        tries = self._tries(source.key, payload) if is_one_message(payload) else 0
        if not tries:
            return deadline, False
        seconds = max(deadline, MESSAGE_SECONDS[min(tries, len(MESSAGE_SECONDS)) - 1])
        limit.reschedule(asyncio.get_running_loop().time() + seconds)
        return seconds, True

    def put_back(self, source: str, payload: Payload) -> bool:
        """Keep a part that could not be read as the next one. False when it must be fetched anew."""
        if not _is_divisible(payload):
            return False
        if rest := self.unread.get(source):
            ids = (*payload.message_ids, *rest.message_ids)
            payload = replace(rest, pages=(*payload.pages, *rest.pages), message_ids=ids)
        self.unread[source] = payload
        return True

    def handle_timeout(self, source: str, payload: Payload, seconds: float, now: datetime) -> LateAnswer:
        """What becomes of `payload`, which could not be read within the deadline of `seconds`.

        Half as many files or messages are read at the next poll; a single file, or a message tried often, is left out.
        """
        pages, tries = payload.pages, self._count_try(source, payload) if is_one_message(payload) else 0
        if not pages or not _is_divisible(payload):
            # Messages that wait with the protocol until they are committed: it reads fewer of them, at once.
            wait = None if payload.on_committed is None else 0
            return LateAnswer(SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=seconds, retry_after=wait))
        if len(pages) > 1 or 0 < tries < MESSAGE_TRIES:
            self.limits[source] = max(1, len(pages) // 2)
            self.put_back(source, payload)
            return LateAnswer(SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=seconds, retry_after=0))
        if payload.is_file_batch:
            skipped = self.abandoned[source] = SourceError(PollerCode.FILE_SKIPPED, seconds=seconds)
            self._skip_until_later(source, now)
        else:
            del self.tries[source]
            skipped = SourceError(PollerCode.MESSAGE_SKIPPED, seconds=seconds, retry_after=0)
        item = RejectedItem(_name_of(pages[0]), skipped.failure)
        return LateAnswer(skipped, (item,), payload.message_ids)

    def _tries(self, source: str, payload: Payload) -> int:
        """How often this message was late alone."""
        page, tries = self.tries.get(source, (None, 0))
        return tries if payload.pages[:1] == (page,) else 0

    def _count_try(self, source: str, payload: Payload) -> int:
        tries = self._tries(source, payload) + 1
        self.tries[source] = payload.pages[0], tries
        return tries

    def _skip_until_later(self, source: str, now: datetime) -> None:
        """Later with each retry in vain; a file that is skipped as it changed, before its retry, waits no longer."""
        last = self.delays.get(source, FIRST_RETRY / 4)
        delay = self.delays[source] = last if source in self.retries else min(4 * last, LAST_RETRY)
        self.retries[source] = RetryTime(now, delay)

    def confirm_read(self, source: Source, payload: Payload, seconds: float) -> None:
        """`payload` was read in `seconds`: the next part may be larger."""
        self.tries.pop(source.key, None)
        limit = self.limits.get(source.key)
        if limit is not None and len(payload.pages) >= limit and seconds < source.deadline.total_seconds() * _QUICK:
            self.limits[source.key] = 2 * limit

    def pending_error(self, source: str, payload: Payload) -> SourceError | None:
        """The error of the skipped file while nothing new came; None, and forgotten, once something new came.

        Its retry stays: it ends once everything was read and no file had to be skipped again.
        """
        if not payload.is_unchanged:
            self.abandoned.pop(source, None)
        elif source not in self.retries and source not in self.unread:
            self.delays.pop(source, None)
        return self.abandoned.get(source)

    def has_pending(self, source: str) -> bool:
        """Whether the protocol must keep its memory of what it has fetched."""
        return source in self.unread or source in self.abandoned


def is_one_message(payload: Payload) -> bool:
    """Whether a message of a queue is read alone."""
    return len(payload.pages) == 1 and (bool(payload.message_ids) or payload.on_committed is not None)


def _name_of(page: ResponsePage) -> str:
    """What tells a file or message from others. Nothing of its content: it was not read, so not masked."""
    received = "" if page.received_at is None else page.received_at.isoformat(timespec="seconds")
    return mask_quoted(page.address, _QUOTED) or f"{received} ({len(page.body)} B)".strip()


def _is_divisible(payload: Payload) -> bool:
    """Whether its pages are files or messages of a queue, each of which can be read alone."""
    return payload.is_file_batch or bool(payload.message_ids)
