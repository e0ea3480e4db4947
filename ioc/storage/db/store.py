"""The store: opening, transactions, migration. Everything else is a function that takes a connection."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from threading import Lock
from time import sleep

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import DBAPIError

from ioc.domain.base.blocking import ensure_may_block
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock, utc_now
from ioc.storage.db.circuit_breaker import QUICK_SECONDS, CircuitBreaker
from ioc.storage.db.dialect import as_store_errors, freeze_view, is_postgres, open_engine
from ioc.storage.db.errors import (
    OutcomeUnknownError,
    StoreCode,
    StoreError,
    TransactionId,
    first_line,
)
from ioc.storage.db.leader_lease import (
    LEASE_SECONDS,
    ClockCheck,
    LeaderLease,
    StuckTransaction,
    clock_failure,
    try_acquire,
)
from ioc.storage.db.sqlite_file import SqliteFile, path_of
from ioc.storage.timeseries.writer_cache import WriterCache

__all__ = ["RESTORE_MARK", "Conn", "Store", "StoreError"]

log = logging.getLogger("ioc.store")
Conn = Connection
_MIGRATIONS = Path(__file__).parent / "migrations"
# The migration since which stores hold what this program derives from acts. Raise it with what the fold gives, by a new
# migration without statements if there is no other: older stores are derived again.
_DERIVED_SINCE = "0022"
RESTORE_MARK = "restore_in_progress"  # a table that a PostgreSQL database has until all of its restore is checked
_OUTCOME_TRIALS, _OUTCOME_STEP_SECONDS = 10, 0.1  # a server that has lost the connection goes on with its COMMIT
_MIGRATION_LOCK = 0x10C_C7  # the advisory lock under which a PostgreSQL database is migrated


class Store:
    """A database, "sqlite:///…/ioc.db" or "postgresql+psycopg://…". One object per process: create it after a fork."""

    def __init__(self, url: str, *, busy_seconds: float = 10.0) -> None:
        """StoreError where files of an SQLite store show that opening it would do harm: see SqliteFile."""
        self._breaker = CircuitBreaker()
        self._file = SqliteFile(path) if (path := path_of(url)) else None
        self._engine = open_engine(url, busy_seconds, self._breaker)
        if self._file:
            event.listen(self._engine, "begin", self._file.note_log)
        self._writer_cache, self._write_lock = WriterCache(), Lock()
        self._lease: LeaderLease | None = None
        self._clock_check: ClockCheck | None = None
        self._busy_seconds, self._stuck = busy_seconds, StuckTransaction()

    @contextmanager
    def read(self, *, quick: bool = False, idle_seconds: int | None = None) -> Iterator[Conn]:
        """One consistent view: later commits are not seen. StoreError; WouldBlockError on an event loop's thread.

        `quick`: somebody waits for it, and a statement that is not answered within QUICK_SECONDS has failed.
        `idle_seconds`: how long PostgreSQL lets it do nothing between two statements; 0: without limit; None: as long
        as a write.
        """
        ensure_may_block()
        with self._connection(QUICK_SECONDS if quick else None) as conn:
            if is_postgres(conn):
                conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                if idle_seconds is not None:
                    conn.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{idle_seconds:d}s'")
            freeze_view(conn)
            yield conn

    @contextmanager
    def write(self) -> Iterator[Conn]:
        """A transaction, committed and synced when this returns; rolled back on any error. Errors: see `read`.

        StoreError (LEADERSHIP_LOST) when this process led and another one has taken over; (CLOCK_AHEAD, CLOCK_BEHIND)
        by a wrong clock, see `write_by`. OutcomeUnknownError where PostgreSQL has not answered its COMMIT and does not
        tell what became of it.
        """
        with self._writing(None) as conn:
            yield conn

    @contextmanager
    def _writing(self, answer_seconds: float | None) -> Iterator[Conn]:
        ensure_may_block()
        # One at a time on SQLite, and of a leader, which keeps what it has written; others need not wait here.
        lock, cache = (self._write_lock, self._writer_cache) if self._file or self._lease else (Lock(), WriterCache())
        if not lock.acquire(timeout=self._busy_seconds):
            raise StoreError(StoreCode.BUSY)
        try:
            with self._connection(answer_seconds) as conn:
                yield from self._transaction(conn.execution_options(writes=True), cache)
        except StoreError as error:
            if error.failure.code == StoreCode.BUSY and self._lease:
                self._end_stuck_transaction()
            raise
        finally:
            lock.release()

    def _end_stuck_transaction(self) -> None:
        """Ends one that holds up this leader, as a standby does: once it was seen in the same place before."""
        with suppress(StoreError), self._connection(QUICK_SECONDS) as conn:
            self._stuck.end(conn)

    @contextmanager
    def _connection(self, answer_seconds: float | None) -> Iterator[Conn]:
        self._breaker.check()
        self._check_file()
        with as_store_errors(), self._engine.connect() as conn:
            self._breaker.close()
            if not is_postgres(conn):
                yield conn
                return
            from ioc.storage.db.postgres import answer_limit

            with answer_limit(conn, answer_seconds):
                yield conn

    def _check_file(self) -> None:
        if self._file is not None:
            self._file.check()

    def _transaction(self, conn: Conn, cache: WriterCache) -> Iterator[Conn]:
        transaction, lease = None, self._lease
        try:
            with conn.begin():
                conn.info.update(writer_cache=cache, is_writer_confirmed=False)
                if lease is not None:
                    lease.renew(conn)
                elif self._clock_check is not None:
                    self._clock_check(conn)
                yield conn
                self._check_file()
                transaction = _transaction_id(conn)
        except BaseException as error:
            cache.clear()
            if transaction is None or not isinstance(error, DBAPIError) or not error.connection_invalidated:
                raise
            if lease is not None:
                lease.note_commit(unanswered=transaction)
            if not self.was_committed(transaction):
                raise
        else:
            if lease is not None:
                lease.note_commit()
        finally:
            if not conn.invalidated:
                conn.info.pop("writer_cache", None)

    def write_by(self, clock: Clock) -> None:
        """From now on nothing is written while `clock`, which dates it, differs from that of a PostgreSQL server."""
        self._clock_check = ClockCheck(clock)

    def was_committed(self, transaction: TransactionId) -> bool:
        """Whether a transaction, whose COMMIT was not answered, is kept.

        OutcomeUnknownError while that cannot be known: it goes on, or the server does not answer. It never can where
        the server has ended since, except by a process that leads: it knows by its lease, or leads no more.
        """
        lease = self._lease
        with suppress(StoreError):
            for _ in range(_OUTCOME_TRIALS):
                with self._connection(QUICK_SECONDS) as conn:
                    is_kept = _outcome(conn, transaction) if lease is None else lease.was_committed(conn, transaction)
                if is_kept is not None:
                    return is_kept
                sleep(_OUTCOME_STEP_SECONDS)
        raise OutcomeUnknownError(transaction)

    def migrate(self, revision: str = "head") -> None:
        """Creates or upgrades the tables, by default to the newest `revision`; safe from several processes at once.

        What an older program derived from acts differently is derived again, once.
        StoreError (UNKNOWN_REVISION) when a newer program has migrated the store.
        """
        if revision == "head" and self._revision() == _newest_revision():
            return
        from alembic import command  # with what it imports 10 MB, which the process would keep
        from alembic.config import Config
        from alembic.util import CommandError

        from ioc.storage.directives import events

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self._writing(inf) as conn:
            if is_postgres(conn):
                for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                    conn.execute(text(f"SET LOCAL {limit} = 0"))
                key = {"key": _MIGRATION_LOCK}
                if not conn.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), key):
                    log.info("waiting: another process upgrades the tables")
                    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
            config.attributes["connection"], before = conn, _revision_of(conn)
            try:
                command.upgrade(config, revision)
            except CommandError as error:
                raise StoreError(StoreCode.UNKNOWN_REVISION, external=first_line(error)) from error
            if revision == "head" and before is not None and before < _DERIVED_SINCE:
                events.rebuild(conn)

    def is_empty(self) -> bool:
        """Whether it has no tables yet. StoreError."""
        return self._revision() is None

    def refuse_unfinished_restore(self) -> None:
        """StoreError (RESTORE_UNFINISHED) where a restore was killed before all was checked."""
        with self.read() as conn:
            if is_postgres(conn) and inspect(conn).has_table(RESTORE_MARK):
                raise StoreError(StoreCode.RESTORE_UNFINISHED)

    def _revision(self) -> str | None:
        """The migration that its tables are at; None without tables. StoreError."""
        with self.read() as conn:
            return _revision_of(conn)

    def verify(self) -> None:
        """Reads every page of an SQLite store: StoreError (DAMAGED) unless all are sound."""
        with self.read() as conn:
            result = "ok" if is_postgres(conn) else conn.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if result != "ok":
            raise StoreError(StoreCode.DAMAGED, external=str(result)[:200])

    def try_lead(self, lease_seconds: float = LEASE_SECONDS, clock: Clock = utc_now) -> bool:
        """Takes the right to poll; False while another process has it. StoreError.

        From then on each transaction of this store renews it, and none is committed after another process took over.
        StoreError (CLOCK_AHEAD, CLOCK_BEHIND) by a wrong `clock`: values that are right would be rejected by it.
        """
        with self._connection(QUICK_SECONDS) as conn:
            with conn.begin():
                failure = clock_failure(conn, clock)
            if failure:
                raise StoreError(failure)
            lease = try_acquire(conn, lease_seconds, self._stuck)
        self._lease = lease or self._lease
        return lease is not None

    def clock_failure(self, clock: Clock) -> Failure | None:
        """Why no poller with this `clock` leads: see `try_lead`; None when it may. StoreError."""
        with self._connection(QUICK_SECONDS) as conn, conn.begin():
            return clock_failure(conn, clock)

    @property
    def is_leading(self) -> bool:
        """Whether no transaction has found yet that another process leads."""
        return self._lease is not None and self._lease.is_held

    @property
    def is_only_leader(self) -> bool:
        """Whether this process leads and no other one can have taken over, also while the database does not answer."""
        return self._lease is not None and self._lease.is_exclusive()

    def stop_leading(self) -> None:
        """Lets another process lead at once; this one writes as any other from then on."""
        if self._lease is not None:
            self._lease.release()
        self._lease = None

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


def _transaction_id(conn: Conn) -> TransactionId | None:
    """Of the open transaction; None on SQLite, and where it has written nothing."""
    if not is_postgres(conn):
        return None
    row = conn.execute(text("SELECT txid_current_if_assigned(), pg_postmaster_start_time()")).one()
    return None if row[0] is None else TransactionId(*row)


def _outcome(conn: Conn, transaction: TransactionId) -> bool | None:
    """Whether the transaction is kept; None while it goes on, where it is long forgotten, and in another run."""
    if conn.scalar(text("SELECT pg_postmaster_start_time()")) != transaction.server_start:
        return None
    status = conn.scalar(text("SELECT txid_status(:number)"), {"number": transaction.number})
    return {"committed": True, "aborted": False}.get(status or "")


def _revision_of(conn: Conn) -> str | None:
    if inspect(conn).has_table("alembic_version"):
        return str(conn.scalar(text("SELECT version_num FROM alembic_version")) or "")
    return None


def _newest_revision() -> str:
    """The last migration: files are named by their revision (tests/architecture/test_migrations.py)."""
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]
