"""Leadership: one polling process at a time. PostgreSQL: a lease with an epoch; SQLite: a lock on a file.

The lease stands in the row of `writer`. Each transaction of the leader begins by renewing it, which locks the row, so
that no other process takes over before that transaction ends. Whoever takes over increases the epoch; a former leader
cannot renew its own any more. Each renewal increases the number of commits too: a database that has another one than
the leader left lacks what the leader has written (a server that took over, a copy), and the leader starts over from
what is stored. All times are those of the database's clock.
"""

import logging
import os
from collections.abc import Hashable
from contextlib import suppress
from math import inf
from pathlib import Path
from time import monotonic

from sqlalchemy import BigInteger, Connection, Engine, bindparam, cast, extract, func, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock, from_ms
from ioc.storage.db.dialect import advance_sequences, is_postgres
from ioc.storage.db.errors import StoreCode, StoreError, TransactionId
from ioc.storage.db.file_lock import try_lock
from ioc.storage.db.schema import writer

log = logging.getLogger("ioc.storage")
LEASE_SECONDS = 10.0  # without a transaction of the leader; its heartbeat is one each second
STUCK_SECONDS = 10.0  # as `idle_in_transaction_session_timeout` of postgres.py
_CLOCK_CHECK_SECONDS = 10.0  # between two looks at the clock of the database server
LOCK_SUFFIX = ".leader.lock"  # of the lock file beside an SQLite store
_NOW_MS = cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
_EXTEND = (
    update(writer)
    .where(writer.c.epoch == bindparam("own_epoch"), writer.c.commits.between(bindparam("least"), bindparam("most")))
    .values(lease_until_ms=_NOW_MS + bindparam("ms", type_=BigInteger), commits=writer.c.commits + 1)
    .returning(writer.c.commits)
)
# Who has a row that each commit of the leader changes, and keeps the server waiting within a statement.
_WAITING_FOR_CLIENT = text(
    "SELECT activity.pid, activity.query_start, progress.bytes_processed FROM pg_locks AS held"
    " JOIN pg_stat_activity AS activity ON activity.pid = held.pid"
    " LEFT JOIN pg_stat_progress_copy AS progress ON progress.pid = held.pid"
    " WHERE held.locktype = 'relation' AND held.relation IN ('writer'::regclass, 'change_counter'::regclass)"
    " AND held.mode = 'RowExclusiveLock'"
    " AND held.granted AND activity.state = 'active' AND activity.wait_event_type = 'Client'"
    " AND activity.usename = current_user"
    " AND activity.datname = current_database() AND activity.pid <> pg_backend_pid()"
    " ORDER BY activity.xact_start LIMIT 1"
)


class LeaderLease:
    """The right to poll. `is_held` until `release`, or until it is found to be lost."""

    def __init__(self) -> None:
        self.is_held = True

    def renew(self, conn: Connection) -> None:
        """To be called first in each transaction of the leader. StoreError (LEADERSHIP_LOST)."""

    def note_commit(self, unanswered: TransactionId | None = None) -> None:
        """To be called when the transaction of the last `renew` is kept, or is `unanswered`: then it may be kept."""

    def was_committed(self, conn: Connection, transaction: TransactionId) -> bool | None:
        """Whether an unanswered transaction is kept; None while it goes on. StoreError (LEADERSHIP_LOST)."""
        raise NotImplementedError

    def is_exclusive(self) -> bool:
        """Whether no other process can have taken over yet."""
        return self.is_held

    def release(self) -> None:
        """Lets another process lead at once."""
        self.is_held = False


class _FileLease(LeaderLease):
    """The end of the process releases it; while the process lives nobody takes it over."""

    def __init__(self, file: int) -> None:
        super().__init__()
        self._file = file

    def release(self) -> None:
        if self.is_held:
            os.close(self._file)
        super().release()


class _RowLease(LeaderLease):
    """`commits`: their number in the row. After a COMMIT that was not answered there are two possible ones, and the row
    tells what became of it, also after the server was started anew.
    """

    def __init__(self, engine: Engine, epoch: int, commits: int, seconds: float) -> None:
        super().__init__()
        self._engine, self._epoch, self._seconds = engine, epoch, seconds
        self._least = self._most = commits
        self._unanswered: TransactionId | None = None
        self._outcomes: dict[TransactionId, bool] = {}
        self._renewed_at = self._ends_at = monotonic()

    def is_exclusive(self) -> bool:
        return self.is_held and monotonic() < self._ends_at

    def renew(self, conn: Connection) -> None:
        self._renewed_at = monotonic()
        commits = self._extend(conn, self._seconds) if self.is_held else None
        if commits is None:
            self.is_held = False
            raise StoreError(StoreCode.LEADERSHIP_LOST)
        self._settle(commits - 1)  # until this transaction is kept

    def note_commit(self, unanswered: TransactionId | None = None) -> None:
        self._most, self._unanswered = self._most + 1, unanswered
        if unanswered is None:
            self._least, self._ends_at = self._most, self._renewed_at + self._seconds

    def was_committed(self, conn: Connection, transaction: TransactionId) -> bool | None:
        if transaction not in self._outcomes:
            row = conn.execute(select(writer.c.epoch, writer.c.commits).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            if row.epoch != self._epoch or not self._least <= row.commits <= self._most:
                self.is_held = False
                raise StoreError(StoreCode.LEADERSHIP_LOST)
            self._settle(row.commits)
        return self._outcomes.pop(transaction, None)

    def _settle(self, commits: int) -> None:
        """The number of commits is known again, and so is the outcome of an unanswered one."""
        if self._unanswered is not None:
            self._outcomes[self._unanswered] = commits == self._most
        self._least, self._most, self._unanswered = commits, commits, None

    def release(self) -> None:
        if self.is_held:
            with suppress(SQLAlchemyError), self._engine.begin() as conn:  # else it ends by itself
                self._extend(conn, 0)
        super().release()

    def _extend(self, conn: Connection, seconds: float) -> int | None:
        """The number of commits with this one; None where the row is not as this process left it."""
        own = {"own_epoch": self._epoch, "least": self._least, "most": self._most, "ms": _to_ms(seconds)}
        commits: int | None = conn.execute(_EXTEND, own).scalar()
        return commits


class StuckTransaction:
    """The transaction of a leader, or of a process in its way, that was paused or cut off within a COPY (PostgreSQL).

    The server ends idle transactions, but such a one is active, and no limit of a statement counts while the server
    reads: it would keep the row locked as long as the pause lasts. Whoever stands by ends it, or the leader that waits
    for it. What is still sent is seen by the number of bytes.
    """

    def __init__(self) -> None:
        self._seen: Hashable = None
        self._since = 0.0

    def end(self, conn: Connection) -> None:
        """Ends the transaction that was seen in the same place for STUCK_SECONDS. To be called often."""
        if not is_postgres(conn):
            return
        with conn.begin():
            seen = conn.execute(_WAITING_FOR_CLIENT).first()
            if seen is None or seen != self._seen:
                self._seen, self._since = seen, monotonic()
            elif monotonic() - self._since >= STUCK_SECONDS:
                log.warning("a process is paused or cut off within a statement: its transaction is ended")
                conn.execute(select(func.pg_terminate_backend(seen.pid)))


def try_acquire(conn: Connection, seconds: float, stuck: StuckTransaction) -> LeaderLease | None:
    """Takes the leadership without waiting; None while another process has it. `seconds`: without a renewal.

    `stuck`: of this process. StoreError (LOCK_NOT_OPENED) of an SQLite store.
    """
    if not is_postgres(conn):
        return _lock_file(Path(f"{conn.engine.url.database}{LOCK_SUFFIX}"))
    lease = _take_row(conn, seconds)
    if lease is None:
        stuck.end(conn)
    return lease


def clock_failure(conn: Connection, clock: Clock) -> Failure | None:
    """That this machine's clock and the database server's differ by more than half of CLOCK_TOLERANCE; None for SQLite.

    So two machines differ by no more than CLOCK_TOLERANCE. Within a transaction.
    """
    if not is_postgres(conn):
        return None
    before = clock()
    of_server = from_ms(conn.execute(select(_NOW_MS)).scalar_one())
    ahead, behind = before - of_server, of_server - clock()  # each the least that it can be: the answer took some time
    if max(ahead, behind) <= CLOCK_TOLERANCE / 2:
        return None
    code = StoreCode.CLOCK_AHEAD if ahead > behind else StoreCode.CLOCK_BEHIND
    return Failure(code, {"seconds": round(max(ahead, behind).total_seconds())})


class ClockCheck:
    """Compares `clock` with that of the server, every ten seconds and when it was set since."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._checked_at, self._offset = clock, -inf, 0.0

    def __call__(self, conn: Connection) -> None:
        """StoreError (CLOCK_AHEAD, CLOCK_BEHIND). Within a transaction."""
        at = monotonic()
        offset = self._clock().timestamp() - at
        if at - self._checked_at < _CLOCK_CHECK_SECONDS and abs(offset - self._offset) < 1:
            return
        if failure := clock_failure(conn, self._clock):
            raise StoreError(failure)
        self._checked_at, self._offset = at, offset


def _lock_file(path: Path) -> LeaderLease | None:
    file = try_lock(path)
    return None if file is None else _FileLease(file)


def _take_row(conn: Connection, seconds: float) -> LeaderLease | None:
    # A lease that no renewal can have made was made before the database's clock was set back.
    is_over = or_(writer.c.lease_until_ms <= _NOW_MS, writer.c.lease_until_ms > _NOW_MS + 2 * _to_ms(seconds))
    # A row that is locked belongs to a leader within a transaction.
    ended = select(writer.c.id).where(is_over).with_for_update(skip_locked=True)
    take_over = (
        update(writer)
        .where(writer.c.id.in_(ended))
        .values(epoch=writer.c.epoch + 1, lease_until_ms=_NOW_MS + _to_ms(seconds))
        .returning(writer.c.epoch, writer.c.commits)
    )
    with conn.begin():
        taken = conn.execute(take_over).first()
        if taken is not None:
            advance_sequences(conn, writer.metadata)
    return None if taken is None else _RowLease(conn.engine, taken.epoch, taken.commits, seconds)


def _to_ms(seconds: float) -> int:
    return round(seconds * 1000)
