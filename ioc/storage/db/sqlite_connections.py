"""Connections to SQLite: each with the same settings, and none kept that cannot write."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from ioc.storage.db.sqlite_file import MAX_IDLE_LOG_BYTES

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"journal_size_limit={MAX_IDLE_LOG_BYTES}",
    "cache_size=-16000",
)


def open_sqlite(address: URL, busy_seconds: float) -> Engine:
    """An engine for `address`. A statement waits up to `busy_seconds` for another process's transaction."""
    engine = create_engine(address, pool_size=4, max_overflow=60, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "checkin", _drop_read_only)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(driver_connection: Any, record: ConnectionPoolEntry) -> None:
    driver_connection.isolation_level = None  # the driver begins no transaction by itself
    # By itself it fails at the first text of a query that a damaged byte has made no UTF-8.
    driver_connection.text_factory = lambda text: text.decode("utf-8", "replace")
    for pragma in _PRAGMAS:
        driver_connection.execute(f"PRAGMA {pragma}")
    record.info["is_read_only"] = _is_read_only(driver_connection)


def _is_read_only(driver_connection: Any) -> bool:
    """Whether SQLite has opened a file that it may not write, which it does without a word, to read it alone.

    To try is the only way to see it. Where somebody else writes, the file can be written.
    """
    (busy_ms,) = driver_connection.execute("PRAGMA busy_timeout").fetchone()
    driver_connection.execute("PRAGMA busy_timeout=0")
    try:
        driver_connection.execute("BEGIN IMMEDIATE")  # succeeds all the same
        driver_connection.execute("PRAGMA user_version=0")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY
    finally:
        driver_connection.rollback()
        driver_connection.execute(f"PRAGMA busy_timeout={busy_ms}")
    return False


def _drop_read_only(_driver_connection: object, record: ConnectionPoolEntry) -> None:
    """The pool opens another one in its place: perhaps the files may be written by then."""
    if record.info.get("is_read_only"):
        record.invalidate(soft=True)


def _begin(conn: Connection) -> None:
    # A writer that begins as a reader fails at its first write when another one committed meanwhile.
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("writes") else "BEGIN")
