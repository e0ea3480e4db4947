"""Group commit: webhook messages that arrive together share one transaction, so that the poller can write too."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ioc.storage import webhook_queue
from ioc.storage.db.store import Store, StoreError
from ioc.storage.webhook_queue import IncomingWebhook

MAX_WAITING_SENDERS = 6  # each holds a thread that would otherwise serve displays


@dataclass(eq=False, slots=True)
class _PendingMessage:
    message: IncomingWebhook
    is_accepted: bool = False
    is_done: bool = False
    error: StoreError | None = None


class GroupCommitQueue:
    """Commits messages in groups. Thread-safe: the thread that gets the lock commits everything that waits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sender_slots = threading.BoundedSemaphore(MAX_WAITING_SENDERS)
        self._commit_lock, self._queue_lock = threading.Lock(), threading.Lock()
        self._queue: list[_PendingMessage] = []

    def put(self, message: IncomingWebhook) -> bool:
        """Commits `message`; False when too many senders or messages wait. StoreError when it cannot be written."""
        if not self._sender_slots.acquire(blocking=False):
            return False
        try:
            pending = _PendingMessage(message)
            with self._queue_lock:
                self._queue.append(pending)
            with self._commit_lock:
                if not pending.is_done:
                    self._commit(self._drain())
        finally:
            self._sender_slots.release()
        if pending.error:
            raise pending.error
        return pending.is_accepted

    def _drain(self) -> list[_PendingMessage]:
        with self._queue_lock:
            batch, self._queue = self._queue, []
        return batch

    def _commit(self, batch: Sequence[_PendingMessage]) -> None:
        try:
            with self._store.write() as conn:
                accepted = webhook_queue.enqueue(conn, [pending.message for pending in batch])
        except StoreError as error:
            for pending in batch:
                pending.error = error
        else:
            for pending, is_accepted in zip(batch, accepted, strict=True):
                pending.is_accepted = is_accepted
        finally:
            for pending in batch:
                pending.is_done = True
