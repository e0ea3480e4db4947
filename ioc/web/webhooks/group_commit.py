"""The postbox: letters that come at the same time are committed together, so that the poller gets its turn too."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ioc.storage import webhook_queue
from ioc.storage.db.store import Store, StoreError
from ioc.storage.webhook_queue import IncomingWebhook

# Senders that may wait for a commit at once: the threads that they hold are those that answer the screens.
MAX_WAITING_SENDERS = 6


@dataclass(eq=False, slots=True)
class _PendingMessage:
    message: IncomingWebhook
    is_accepted: bool = False
    is_done: bool = False
    error: StoreError | None = None


class GroupCommitQueue:
    """Thread-safe. Whoever finds the slot free commits what all have brought until then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sender_slots = threading.BoundedSemaphore(MAX_WAITING_SENDERS)
        self._commit_lock, self._queue_lock = threading.Lock(), threading.Lock()
        self._queue: list[_PendingMessage] = []

    def put(self, message: IncomingWebhook) -> bool:
        """Whether it is kept, and on the disk; False when the sender must come later. StoreError."""
        if not self._sender_slots.acquire(blocking=False):
            return False
        try:
            mine = _PendingMessage(message)
            with self._queue_lock:
                self._queue.append(mine)
            with self._commit_lock:
                if not mine.is_done:
                    self._commit(self._drain())
        finally:
            self._sender_slots.release()
        if mine.error:
            raise mine.error
        return mine.is_accepted

    def _drain(self) -> list[_PendingMessage]:
        with self._queue_lock:
            taken, self._queue = self._queue, []
        return taken

    def _commit(self, batch: Sequence[_PendingMessage]) -> None:
        try:
            with self._store.write() as conn:
                kept = webhook_queue.enqueue(conn, [one.message for one in batch])
        except StoreError as error:
            for one in batch:
                one.error = error
        else:
            for one, fits in zip(batch, kept, strict=True):
                one.is_accepted = fits
        finally:
            for one in batch:
                one.is_done = True
