"""Passwords: hashing with argon2id, rules for a new one, and how many are hashed at once."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Condition, Lock
from typing import TYPE_CHECKING

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.password_strength import is_common
from ioc.domain.base.normal_form import normal_form
from ioc.net.client_network import client_network

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH, MIN_LENGTH_WITH_MFA, MAX_LENGTH = 14, 8, 128
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters and digits that look alike
# OWASP Password Storage Cheat Sheet, second argon2id option: as strong as 46 MiB with t=1, in less memory.
_MEMORY_KIB, _TIME_COST, _PARALLELISM = 19_456, 2, 1
_SLOTS, _RETRY_AFTER_SECONDS, _QUEUE_SECONDS = 3, 2, 1.0
_MIN_DISTINCT_CHARACTERS = 5


class Hasher:
    """One per process. It hashes one password at a time: each takes 19 MiB and one core.

    argon2 is loaded at the first password.
    """

    def __init__(self) -> None:
        self._lock = Lock()

    @cached_property
    def _argon(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher(_TIME_COST, _MEMORY_KIB, _PARALLELISM)

    @cached_property
    def _dummy_hash(self) -> str:
        return self._argon.hash(secrets.token_urlsafe(24))

    def hash(self, password: str) -> str:
        """The hash to be stored, with its parameters."""
        with self._lock:
            return self._argon.hash(normalize_password(password))

    def verify(self, stored_hash: str, password: str) -> bool:
        """Whether the password is right. Takes as long when `stored_hash` is empty."""
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            with self._lock:
                return self._argon.verify(
                    stored_hash or self._dummy_hash, normalize_password(password)[: MAX_LENGTH + 1]
                ) and bool(stored_hash)
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, stored_hash: str) -> bool:
        """Whether the hash was made with other parameters than the current ones."""
        return self._argon.check_needs_rehash(stored_hash)


class HashingSlots:
    """Limits how many passwords are checked at once: a few, one per client network; a few more wait for a moment.

    So logins cannot use up the threads that serve displays, nor one network all slots. `is_known`: whether a user has
    signed in from a network before. The last slot, and the last place in the queue, are reserved for these: a flood
    from unknown networks locks no regular user out.
    """

    def __init__(
        self, is_known: Callable[[str], bool] = lambda _: True, slots: int = _SLOTS, seconds: float = _QUEUE_SECONDS
    ) -> None:
        self._is_known, self._max_active, self._seconds = is_known, slots, seconds
        self._active: dict[str, bool] = {}
        self._queue: dict[str, bool] = {}
        self._condition = Condition()

    @contextmanager
    def acquire(self, address: str) -> Iterator[None]:
        """Holds a slot. Raises AuthError: BUSY when none is free in time, or at once when the queue is full."""
        network = client_network(address)
        is_known = self._is_known(network)
        with self._condition:
            if network in self._queue or not self._has_room(self._queue, is_known):
                raise AuthError(AuthCode.BUSY, seconds=_RETRY_AFTER_SECONDS)
            self._queue[network] = is_known
            has_slot = self._condition.wait_for(lambda: self._next_in_queue() == network, self._seconds)
            del self._queue[network]
            if has_slot:
                self._active[network] = is_known
            self._condition.notify_all()
        if not has_slot:
            raise AuthError(AuthCode.BUSY, seconds=_RETRY_AFTER_SECONDS)
        try:
            yield
        finally:
            with self._condition:
                del self._active[network]
                self._condition.notify_all()

    def _next_in_queue(self) -> str | None:
        """The network that has waited longest, of those for which a slot is free."""
        for network, is_known in self._queue.items():
            if network not in self._active and self._has_room(self._active, is_known):
                return network
        return None

    def _has_room(self, networks: Mapping[str, bool], is_known: bool) -> bool:
        unknown_count = sum(not known for known in networks.values())
        return len(networks) < self._max_active and (is_known or unknown_count < self._max_active - 1)


def normalize_password(password: str) -> str:
    """Unicode NFC: "ế" may be typed as one letter or as "e" with two combining marks."""
    return normal_form("NFC", password).encode("utf-8", "replace").decode()


def require_strong(password: str, names: tuple[str, ...], *, has_mfa: bool) -> None:
    """Checks a new password; `names`: of the user and the agency, which it must not consist of.

    Raises AuthError: PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON.
    """
    password = normalize_password(password)
    least = MIN_LENGTH_WITH_MFA if has_mfa else MIN_LENGTH
    if len(password) < least:
        raise AuthError(AuthCode.PASSWORD_TOO_SHORT, least=least)
    if len(password) > MAX_LENGTH:
        raise AuthError(AuthCode.PASSWORD_TOO_LONG, most=MAX_LENGTH)
    if len(set(password.casefold())) < _MIN_DISTINCT_CHARACTERS or is_common(password, names):
        raise AuthError(AuthCode.PASSWORD_COMMON)


def generate_one_time() -> str:
    """A one-time password that can be read out on the telephone: 79 bits in four groups."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
