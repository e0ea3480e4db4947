"""Reading the audit log: lists, verification of the hash chain, export. Who may not read it gets an error."""

from collections.abc import Iterator
from dataclasses import replace

from ioc.auth import audit_log
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import Clock
from ioc.storage.access import audit_log as rows
from ioc.storage.access.audit_log import AuditFilter, ChainVerification, StoredAuditEntry
from ioc.storage.db.store import Store

_BATCH_ROWS = 1000


class AuditReview:
    """The audit log for who may read it; anybody else gets PermissionDeniedError."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def newest(self, filters: AuditFilter, limit: int, by: Principal) -> list[StoredAuditEntry]:
        """The newest entries that match, at most `limit`."""
        require(by, Action.READ_AUDIT_LOG)
        with self._store.read() as conn:
            return rows.newest(conn, filters, limit)

    def verify(self, by: Principal) -> ChainVerification:
        """The result of the verification of the hash chain."""
        require(by, Action.READ_AUDIT_LOG)
        with self._store.read() as conn:
            return rows.verify(conn)

    def export(self, filters: AuditFilter, description: str, by: Principal) -> Iterator[list[StoredAuditEntry]]:
        """The entries that match in batches, the oldest first; the log may not fit into memory.

        The export is audited at once, as an export of `description`: before the first batch is read.
        """
        require(by, Action.READ_AUDIT_LOG)
        with self._store.write() as conn:
            audit_log.write(conn, audit_log.entry_by(by, "audit-exported", description), self._clock())
        return self._batches(filters)

    def _batches(self, filters: AuditFilter) -> Iterator[list[StoredAuditEntry]]:
        last_id = 0
        while True:
            with self._store.read() as conn:
                batch = rows.oldest(conn, replace(filters, after_id=last_id), _BATCH_ROWS)
            yield batch
            if len(batch) < _BATCH_ROWS:
                return
            last_id = batch[-1].id
