"""Locks: who fails too often in a row waits, longer each time; by account, known or not, and by address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from ioc.storage.access import login_attempts
from ioc.storage.access.login_attempts import Attempt
from ioc.storage.db.store import Conn

LONGEST = timedelta(minutes=60)
_FORGET = {"account": timedelta(hours=24), "address": timedelta(hours=2)}


@dataclass(frozen=True, slots=True)
class Doors:
    """What a try is counted by. What was typed as a name may be a password: only its hash is kept.

    `address`: None for who is signed in, whom the failures of their neighbours do not concern.
    """

    account: str
    address: str | None

    @classmethod
    def of(cls, name: str, address: str) -> "Doors":
        """Of a name as typed, and of an address; an IPv6 one stands for its network, which is one customer."""
        return cls(_hash(name), network(address))

    @classmethod
    def own(cls, name: str) -> "Doors":
        """Of who is signed in by that name."""
        return cls(_hash(name), None)

    def all(self) -> tuple[tuple[str, str], ...]:
        """As the store has them, always in one order: writers take turns."""
        account = ("account", self.account)
        return (account,) if self.address is None else (account, ("address", self.address))


def _hash(name: str) -> str:
    return sha256(name.encode("utf-8", "replace")).hexdigest()


def network(address: str) -> str:
    """Whose address it is: of IPv6 the network of 64 bits."""
    try:
        one = ip_address(address)
    except ValueError:
        return address[:60]
    if isinstance(one, IPv6Address):
        return str(one.ipv4_mapped or ip_network((one, 64), strict=False))
    return str(one)


def delay(failures: int, lock_after: int) -> timedelta:
    """How long to wait after so many failures in a row: none, then 1, 2, 4 … 60 minutes."""
    if failures < lock_after:
        return timedelta(0)
    return min(LONGEST, timedelta(minutes=2 ** min(failures - lock_after, 6)))


@dataclass(frozen=True, slots=True)
class Try:
    """`open`: it is looked at, and counted. `seconds`: how long to wait before the next one, if this one fails."""

    open: bool
    seconds: int


def reserve(conn: Conn, doors: Doors, lock_after: int, now: datetime) -> Try:
    """Counts a try as a failure before it is looked at, so that tries at once cannot outrun the count.

    While somebody must wait nothing is looked at and nothing counted.
    """
    if wait := max(_left(conn, kind, key, lock_after, now) for kind, key in doors.all()):
        return Try(False, wait)
    longest = timedelta(0)
    for kind, key in doors.all():
        failures = login_attempts.failed(conn, kind, key, now, now - _FORGET[kind])
        held = delay(failures, lock_after)
        login_attempts.hold(conn, kind, key, now, now + held)
        longest = max(longest, held)
    return Try(True, int(longest.total_seconds()))


def _left(conn: Conn, kind: str, key: str, lock_after: int, now: datetime) -> int:
    found = login_attempts.get(conn, kind, key)
    until = _until(found, lock_after, now) if found else None
    if found is None or until is None:
        return 0
    if until != found.until:
        login_attempts.hold(conn, kind, key, now, until)
    return max(0, -((now - until) // timedelta(seconds=1)))


def _until(found: Attempt, lock_after: int, now: datetime) -> datetime | None:
    """When a lock ends, None for none. After a clock that went back it begins anew, no longer than it was to be."""
    if found.until <= found.last:
        return None
    return now + delay(found.failures, lock_after) if found.last > now else found.until


def locked(conn: Conn, names: Iterable[str], lock_after: int, now: datetime) -> dict[str, datetime]:
    """Which of these accounts are locked, and until when."""
    held = login_attempts.held(conn, "account", now)
    ends = {name: _until(held[key], lock_after, now) for name in names if (key := _hash(name)) in held}
    return {name: until for name, until in ends.items() if until}


def passed(conn: Conn, doors: Doors, now: datetime, *, whole: bool) -> None:
    """The try was good. `whole`: so is the sign-in, and the account's failures are forgotten."""
    if whole:
        login_attempts.clear(conn, "account", doors.account)
    else:
        login_attempts.give_back(conn, "account", doors.account, now)
    if doors.address is not None:
        login_attempts.give_back(conn, "address", doors.address, now)


def unlock(conn: Conn, name: str) -> None:
    """Forgets the failures of an account."""
    login_attempts.clear(conn, "account", _hash(name))


def sweep(conn: Conn, now: datetime) -> None:
    """Forgets what is too old to count."""
    login_attempts.sweep(conn, now - max(_FORGET.values()))
