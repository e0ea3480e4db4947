"""The configurations that were in force at past moments, from their log."""

import threading
from datetime import datetime

from ioc.config.configuration import Configuration, configuration_from_body
from ioc.storage import config_log
from ioc.storage.db.store import Conn


class PastConfigurations:
    """Thread-safe. The last one that was read is kept, and past moments share it: of 500 sources it takes megabytes."""

    def __init__(self, current: Configuration) -> None:
        """`current`: stands for those of moments before the log begins."""
        self._current, self._lock = current, threading.Lock()
        self._last: tuple[str, Configuration] | None = None  # the hash of its body

    def at(self, conn: Conn, moment: datetime) -> Configuration:
        """The configuration in force at `moment` (aware)."""
        digest = config_log.current_hash(conn, moment)
        if digest is None:
            return self._current
        with self._lock:
            if self._last is None or self._last[0] != digest:
                self._last = digest, configuration_from_body(config_log.body(conn, digest))
            return self._last[1]
