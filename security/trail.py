"""Who did what, written down in the transaction of the act itself, so that there is none without the other."""

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from weakref import WeakKeyDictionary

from security.identity import Kind, Visitor
from storage import trail as rows
from storage.store import Conn, Store

DONE, REFUSED, FAILED = "done", "refused", "failed"
_LONGEST = 4_000
# Lines a minute of refusals: of one identity and action; in this process, of all that are known, and of all others.
_EACH, _ALL = 5, 60
_MINUTE = 60


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
        self._minute, self._others = 0, 0
        self._seen: dict[tuple[bool, str, str, str], tuple[int, int, Entry]] = {}
        self._turn = Lock()

    def count(self, entry: Entry, now: datetime) -> list[Entry]:
        """What is to be written now."""
        known = bool(entry.who)  # whom strangers must not drown
        key = (known, entry.kind.value, entry.who or entry.address, entry.action)
        with self._turn:
            told = self._over(int(now.timestamp()) // _MINUTE)
            full = sum(written for (one, *_), (_, written, _) in self._seen.items() if one is known) >= _ALL
            if full and key not in self._seen:
                self._others += 1
                return told
            seen, written, _ = self._seen.get(key, (0, 0, entry))
            write_it = written < _EACH and not full
            self._seen[key] = (seen + 1, written + write_it, entry)
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
        counted = [(seen - written, one) for seen, written, one in self._seen.values() if seen > written]
        if self._others:
            counted.append((self._others, Entry("", Kind.NOBODY, "others", result=REFUSED)))
        self._minute, self._others, self._seen = minute, 0, {}
        return [replace(one, after=str(n), why="counted") for n, one in counted]


_refusals: WeakKeyDictionary[Store, _Refusals] = WeakKeyDictionary()
_finding = Lock()


def _of(store: Store) -> _Refusals:
    with _finding:
        return _refusals.setdefault(store, _Refusals())
