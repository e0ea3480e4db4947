"""Locks: who fails too often in a row waits, longer each time; by account, known or not, and by address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from ioc.storage.access import login_attempts
from ioc.storage.access.login_attempts import LoginFailures
from ioc.storage.db.store import Conn

MAX_DELAY = timedelta(minutes=60)
_RETENTION = {"account": timedelta(hours=24), "address": timedelta(hours=2)}


@dataclass(frozen=True, slots=True)
class LockoutKeys:
    """What a try is counted by. What was typed as a name may be a password: only its hash is kept.

    `address`: None for who is signed in, whom the failures of their neighbours do not concern.
    """

    account_hash: str
    network: str | None

    @classmethod
    def for_attempt(cls, name: str, address: str) -> "LockoutKeys":
        """Of a name as typed, and of an address; an IPv6 one stands for its network, which is one customer."""
        return cls(_hash(name), client_network(address))

    @classmethod
    def for_account(cls, name: str) -> "LockoutKeys":
        """Of who is signed in by that name."""
        return cls(_hash(name), None)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """As the store has them, always in one order: writers take turns."""
        account = ("account", self.account_hash)
        return (account,) if self.network is None else (account, ("address", self.network))


def _hash(name: str) -> str:
    return sha256(name.encode("utf-8", "replace")).hexdigest()


def client_network(address: str) -> str:
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
    return min(MAX_DELAY, timedelta(minutes=2 ** min(failures - lock_after, 6)))


@dataclass(frozen=True, slots=True)
class AttemptDecision:
    """`open`: it is looked at, and counted. `seconds`: how long to wait before the next one, if this one fails."""

    is_allowed: bool
    retry_after_seconds: int


def reserve_attempt(conn: Conn, keys: LockoutKeys, lock_after: int, now: datetime) -> AttemptDecision:
    """Counts a try as a failure before it is looked at, so that tries at once cannot outrun the count.

    While somebody must wait nothing is looked at and nothing counted.
    """
    if wait := max(_seconds_left(conn, kind, key, lock_after, now) for kind, key in keys.pairs()):
        return AttemptDecision(False, wait)
    longest = timedelta(0)
    for kind, key in keys.pairs():
        failures = login_attempts.record_failure(conn, kind, key, now, now - _RETENTION[kind])
        held = delay(failures, lock_after)
        login_attempts.lock(conn, kind, key, now, now + held)
        longest = max(longest, held)
    return AttemptDecision(True, int(longest.total_seconds()))


def _seconds_left(conn: Conn, kind: str, key: str, lock_after: int, now: datetime) -> int:
    found = login_attempts.get(conn, kind, key)
    until = _locked_until(found, lock_after, now) if found else None
    if found is None or until is None:
        return 0
    if until != found.locked_until:
        login_attempts.lock(conn, kind, key, now, until)
    return max(0, -((now - until) // timedelta(seconds=1)))


def _locked_until(attempt: LoginFailures, lock_after: int, now: datetime) -> datetime | None:
    """When a lock ends, None for none. After a clock that went back it begins anew, no longer than it was to be."""
    if attempt.locked_until <= attempt.last_at:
        return None
    return now + delay(attempt.failures, lock_after) if attempt.last_at > now else attempt.locked_until


def locked_accounts(conn: Conn, names: Iterable[str], lock_after: int, now: datetime) -> dict[str, datetime]:
    """Which of these accounts are locked, and until when."""
    held = login_attempts.list_locked(conn, "account", now)
    ends = {name: _locked_until(held[key], lock_after, now) for name in names if (key := _hash(name)) in held}
    return {name: until for name, until in ends.items() if until}


def record_success(conn: Conn, keys: LockoutKeys, now: datetime, *, is_complete: bool) -> None:
    """The try was good. `whole`: so is the sign-in, and the account's failures are forgotten."""
    if is_complete:
        login_attempts.clear(conn, "account", keys.account_hash)
    else:
        login_attempts.undo_failure(conn, "account", keys.account_hash, now)
    if keys.network is not None:
        login_attempts.undo_failure(conn, "address", keys.network, now)


def unlock(conn: Conn, name: str) -> None:
    """Forgets the failures of an account."""
    login_attempts.clear(conn, "account", _hash(name))


def sweep(conn: Conn, now: datetime) -> None:
    """Forgets what is too old to count."""
    login_attempts.sweep(conn, now - max(_RETENTION.values()))
