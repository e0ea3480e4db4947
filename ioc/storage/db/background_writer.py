"""Writes that no answer waits for (who was active when, denials): a screen never waits until the store is free."""

import logging
from collections.abc import Callable
from threading import Condition, Thread

from ioc.storage.db.store import Conn, Store, StoreError

log = logging.getLogger("ioc.store")

Write = Callable[[Conn], object]
# What is written, for the log, and how. Does not raise StoreError: the log says what was not written.
Defer = Callable[[str, Write], None]
_MAX_WAITING, _MAX_NAMED = 10_000, 2_000  # writes; characters of a warning that names them


def write_at_once(store: Store) -> Defer:
    """Writes before it returns: for processes that serve no screens. WouldBlockError on an event loop's thread."""

    def defer(what: str, write: Write) -> None:
        _write(store, what, write)

    return defer


class BackgroundWriter:
    """Writes one after another in a thread of its own. Of writes with the same `what` that wait, the newest counts."""

    def __init__(self, store: Store) -> None:
        self._store, self._waiting, self._changed = store, dict[str, Write](), Condition()
        self._current = ""  # what is being written
        Thread(target=self._run, name="background writer", daemon=True).start()

    def defer(self, what: str, write: Write) -> None:
        """See Defer. Never waits."""
        with self._changed:
            if len(self._waiting) >= _MAX_WAITING and what not in self._waiting:
                log.warning("%s not recorded: too much waits for the store", what)
                return
            self._waiting[what] = write
            self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Waits up to `seconds` until all is written. The log has a warning of what is not."""
        with self._changed:
            if not self._changed.wait_for(lambda: not (self._current or self._waiting), seconds):
                left = ", ".join(filter(None, (self._current, *self._waiting)))
                log.warning("not recorded before the end: %s", left[:_MAX_NAMED])

    def _run(self) -> None:
        while True:
            with self._changed:
                self._current = ""
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                self._current = what = next(iter(self._waiting))
                write = self._waiting.pop(what)
            try:
                _write(self._store, what, write)
            except Exception:  # the writes after it do not depend on it
                log.exception("%s not recorded", what)


def _write(store: Store, what: str, write: Write) -> None:
    try:
        with store.write() as conn:
            write(conn)
    except StoreError as error:
        log.warning("%s not recorded: %s", what, error.failure)
