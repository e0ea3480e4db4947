"""Who did what, written down in the transaction of the act itself, so that there is none without the other."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from weakref import WeakKeyDictionary

from ioc.auth.lockout import client_network
from ioc.auth.principal import Principal, PrincipalKind
from ioc.storage.access import audit_log as rows
from ioc.storage.db.store import Conn, Store

DONE, DENIED, FAILED = "success", "denied", "failure"
_MAX_LENGTH = 4_000
# Lines a minute of refusals: of one identity and action, of one identity; in this process, of all that are known, of
# all others, and of all who try to sign in: whoever makes noise costs nobody else a line.
_MAX_PER_ACTION, _MAX_PER_IDENTITY, _MAX_PER_BUDGET = 5, 15, 60
_LOGIN = "login"
_MINUTE_SECONDS = 60
_OTHERS = "others"
_ThrottleKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NewAuditEntry:
    """An act. `detail`: what may have to be erased one day; the chain keeps its hash only."""

    actor: str
    actor_kind: PrincipalKind
    action: str
    target: str = ""
    before: str = ""
    after: str = ""
    address: str = ""
    result: str = DONE
    reason: str = ""
    detail: str = ""


def entry_by(principal: Principal, action: str, target: str = "", **fields: str) -> NewAuditEntry:
    """An act of `visitor`; `more`: before, after, result, reason, detail."""
    return NewAuditEntry(principal.name, principal.kind, action, target, address=principal.address, **fields)


def write(conn: Conn, entry: NewAuditEntry, now: datetime) -> int:
    """Its number. In a transaction that bumps a version, bump first: two writers would wait for each other else."""
    fields = {
        "actor": _clean(entry.actor, 60), "actor_kind": entry.actor_kind.value, "action": _clean(entry.action, 60),
        "target": _clean(entry.target), "before": _clean(entry.before), "after": _clean(entry.after),
        "address": _clean(entry.address, 60), "result": entry.result, "reason": _clean(entry.reason),
    }  # fmt: skip
    return rows.append(conn, fields, _clean(entry.detail), now)


def _clean(text: str, longest: int = _MAX_LENGTH) -> str:
    """What every store can keep."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]


def record_denial(
    store: Store, principal: Principal, action: str, target: str, now: datetime, reason: str = ""
) -> None:
    """Somebody was refused. Beyond a few a minute they are counted, and told in one line when the minute is over."""
    _write_all(
        store, _throttle_of(store).admit(entry_by(principal, action, target, result=DENIED, reason=reason), now), now
    )


def flush_denials(store: Store, now: datetime) -> None:
    """Tells what a minute that is over has only counted, though nobody is refused any more. Costs nothing otherwise."""
    _write_all(store, _throttle_of(store).flush(now), now)


def _write_all(store: Store, entries: list[NewAuditEntry], now: datetime) -> None:
    if entries:
        with store.write() as conn:
            for one in entries:
                write(conn, one, now)


def erase_detail(conn: Conn, number: int, principal: Principal, reason: str, now: datetime) -> bool:
    """Forgets what may be erased of a row, and tells that it was; whether there was anything."""
    gone = rows.erase_detail(conn, number)
    if gone:
        write(conn, entry_by(principal, "audit-detail-erased", str(number), reason=reason), now)
    return gone


def sweep(conn: Conn, before: datetime, now: datetime) -> int:
    """Takes away what is older than `before`, and tells it; how many rows. Sweep again while there are any."""
    first = rows.sweep_boundary(conn).id
    head = rows.sweep(conn, before)
    if head is None:
        return 0
    target = f"{first + 1}-{head.id}"
    write(conn, NewAuditEntry("", PrincipalKind.LOCAL, rows.SWEEP_ACTION, target, after=rows.encode_head(head)), now)
    return head.id - first


class _DenialThrottle:
    """Refusals of the running minute, by identity and action: how many, how many of them written down, the last."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[_ThrottleKey, tuple[int, int, NewAuditEntry]] = {}
        self._lines_written = Counter[tuple[str, ...]]()  # by identity, and by budget
        self._lock = Lock()

    def admit(self, entry: NewAuditEntry, now: datetime) -> list[NewAuditEntry]:
        """What is to be written now."""
        budget = _budget(entry)
        one = (entry.actor_kind.value, entry.actor or client_network(entry.address))
        with self._lock:
            told = self._roll_over(int(now.timestamp()) // _MINUTE_SECONDS)
            room = self._lines_written[one] < _MAX_PER_IDENTITY and self._lines_written[budget] < _MAX_PER_BUDGET
            key: _ThrottleKey = (*one, entry.action)
            if key not in self._counts and not room:
                key = (*budget, _OTHERS)  # the last of them speaks for all
            seen, written, _ = self._counts.get(key, (0, 0, entry))
            write_it = room and written < _MAX_PER_ACTION
            self._counts[key] = (seen + 1, written + write_it, entry)
            if write_it:
                self._lines_written.update((one, budget))
            return [*told, entry] if write_it else told

    def flush(self, now: datetime) -> list[NewAuditEntry]:
        """What is to be written now that a minute is over."""
        minute = int(now.timestamp()) // _MINUTE_SECONDS
        if minute == self._minute:
            return []
        with self._lock:
            return self._roll_over(minute)

    def _roll_over(self, minute: int) -> list[NewAuditEntry]:
        """What the minute that is over has only counted; about what the last one was."""
        if minute == self._minute:
            return []
        counted = [(seen - written, key, one) for key, (seen, written, one) in self._counts.items() if seen > written]
        self._minute, self._counts = minute, {}
        self._lines_written.clear()
        return [
            replace(one, after=str(n), reason="aggregated_others" if key[-1] == _OTHERS else "aggregated")
            for n, key, one in counted
        ]


def _budget(entry: NewAuditEntry) -> tuple[str, str]:
    """Whose refusals it shares the process's lines with."""
    return "", _LOGIN if entry.action == _LOGIN else "known" if entry.actor else "strangers"


_throttles: WeakKeyDictionary[Store, _DenialThrottle] = WeakKeyDictionary()
_throttles_lock = Lock()


def _throttle_of(store: Store) -> _DenialThrottle:
    found = _throttles.get(store)  # asked with every request
    if found is None:
        with _throttles_lock:
            found = _throttles.setdefault(store, _DenialThrottle())
    return found
