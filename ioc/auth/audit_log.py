"""Audit log: entries are written in the transaction of the act itself, so that no act is without its entry."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from threading import Lock
from weakref import WeakKeyDictionary

from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason
from ioc.domain.base.failure import Failure
from ioc.net.client_network import client_network
from ioc.storage.access import api_keys, displays, sessions
from ioc.storage.access import audit_log as rows
from ioc.storage.access.audit_chain import encode_head
from ioc.storage.db.background_writer import Defer, write_at_once
from ioc.storage.db.store import Conn, Store

DONE, DENIED, FAILED = "success", "denied", "failure"
COUNTED, COUNTED_OTHERS = "aggregated", "aggregated_others"  # reasons of an entry whose `after` is a number of denials
_MAX_LENGTH = 4_000
# Entries of denials per minute: of one identity and action, of one identity; and in this process of all known
# identities, of all others, and of all logins. So nobody's flood uses up the entries of another.
_MAX_PER_ACTION, _MAX_PER_IDENTITY, _MAX_PER_BUDGET = 5, 15, 60
_LOGIN_ACTION = "login"
_MINUTE_SECONDS = 60
_OTHERS = "others"
_denial_numbers = count(1)
_ThrottleKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NewAuditEntry:
    """An act. `reason`: a reason's key, or the code of a denial. `detail`: personal
    data, kept apart from what is exported; the chain covers its hash.

    `by`: whose credential must still be accepted when the entry is written; None: nobody's.
    """

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
    by: Principal | None = None


def entry_by(principal: Principal, action: str, target: str = "", **fields: str) -> NewAuditEntry:
    """An act of `principal`; `fields`: before, after, result, reason, detail."""
    return replace(entry_of(principal, action, target, **fields), by=principal)


def entry_of(principal: Principal, action: str, target: str = "", **fields: str) -> NewAuditEntry:
    """What befell `principal`, whose credential need not be accepted any more; `fields`: as of `entry_by`."""
    return NewAuditEntry(principal.name, principal.kind, action, target, address=principal.address, by=None, **fields)


def write(conn: Conn, entry: NewAuditEntry, now: datetime) -> int:
    """Appends an entry and returns its number.

    A transaction that bumps the change counter bumps it first: two writers would wait for each other otherwise.
    PermissionDeniedError, upon which the transaction must be rolled back: the credential of `entry.by` was revoked.
    """
    return write_all(conn, [entry], now)


def write_all(conn: Conn, entries: Sequence[NewAuditEntry], now: datetime) -> int:
    """`write` of at least one entry, all together; returns the number of the last."""
    last_id = rows.append(conn, [_row(entry) for entry in entries], now)
    # Not before: whoever revokes the credential appends an entry too, and one of the two waits for the other there.
    for by in {entry.by for entry in entries if entry.by}:
        if reason := _revoked_reason(conn, by):
            revoked = Principal(display_name=by.display_name, address=by.address, revoked_reason=reason)
            raise PermissionDeniedError(revoked, entries[0].action, entries[0].target)
    return last_id


def _revoked_reason(conn: Conn, by: Principal) -> RevokedReason | None:
    """Why the credential of `by` is not accepted any more. Who acts without one, as the shell does, has none to lose.

    A change of roles ends the sessions of an account, so that a session stands for them.
    """
    match by.kind:
        case PrincipalKind.USER if by.session_id and not sessions.is_running(conn, by.session_id):
            return RevokedReason.SESSION_ENDED
        case PrincipalKind.API_KEY if (key := api_keys.get(conn, by.name)) and (
            key.revoked_at or by.issued_at not in (None, key.created_at)
        ):
            return RevokedReason.KEY_REVOKED
        case PrincipalKind.DISPLAY if (display := displays.get(conn, by.name)) and (
            display.revoked_at or by.issued_at not in (None, display.enrolled_at)
        ):
            return RevokedReason.DISPLAY_REVOKED
    return None


def _row(entry: NewAuditEntry) -> rows.NewRow:
    fields = {
        "actor": _clean(entry.actor, 60), "actor_kind": entry.actor_kind.value, "action": _clean(entry.action, 60),
        "target": _clean(entry.target), "before": _clean(entry.before), "after": _clean(entry.after),
        "address": _clean(entry.address, 60), "result": entry.result, "reason": _clean(entry.reason),
    }  # fmt: skip
    return rows.NewRow(fields, _clean(entry.detail))


def write_act(conn: Conn, by: Principal, action: str, target: str, after: str, reason: str, now: datetime) -> None:
    """Appends an act of `by` on submissions: what its commands are given to write with."""
    write_acts(conn, by, [AuditedAct(action, target, after, reason)], now)


def write_acts(conn: Conn, by: Principal, acts: Sequence[AuditedAct], now: datetime) -> None:
    """Appends acts of `by`, at least one: what commands on directives are given to write with."""
    entries = [entry_by(by, each.action, each.target, after=each.after, reason=each.reason) for each in acts]
    write_all(conn, entries, now)


def _clean(text: str, max_length: int = _MAX_LENGTH) -> str:
    """Text that every database can store."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:max_length]


def record_denial(
    store: Store, principal: Principal, action: str, target: str, now: datetime, failure: Failure | None = None,
    defer: Defer | None = None,
) -> None:  # fmt: skip
    """Audits a denial. Beyond a few per minute denials are counted, and one entry states how many there were.

    That of a login is by the account that was tried, not signed in; "" where there is no such account. `defer`: writes
    what no answer waits for; None: at once.
    """
    entry = entry_of(principal, action, target, result=DENIED, **(_failure_fields(failure) if failure else {}))
    if action == _LOGIN_ACTION and not principal.name:
        account = "" if target.startswith("/") else target  # the path where the account is not known
        entry = replace(entry, actor=account, actor_kind=PrincipalKind.ANONYMOUS)
    _write_denials(defer or write_at_once(store), _throttle_of(store).admit(entry, now), now)


def flush_denials(store: Store, now: datetime, defer: Defer | None = None) -> None:
    """Writes the counts of a minute that is over, though no further denial comes. Costs nothing otherwise."""
    if entries := _throttle_of(store).flush(now):
        _write_denials(defer or write_at_once(store), entries, now)


def _failure_fields(failure: Failure) -> dict[str, str]:
    """The code in its own column, for whoever filters by it; parameters and quoted words beside it as JSON."""
    body = failure.to_json()
    more = {key: body[key] for key in ("params", "external") if key in body}
    return {"reason": failure.code, "after": json.dumps(more, ensure_ascii=False, sort_keys=True) if more else ""}


def failure_of(entry: rows.StoredAuditEntry) -> Failure | None:
    """The failure that `record_denial` stored; None for an entry without one."""
    if entry.result != DENIED or entry.reason in ("", COUNTED, COUNTED_OTHERS):
        return None
    more = json.loads(entry.after) if entry.after else {}
    return Failure.from_json({"code": entry.reason, **more})


def _write_denials(defer: Defer, entries: list[NewAuditEntry], now: datetime) -> None:
    if entries:
        defer(f"denial {next(_denial_numbers)} ({entries[-1].action})", lambda conn: write_all(conn, entries, now))


def sweep(conn: Conn, before: datetime, now: datetime) -> int:
    """Deletes some entries older than `before`, and audits that; returns how many. Repeat until it returns 0."""
    first = rows.sweep_boundary(conn).id
    head = rows.sweep(conn, before)
    if head is None:
        return 0
    target = f"{first + 1}-{head.id}"
    write(conn, NewAuditEntry("", PrincipalKind.LOCAL, rows.SWEEP_ACTION, target, after=encode_head(head)), now)
    return head.id - first


class _DenialThrottle:
    """Denials of the running minute by identity and action: how many, how many of them written, the last one."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[_ThrottleKey, tuple[int, int, NewAuditEntry]] = {}
        self._written = Counter[tuple[str, ...]]()  # entries by identity, and by budget
        self._lock = Lock()

    def admit(self, entry: NewAuditEntry, now: datetime) -> list[NewAuditEntry]:
        """The entries to be written now."""
        budget = _budget(entry)
        is_named = entry.actor and entry.actor_kind is not PrincipalKind.ANONYMOUS
        identity = (entry.actor_kind.value, entry.actor if is_named else client_network(entry.address))
        with self._lock:
            counted = self._roll_over(int(now.timestamp()) // _MINUTE_SECONDS)
            has_room = self._written[identity] < _MAX_PER_IDENTITY and self._written[budget] < _MAX_PER_BUDGET
            key: _ThrottleKey = (*identity, entry.action)
            if key not in self._counts and not has_room:
                key = (*budget, _OTHERS)  # counted together, under the last of them
            total, written, _ = self._counts.get(key, (0, 0, entry))
            is_written = has_room and written < _MAX_PER_ACTION
            self._counts[key] = (total + 1, written + is_written, entry)
            if is_written:
                self._written.update((identity, budget))
            return [*counted, entry] if is_written else counted

    def flush(self, now: datetime) -> list[NewAuditEntry]:
        """The entries to be written now that a minute is over."""
        minute = int(now.timestamp()) // _MINUTE_SECONDS
        if minute == self._minute:
            return []
        with self._lock:
            return self._roll_over(minute)

    def _roll_over(self, minute: int) -> list[NewAuditEntry]:
        """Entries for what the past minute only counted, each about the last denial of its key."""
        if minute == self._minute:
            return []
        excess = [(total - written, key, last) for key, (total, written, last) in self._counts.items()]
        self._minute, self._counts = minute, {}
        self._written.clear()
        return [
            replace(last, after=str(n), reason=COUNTED_OTHERS if key[-1] == _OTHERS else COUNTED)
            for n, key, last in excess
            if n > 0
        ]


def _budget(entry: NewAuditEntry) -> tuple[str, str]:
    """The denials with which this one shares the entries per minute of the process."""
    if entry.action == _LOGIN_ACTION:
        return "", _LOGIN_ACTION
    return "", "known" if entry.actor else "strangers"


_throttles: WeakKeyDictionary[Store, _DenialThrottle] = WeakKeyDictionary()
_throttles_lock = Lock()


def _throttle_of(store: Store) -> _DenialThrottle:
    throttle = _throttles.get(store)  # without the lock: this runs with every request
    if throttle is None:
        with _throttles_lock:
            throttle = _throttles.setdefault(store, _DenialThrottle())
    return throttle
