"""The end of many events at once, as of thousands that a source lists no more: in transactions of a bounded size."""

from collections.abc import Iterable
from datetime import datetime

from ioc.poller.answer_parts import MAX_SOURCE_EVENTS
from ioc.poller.poller import PollResult
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.events import endings


def close_all_but_last_part(store: Store, results: Iterable[PollResult], now: datetime) -> None:
    """Closes the events that an answer lists no more, except a last part: that one ends with the answer's own commit.

    The counts over the events come with that commit, when all have ended.
    """
    for result in results:
        source = result.source.key
        keys = _unlisted_keys(store, result) if result.batch.complete_kinds else []
        for start in range(0, len(keys) - MAX_SOURCE_EVENTS, MAX_SOURCE_EVENTS):
            with store.write() as conn:
                known_at = change_counter.bump(conn, {"events"}, now)
                endings.close(conn, source, keys[start : start + MAX_SOURCE_EVENTS], known_at)


def _unlisted_keys(store: Store, result: PollResult) -> list[str]:
    batch = result.batch
    with store.read() as conn:
        return endings.unlisted_keys(conn, result.source.key, batch.events, batch.complete_kinds, result.recorded_keys)
