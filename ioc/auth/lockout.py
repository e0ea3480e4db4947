"""Login lockout: repeated failures cause a growing waiting time.

Attempts on an account from a network where it has signed in before are counted for that account and network alone: who
guesses from elsewhere locks out nobody at their usual place. All other attempts are counted by account, existing or
not, and by address. See "device cookies" in the OWASP authentication cheat sheet; the network takes their place here.
"""

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
_ACCOUNT, _FAMILIAR, _SIGNED_IN, _ADDRESS = "account", "familiar", "signed_in", "address"
_ACCOUNT_KINDS = (_ACCOUNT, _FAMILIAR, _SIGNED_IN)  # of these kinds the first half of a key stands for the account
_RETENTION = dict.fromkeys(_ACCOUNT_KINDS, timedelta(hours=24)) | {_ADDRESS: timedelta(hours=2)}
_HALF = 32  # characters of a key


@dataclass(frozen=True, slots=True)
class LockoutKeys:
    """The (kind, key) under which an attempt is counted, always in one order: concurrent writers cannot deadlock.

    Names are hashed: a typed name may be a password.
    """

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def for_attempt(cls, name: str, address: str, *, is_familiar: bool = False) -> "LockoutKeys":
        """Keys of a login with the name as typed. `is_familiar`: the account has signed in from this network before."""
        network = client_network(address)
        if is_familiar:
            return cls(((_FAMILIAR, _account_half(name) + _hash(network)[:_HALF]),))
        return cls(((_ACCOUNT, _hash(name)), (_ADDRESS, network)))

    @classmethod
    def for_signed_in(cls, name: str) -> "LockoutKeys":
        """Keys of a signed-in user who repeats the password: failures of those who are not signed in do not count."""
        return cls(((_SIGNED_IN, _hash(name)),))


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def _account_half(name: str) -> str:
    return _hash(name)[:_HALF]


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
    if wait := max(_seconds_left(conn, kind, key, lock_after, now) for kind, key in keys.pairs):
        return AttemptDecision(False, wait)
    longest = timedelta(0)
    for kind, key in keys.pairs:
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
    """Those of these accounts that are locked, wherever from, and until when the last of these locks lasts."""
    ends: dict[str, datetime] = {}
    for key, failures in login_attempts.list_locked(conn, _ACCOUNT_KINDS, now):
        if until := _locked_until(failures, lock_after, now):
            ends[key[:_HALF]] = max(until, ends.get(key[:_HALF], until))
    return {name: ends[half] for name in names if (half := _account_half(name)) in ends}


def record_success(conn: Conn, keys: LockoutKeys, now: datetime, *, is_complete: bool) -> None:
    """Records a correct attempt. `is_complete`: the login is complete, and the account's failures are deleted."""
    for kind, key in keys.pairs:
        if is_complete and kind in _ACCOUNT_KINDS:
            login_attempts.clear(conn, (kind,), key)
        else:
            login_attempts.undo_failure(conn, kind, key, now)


def unlock(conn: Conn, name: str) -> None:
    """Deletes the failures of an account, wherever from."""
    login_attempts.clear(conn, _ACCOUNT_KINDS, _account_half(name))


def sweep(conn: Conn, now: datetime) -> None:
    """Deletes failures that are too old to count."""
    login_attempts.sweep(conn, now - max(_RETENTION.values()))
