"""Login lockout: repeated failures cause a growing waiting time, by account (existing or not) and by address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from ioc.domain.base.clock_set_back import was_set_back
from ioc.net.client_network import client_network
from ioc.storage.access import login_attempts
from ioc.storage.access.login_attempts import LoginFailures
from ioc.storage.db.store import Conn

MAX_DELAY = timedelta(minutes=60)
_RETENTION = {"account": timedelta(hours=24), "address": timedelta(hours=2)}


@dataclass(frozen=True, slots=True)
class LockoutKeys:
    """The keys under which an attempt is counted. Names are hashed: a typed name may be a password.

    `network`: None for a signed-in user, who is not affected by failures of other clients of the network.
    """

    account_hash: str
    network: str | None

    @classmethod
    def for_attempt(cls, name: str, address: str) -> "LockoutKeys":
        """Keys of a login with the name as typed, from `address`."""
        return cls(_hash(name), client_network(address))

    @classmethod
    def for_account(cls, name: str) -> "LockoutKeys":
        """Keys of a signed-in user."""
        return cls(_hash(name), None)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(kind, key) as stored, always in one order: concurrent writers cannot deadlock."""
        account = ("account", self.account_hash)
        return (account,) if self.network is None else (account, ("address", self.network))


def _hash(name: str) -> str:
    return sha256(name.encode("utf-8", "replace")).hexdigest()


def delay(failures: int, lock_after: int) -> timedelta:
    """The waiting time after `failures` in a row: 0, then 1, 2, 4 … 60 minutes."""
    if failures < lock_after:
        return timedelta(0)
    return min(MAX_DELAY, timedelta(minutes=2 ** min(failures - lock_after, 6)))


@dataclass(frozen=True, slots=True)
class AttemptDecision:
    """`is_allowed`: the attempt is checked, and counted. `retry_after_seconds`: to wait before the next one."""

    is_allowed: bool
    retry_after_seconds: int


def reserve_attempt(conn: Conn, keys: LockoutKeys, lock_after: int, now: datetime) -> AttemptDecision:
    """Counts an attempt as a failure before it is checked, so that parallel attempts cannot outrun the count.

    During a lockout nothing is checked and nothing counted.
    """
    if wait := max(_seconds_left(conn, kind, key, lock_after, now) for kind, key in keys.pairs()):
        return AttemptDecision(False, wait)
    longest = timedelta(0)
    for kind, key in keys.pairs():
        failures = login_attempts.record_failure(conn, kind, key, now, now - _RETENTION[kind])
        lock_time = delay(failures, lock_after)
        login_attempts.lock(conn, kind, key, now, now + lock_time)
        longest = max(longest, lock_time)
    return AttemptDecision(True, int(longest.total_seconds()))


def _seconds_left(conn: Conn, kind: str, key: str, lock_after: int, now: datetime) -> int:
    failures = login_attempts.get(conn, kind, key)
    until = _locked_until(failures, lock_after, now) if failures else None
    if failures is None or until is None:
        return 0
    if until != failures.locked_until:
        login_attempts.lock(conn, kind, key, now, until)
    return max(0, -((now - until) // timedelta(seconds=1)))


def _locked_until(failures: LoginFailures, lock_after: int, now: datetime) -> datetime | None:
    """When a lockout ends; None without one. After the clock was set back it starts again with the same length."""
    if failures.locked_until <= failures.last_at:
        return None
    return now + delay(failures.failures, lock_after) if was_set_back(failures.last_at, now) else failures.locked_until


def locked_accounts(conn: Conn, names: Iterable[str], lock_after: int, now: datetime) -> dict[str, datetime]:
    """Those of these accounts that are locked, and until when."""
    locked = login_attempts.list_locked(conn, "account", now)
    ends = {name: _locked_until(locked[key], lock_after, now) for name in names if (key := _hash(name)) in locked}
    return {name: until for name, until in ends.items() if until}


def record_success(conn: Conn, keys: LockoutKeys, now: datetime, *, is_complete: bool) -> None:
    """Records a correct attempt. `is_complete`: the login is complete, and the account's failures are deleted."""
    if is_complete:
        login_attempts.clear(conn, "account", keys.account_hash)
    else:
        login_attempts.undo_failure(conn, "account", keys.account_hash, now)
    if keys.network is not None:
        login_attempts.undo_failure(conn, "address", keys.network, now)


def unlock(conn: Conn, name: str) -> None:
    """Deletes the failures of an account."""
    login_attempts.clear(conn, "account", _hash(name))


def sweep(conn: Conn, now: datetime) -> None:
    """Deletes failures that are too old to count."""
    login_attempts.sweep(conn, now - max(_RETENTION.values()))
