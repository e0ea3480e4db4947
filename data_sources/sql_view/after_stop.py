"""From when the first poll after a start or a failure asks, so that what changed during a stop is read.

A span that is longer than the usual one is asked for once after each stop: the source must be read again even where
only the whole deadline is enough for the usual span.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from weakref import WeakKeyDictionary

from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import Options
from ioc.domain.ingest.protocol import (
    HAD_NO_TURN_KEY,
    LAST_SUCCESS_KEY,
    NEWEST_DATA_KEY,
    FetchContext,
    ResponsePage,
)
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source

# Raw readings are kept for this time unless a city sets another: the store would refuse older ones. It bounds what the
# other database has to look through.
MAX_STOP = timedelta(days=90)
LEFT_OUT = "left out"  # media type of a page that stands for a span of time that was not asked for


class PollStart(NamedTuple):
    """`first`: from when to ask; `usual`: from when, where that brings too much. They are one after a short stop.

    `read_until`: all that changed before was read; None: nothing was.
    """

    first: datetime
    usual: datetime
    read_until: datetime | None

    def left_out(self, begin: datetime) -> tuple[ResponsePage, ...]:
        """The page for the time between what was read and `begin`, if there is any."""
        if self.read_until is None or self.read_until >= begin:
            return ()
        times = (one.isoformat(timespec="minutes") for one in (self.read_until, begin))
        return (ResponsePage(b"", LEFT_OUT, "", "/".join(times)),)


def poll_start(options: Options, context: FetchContext) -> PollStart:
    """By the last success and the newest data that the store knows: rows may come later than their own time."""
    now, overlap = context.now(), timedelta(minutes=options.overlap_minutes)
    usual = now - timedelta(hours=options.first_hours)
    known: datetime | None = context.memory.get(LAST_SUCCESS_KEY)
    if known is None:
        return PollStart(usual, usual, None)
    begin = min(known, context.memory.get(NEWEST_DATA_KEY) or known) - overlap
    return PollStart(min(usual, max(begin, now - MAX_STOP)), usual, known - overlap)


class _Try(NamedTuple):
    """`last_success`: before the stop. `overloads`: how often the database was; `was_refused`: the last try, by it."""

    last_success: datetime
    overloads: float = 0.0
    was_refused: bool = False


# By source, for the stop whose span was asked for. The poller clears the memory of a poll that failed, so it is not
# kept there. A success changes the time.
_tries_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Try]] = WeakKeyDictionary()
# Of an overload, by the code of a refusal: the query seldom causes a lock; without a connection it never ran.
OVERLOAD_SHARES: Mapping[str, float] = {
    SqlViewCode.DATABASE_OVERLOADED: 1.0, SqlViewCode.DATABASE_LOCKED: 0.05, SqlViewCode.DATABASE_BUSY: 0.0,
}  # fmt: skip
_MAX_OVERLOADS = 3  # polls: the span itself may be what overloads the database


def _tries() -> dict[str, _Try]:
    return _tries_by_loop.setdefault(asyncio.get_running_loop(), {})


def begin_try(source: Source, context: FetchContext) -> bool:
    """Whether the span of this stop is to be asked for: it was not yet, had no reader, or the database refused it."""
    last_success = context.memory[LAST_SUCCESS_KEY]
    known = _tries().get(source.key)
    had_turn = not context.memory.pop(HAD_NO_TURN_KEY, False)
    if known is None or known.last_success != last_success:
        known, was_tried = _Try(last_success), False
    else:
        was_tried = had_turn and not (known.was_refused and known.overloads < _MAX_OVERLOADS)
    _tries()[source.key] = known._replace(was_refused=False)
    return not was_tried


def note_refusal(source: Source, code: str) -> None:
    """The database refused with a code of OVERLOAD_SHARES when the span of this stop was asked for."""
    known = _tries()[source.key]
    _tries()[source.key] = known._replace(overloads=known.overloads + OVERLOAD_SHARES[code], was_refused=True)


def forget_try(source: Source) -> None:
    """The span of this stop is asked for again: the source would not have answered about another one either."""
    _tries().pop(source.key, None)


def can_go_on(options: Options, batch: Batch) -> bool:
    """Whether later polls bring what this answer had no room for: its rows are in the order of their times.

    Events are not counted after such an answer, so that it is asked for anew.
    """
    if not batch.is_cut:
        return True
    times = [reading.observed for reading in batch.readings]
    return options.events is None and all(a <= b for a, b in pairwise(times))
