"""Codes of the store, and the one error that it raises, whatever the database below."""

import sqlite3
from datetime import datetime
from typing import NamedTuple

from ioc.domain.base.failure import ErrorCode, Failure, FailureError


class StoreCode(ErrorCode):
    """Why the store did not do it. Texts: components/messages/errors/store.toml."""

    DATABASE_ERROR = "store.database_error"  # external: the first line of the driver's message
    WRITE_FAILED = "store.write_failed"  # external: the first line of the driver's message
    DATA_REJECTED = "store.data_rejected"  # external: the first line of the driver's message
    BUSY = "store.busy"
    DISK_FULL = "store.disk_full"  # external: the first line of the driver's message
    READ_ONLY = "store.read_only"  # external: the first line of the driver's message
    DAMAGED = "store.damaged"  # external: the first line of the driver's message
    EMPTIED = "store.emptied"  # folder, trace: path of what shows that there was a store
    FILE_REPLACED = "store.file_replaced"
    DATABASE_EXCHANGED = "store.database_exchanged"  # by one without tables, while `run` runs
    LOG_CUT = "store.log_cut"  # path
    LOG_FOREIGN = "store.log_foreign"  # path
    LOCK_NOT_OPENED = "store.lock_not_opened"  # path, cause: of the operating system
    RESTORE_UNFINISHED = "store.restore_unfinished"
    NOT_ANSWERING = "store.not_answering"
    OUTCOME_UNKNOWN = "store.outcome_unknown"
    LEADERSHIP_LOST = "store.leadership_lost"
    CLOCK_AHEAD = "store.clock_ahead"  # seconds: of this machine, ahead of the clock of the database server
    CLOCK_BEHIND = "store.clock_behind"  # seconds
    UNKNOWN_REVISION = "store.unknown_revision"  # external: what Alembic says
    UNIT_CHANGED = "store.unit_changed"  # series, stored, unit; of a series or a KPI
    PERIODS_CHANGED = "store.periods_changed"  # obligation
    EXERCISE_CHANGED = "store.exercise_changed"  # series: or the source of events
    SIMULATION_CHANGED = "store.simulation_changed"
    JOB_ENDED = "store.job_ended"  # key
    JOB_NOT_RUNNING = "store.job_not_running"  # job_id


class StoreError(FailureError):
    """The store could not do it. Nothing of the transaction is kept, but see below; the failure holds no secret."""


class TransactionId(NamedTuple):
    """By what PostgreSQL tells what became of a transaction: its number, in the run of the server since `server_start`.

    Another run, or another server, may give the number to another transaction.
    """

    number: int
    server_start: datetime


class OutcomeUnknownError(StoreError):
    """Whether the transaction is kept is not known: its COMMIT was not answered. See Store.was_committed."""

    def __init__(self, transaction: TransactionId) -> None:
        super().__init__(StoreCode.OUTCOME_UNKNOWN)
        self.transaction = transaction


def first_line(error: BaseException) -> str:
    """The first line of a driver's message; the class of the error where it has none."""
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


# By SQLite's extended or primary result code, and by PostgreSQL's SQLSTATE.
_CODES: dict[object, StoreCode] = {
    sqlite3.SQLITE_CORRUPT: StoreCode.DAMAGED,
    sqlite3.SQLITE_NOTADB: StoreCode.DAMAGED,
    sqlite3.SQLITE_FULL: StoreCode.DISK_FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: StoreCode.DISK_FULL,  # no room for the index of the log
    sqlite3.SQLITE_READONLY: StoreCode.READ_ONLY,
    sqlite3.SQLITE_BUSY: StoreCode.BUSY,
    "55P03": StoreCode.BUSY,  # lock_timeout
    "40P01": StoreCode.BUSY,  # deadlock_detected: another one goes on
    "XX001": StoreCode.DAMAGED,
    "XX002": StoreCode.DAMAGED,
    "53100": StoreCode.DISK_FULL,
    "25006": StoreCode.READ_ONLY,  # read_only_sql_transaction: as of a standby server
}


def driver_failure(error: BaseException) -> Failure:
    """The failure that a driver's error stands for, with its message as `external`."""
    if store_code := getattr(error, "store_code", None):
        return Failure(store_code, external=first_line(error))
    sqlite_code = getattr(error, "sqlite_errorcode", None)
    key = sqlite_code & 0xFF if sqlite_code is not None else getattr(error, "sqlstate", None)
    code = _CODES.get(sqlite_code) or _CODES.get(key, StoreCode.DATABASE_ERROR)
    return Failure(code, external="" if code is StoreCode.BUSY else first_line(error))
