"""The store: opening, transactions, migration. Everything else is a function that takes a connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ioc.domain.base.blocking import ensure_may_block
from ioc.storage.db.dialect import is_postgres, open_engine
from ioc.storage.db.errors import StoreCode, StoreError, first_line
from ioc.storage.db.leader_lock import LeaderLock, try_acquire
from ioc.storage.timeseries.writer_cache import WriterCache

__all__ = ["Conn", "LeaderLock", "Store", "StoreError"]

Conn = Connection
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x10C_C7  # the advisory lock under which a PostgreSQL database is migrated


class Store:
    """A database, "sqlite:///…/ioc.db" or "postgresql+psycopg://…". One object per process: create it after a fork."""

    def __init__(self, url: str, *, busy_seconds: float = 10.0) -> None:
        self._engine = open_engine(url, busy_seconds)
        self._writer_cache = WriterCache()
        self._write_lock = Lock()
        self._busy_seconds = busy_seconds

    @contextmanager
    def read(self) -> Iterator[Conn]:
        """One consistent view: later commits are not seen. StoreError; WouldBlockError on an event loop's thread."""
        ensure_may_block()
        with _as_store_errors(), self._engine.connect() as conn:
            if is_postgres(conn):
                conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            # The view is frozen by the first statement, not by BEGIN.
            conn.exec_driver_sql("SELECT 1" if is_postgres(conn) else "PRAGMA schema_version")
            yield conn

    @contextmanager
    def write(self) -> Iterator[Conn]:
        """A transaction, committed and synced when this returns; rolled back on any error. Errors: see `read`."""
        ensure_may_block()
        if not self._write_lock.acquire(timeout=self._busy_seconds):
            raise StoreError(StoreCode.BUSY)
        try:
            with _as_store_errors(), self._engine.connect() as conn:
                yield from self._transaction(conn.execution_options(writes=True))
        finally:
            self._write_lock.release()

    def _transaction(self, conn: Conn) -> Iterator[Conn]:
        try:
            with conn.begin():
                conn.info.update(writer_cache=self._writer_cache, is_writer_confirmed=False)
                yield conn
        except BaseException:
            self._writer_cache.clear()
            raise
        finally:
            if not conn.invalidated:
                conn.info.pop("writer_cache", None)

    def migrate(self) -> None:
        """Creates or upgrades the tables; safe from several processes at once.

        StoreError (UNKNOWN_REVISION) when a newer program has migrated the store.
        """
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.write() as conn:
            if is_postgres(conn):
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = conn
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise StoreError(StoreCode.UNKNOWN_REVISION, external=first_line(error)) from error

    def try_leader_lock(self) -> LeaderLock | None:
        """The right to poll, for one process at a time; None while another has it. StoreError."""
        with _as_store_errors():
            return try_acquire(self._engine)

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise StoreError(StoreCode.DATA_REJECTED, external=first_line(error.orig or error)) from error
    except DBAPIError as error:
        raise StoreError(StoreCode.DATABASE_ERROR, external=first_line(error.orig or error)) from error
    except SQLAlchemyError as error:
        raise StoreError(StoreCode.DATABASE_ERROR, external=type(error).__name__) from error
