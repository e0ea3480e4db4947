"""Reading the audit log: pages, verification of the hash chain, export. Who may not read it gets an error."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from ioc.auth import audit_log
from ioc.auth.errors import AuthCode, AuthError
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import Clock, city_midnight, parse_day
from ioc.storage.access import audit_log as rows
from ioc.storage.access.audit_chain import ChainVerification
from ioc.storage.access.audit_log import AuditFilter, AuditOrder, StoredAuditEntry
from ioc.storage.db.store import Store

# Parameters of an address by which the log is filtered: who, action, object, result, first and last day.
FILTER_PARAMS = ("ai", "viec", "ve", "ket-qua", "tu", "den")
RESULTS = (audit_log.DONE, audit_log.DENIED, audit_log.FAILED)
_MAX_VALUE_LENGTH = 200
_BATCH_ROWS = 1000
MAX_PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`entries`: of this page. `total`: how many match. `head`: number of the newest entry that was looked at."""

    entries: list[StoredAuditEntry]
    total: int
    head: int


def parse_filter(params: Mapping[str, object]) -> AuditFilter:
    """The filter that the parameters of an address name.

    AuthError DAY_INVALID for a day that is none: without it the log would be shown or exported in full.
    """
    who, action, about, result, since, until = filter_values(params).values()
    end = _midnight(until)
    return AuditFilter(who, action, about, result, _midnight(since), end + timedelta(days=1) if end else None)


def filter_values(params: Mapping[str, object]) -> dict[str, str]:
    """FILTER_PARAMS with their values as texts, "" for none; shortened, without control characters."""
    texts = {name: str(params.get(name) or "")[:_MAX_VALUE_LENGTH] for name in FILTER_PARAMS}
    return {name: "".join(filter(str.isprintable, text)).strip() for name, text in texts.items()}


def order_by(filters: AuditFilter, column: str, *, is_descending: bool) -> AuditFilter:
    """The filter in the order of a column; of one that is unknown, the newest entries first."""
    if column not in set(AuditOrder):
        return filters
    return replace(filters, order=AuditOrder(column), is_descending=is_descending)


class AuditReview:
    """The audit log for who may read it; anybody else gets PermissionDeniedError."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def page(self, filters: AuditFilter, offset: int, limit: int, by: Principal, head: int | None = None) -> AuditPage:
        """`limit` matching entries from the place `offset` on, MAX_PAGE_ROWS at most.

        `head`: of the first page, so that entries written since do not shift the next ones.
        """
        require(by, Action.READ_AUDIT_LOG)
        with self._store.read() as conn:
            head = rows.head(conn).id if head is None else head
            filters = replace(filters, before_id=head + 1)
            entries = rows.page(conn, filters, offset, min(limit, MAX_PAGE_ROWS))
            return AuditPage(entries, rows.count(conn, filters), head)

    def entry(self, number: int, by: Principal) -> StoredAuditEntry | None:
        """The entry of that number; None where there is none."""
        require(by, Action.READ_AUDIT_LOG)
        with self._store.read() as conn:
            return next(iter(rows.oldest(conn, AuditFilter(after_id=number - 1, before_id=number + 1), 1)), None)

    def verify(self, by: Principal) -> ChainVerification:
        """The result of the verification of the hash chain."""
        require(by, Action.READ_AUDIT_LOG)
        with self._store.read() as conn:
            return rows.verify(conn)

    def export(
        self, params: Mapping[str, object], by: Principal, *, is_descending: bool = False
    ) -> Iterator[list[StoredAuditEntry]]:
        """All entries that `params` of an address name in batches, by number; they may not fit into memory.

        The export is audited at once: before the first batch is read. Its own entry is not in it.
        """
        require(by, Action.READ_AUDIT_LOG)
        filters = parse_filter(params)
        about = urlencode({name: value for name, value in filter_values(params).items() if value})
        with self._store.write() as conn:
            number = audit_log.write(conn, audit_log.entry_by(by, "audit-exported", about), self._clock())
        return self._batches(
            replace(filters, before_id=number, order=rows.AuditOrder.NUMBER, is_descending=is_descending)
        )

    def _batches(self, filters: AuditFilter) -> Iterator[list[StoredAuditEntry]]:
        while True:
            with self._store.read() as conn:
                batch = rows.page(conn, filters, 0, _BATCH_ROWS)
            yield batch
            if len(batch) < _BATCH_ROWS:
                return
            last_id = batch[-1].id
            is_descending = filters.is_descending
            filters = replace(filters, before_id=last_id) if is_descending else replace(filters, after_id=last_id)


def _midnight(text: str) -> datetime | None:
    """The beginning of a day in the city, None for "". AuthError DAY_INVALID."""
    day = parse_day(text)
    if text and day is None:
        raise AuthError(AuthCode.DAY_INVALID, text=text)
    return city_midnight(day) if day else None
