"""The leader lock: one polling process at a time, by a lock that the end of the process releases."""

import fcntl
import os
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from ioc.storage.db.dialect import is_postgres

LOCK_SUFFIX = ".leader.lock"  # of the lock file beside an SQLite store
_LOCK_KEY = 0x10C_1EAD


class LeaderLock:
    """The right to poll. Check `is_held()` before each round: a restarted PostgreSQL server has lost its locks."""

    def __init__(self, file: int | None = None, conn: Connection | None = None) -> None:
        self._file, self._conn = file, conn

    def is_held(self) -> bool:
        """Whether this process still has the lock."""
        if self._file is not None:
            return True
        if self._conn is None:
            return False
        try:
            self._conn.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def release(self) -> None:
        """Gives the lock back at once."""
        if self._file is not None:
            os.close(self._file)
        if self._conn is not None:
            # PostgreSQL frees the locks of an ended session only some time later: unlock for whoever waits.
            with suppress(SQLAlchemyError):
                self._conn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
            self._conn.invalidate()
            self._conn.close()
        self._file = self._conn = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def try_acquire(engine: Engine) -> LeaderLock | None:
    """Takes the lock without waiting; None while another process has it."""
    return _lock_session(engine) if is_postgres(engine) else _lock_file(f"{engine.url.database}{LOCK_SUFFIX}")


def _lock_file(path: str) -> LeaderLock | None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return LeaderLock(file=file)


def _lock_session(engine: Engine) -> LeaderLock | None:
    conn = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    if conn.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}).scalar_one():
        return LeaderLock(conn=conn)
    conn.close()
    return None
