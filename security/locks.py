"""Locks: who fails too often in a row waits, longer each time; by account, known or not, and by address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from storage import attempts
from storage.store import Conn

LONGEST = timedelta(minutes=60)
_FORGET = {"account": timedelta(hours=24), "address": timedelta(hours=2)}


@dataclass(frozen=True, slots=True)
class Doors:
    """The two that a sign-in is counted by. What was typed as a name may be a password: only its hash is kept."""

    account: str
    address: str

    @classmethod
    def of(cls, name: str, address: str) -> "Doors":
        """Of a name as typed, and of an address; an IPv6 one stands for its network, which is one customer."""
        return cls(sha256(name.encode("utf-8", "replace")).hexdigest(), network(address))

    def both(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """As the store has them, always in one order: writers take turns."""
        return ("account", self.account), ("address", self.address)


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
    if wait := max(_left(conn, kind, key, lock_after, now) for kind, key in doors.both()):
        return Try(False, wait)
    longest = timedelta(0)
    for kind, key in doors.both():
        failures = attempts.failed(conn, kind, key, now, now - _FORGET[kind])
        held = delay(failures, lock_after)
        attempts.hold(conn, kind, key, now, now + held)
        longest = max(longest, held)
    return Try(True, int(longest.total_seconds()))


def _left(conn: Conn, kind: str, key: str, lock_after: int, now: datetime) -> int:
    found = attempts.get(conn, kind, key)
    if found is None or found.until <= found.last:
        return 0
    until = found.until
    if found.last > now:  # the clock went back: the wait begins anew, and is no longer than it was to be
        until = now + delay(found.failures, lock_after)
        attempts.hold(conn, kind, key, now, until)
    return max(0, -((now - until) // timedelta(seconds=1)))


def passed(conn: Conn, doors: Doors, now: datetime, *, whole: bool) -> None:
    """The try was good. `whole`: so is the sign-in, and the account's failures are forgotten."""
    if whole:
        attempts.clear(conn, "account", doors.account)
    else:
        attempts.give_back(conn, "account", doors.account, now)
    attempts.give_back(conn, "address", doors.address, now)


def unlock(conn: Conn, name: str) -> None:
    """Forgets the failures of an account."""
    attempts.clear(conn, "account", Doors.of(name, "").account)


def sweep(conn: Conn, now: datetime) -> None:
    """Forgets what is too old to count."""
    attempts.sweep(conn, now - max(_FORGET.values()))
