"""Who did what, written down in the transaction of the act itself, so that there is none without the other."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from weakref import WeakKeyDictionary

from ioc.auth.lockout import network
from ioc.auth.principal import Kind, Visitor
from ioc.storage.access import audit_log as rows
from ioc.storage.db.store import Conn, Store

DONE, REFUSED, FAILED = "done", "refused", "failed"
_LONGEST = 4_000
# Lines a minute of refusals: of one identity and action, of one identity; in this process, of all that are known, of
# all others, and of all who try to sign in: whoever makes noise costs nobody else a line.
_EACH, _OWN, _ALL = 5, 15, 60
_DOOR = "sign-in"
_MINUTE = 60
_OTHERS = "others"
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """An act. `detail`: what may have to be erased one day; the chain keeps its hash only."""

    who: str
    kind: Kind
    action: str
    about: str = ""
    before: str = ""
    after: str = ""
    address: str = ""
    result: str = DONE
    why: str = ""
    detail: str = ""


def by(visitor: Visitor, action: str, about: str = "", **more: str) -> Entry:
    """An act of `visitor`; `more`: before, after, result, why, detail."""
    return Entry(visitor.name, visitor.kind, action, about, address=visitor.address, **more)


def write(conn: Conn, entry: Entry, now: datetime) -> int:
    """Its number. In a transaction that bumps a version, bump first: two writers would wait for each other else."""
    fields = {
        "who": _clean(entry.who, 60), "kind": entry.kind.value, "action": _clean(entry.action, 60),
        "about": _clean(entry.about), "before": _clean(entry.before), "after": _clean(entry.after),
        "address": _clean(entry.address, 60), "result": entry.result, "why": _clean(entry.why),
    }  # fmt: skip
    return rows.append(conn, fields, _clean(entry.detail), now)


def _clean(text: str, longest: int = _LONGEST) -> str:
    """What every store can keep."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]


def refused(store: Store, visitor: Visitor, action: str, about: str, now: datetime, why: str = "") -> None:
    """Somebody was refused. Beyond a few a minute they are counted, and told in one line when the minute is over."""
    _write_all(store, _of(store).count(by(visitor, action, about, result=REFUSED, why=why), now), now)


def settle(store: Store, now: datetime) -> None:
    """Tells what a minute that is over has only counted, though nobody is refused any more. Costs nothing otherwise."""
    _write_all(store, _of(store).settle(now), now)


def _write_all(store: Store, told: list[Entry], now: datetime) -> None:
    if told:
        with store.write() as conn:
            for one in told:
                write(conn, one, now)


def erase(conn: Conn, number: int, visitor: Visitor, why: str, now: datetime) -> bool:
    """Forgets what may be erased of a row, and tells that it was; whether there was anything."""
    gone = rows.erase(conn, number)
    if gone:
        write(conn, by(visitor, "trail-erased", str(number), why=why), now)
    return gone


def sweep(conn: Conn, before: datetime, now: datetime) -> int:
    """Takes away what is older than `before`, and tells it; how many rows. Sweep again while there are any."""
    first = rows.first(conn).id
    head = rows.sweep(conn, before)
    if head is None:
        return 0
    about = f"{first + 1}-{head.id}"
    write(conn, Entry("", Kind.LOCAL, rows.SWEPT, about, after=rows.told(head)), now)
    return head.id - first


class _Refusals:
    """Refusals of the running minute, by identity and action: how many, how many of them written down, the last."""

    def __init__(self) -> None:
        self._minute = 0
        self._seen: dict[_Key, tuple[int, int, Entry]] = {}
        self._written = Counter[tuple[str, ...]]()  # by identity, and by budget
        self._turn = Lock()

    def count(self, entry: Entry, now: datetime) -> list[Entry]:
        """What is to be written now."""
        budget = _budget(entry)
        one = (entry.kind.value, entry.who or network(entry.address))
        with self._turn:
            told = self._over(int(now.timestamp()) // _MINUTE)
            room = self._written[one] < _OWN and self._written[budget] < _ALL
            key: _Key = (*one, entry.action)
            if key not in self._seen and not room:
                key = (*budget, _OTHERS)  # the last of them speaks for all
            seen, written, _ = self._seen.get(key, (0, 0, entry))
            write_it = room and written < _EACH
            self._seen[key] = (seen + 1, written + write_it, entry)
            if write_it:
                self._written.update((one, budget))
            return [*told, entry] if write_it else told

    def settle(self, now: datetime) -> list[Entry]:
        """What is to be written now that a minute is over."""
        minute = int(now.timestamp()) // _MINUTE
        if minute == self._minute:
            return []
        with self._turn:
            return self._over(minute)

    def _over(self, minute: int) -> list[Entry]:
        """What the minute that is over has only counted; about what the last one was."""
        if minute == self._minute:
            return []
        counted = [(seen - written, key, one) for key, (seen, written, one) in self._seen.items() if seen > written]
        self._minute, self._seen = minute, {}
        self._written.clear()
        return [
            replace(one, after=str(n), why="counted_others" if key[-1] == _OTHERS else "counted")
            for n, key, one in counted
        ]


def _budget(entry: Entry) -> tuple[str, str]:
    """Whose refusals it shares the process's lines with."""
    return "", _DOOR if entry.action == _DOOR else "known" if entry.who else "strangers"


_refusals: WeakKeyDictionary[Store, _Refusals] = WeakKeyDictionary()
_finding = Lock()


def _of(store: Store) -> _Refusals:
    found = _refusals.get(store)  # asked with every request
    if found is None:
        with _finding:
            found = _refusals.setdefault(store, _Refusals())
    return found
