"""Passwords: argon2id, what is asked of one, and how many are hashed at once."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Condition, Lock
from typing import TYPE_CHECKING
from unicodedata import normalize

from ioc.auth.errors import AuthError
from ioc.auth.lockout import client_network
from ioc.auth.password_strength import is_common

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH, MIN_LENGTH_WITH_MFA, MAX_LENGTH = 14, 8, 128
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
# OWASP's second choice of argon2id: as strong as 46 MiB once, with less of the memory that screens need.
_MEMORY_KIB, _TIME_COST, _PARALLELISM = 19_456, 2, 1
_SLOTS, _RETRY_AFTER_SECONDS, _QUEUE_SECONDS = 3, 2, 1.0
_MIN_DISTINCT_CHARACTERS = 5  # different characters


class Hasher:
    """One per process, which hashes one password at a time: each takes 19 MiB and a processor.

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
        """The password as it is kept."""
        with self._lock:
            return self._argon.hash(normalize_password(password))

    def verify(self, stored_hash: str, password: str) -> bool:
        """Whether it is the one that was kept; as much work when nothing is kept."""
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            with self._lock:
                return self._argon.verify(
                    stored_hash or self._dummy_hash, normalize_password(password)[: MAX_LENGTH + 1]
                ) and bool(stored_hash)
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, stored_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._argon.check_needs_rehash(stored_hash)


class HashingSlots:
    """How many may be at their password at once: a few, each address once (of IPv6 each network of 64 bits, which is
    one customer); a few more wait their turn, for a moment.

    So the threads that serve screens cannot be used up by who signs in, nor the places by one address. `known`: whether
    somebody has signed in from an address, or such a network, before. The last place, and the last in the queue,
    are for these: whoever floods the door from addresses that nobody knows shuts nobody of the house out.
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
        """A place for a while; Refused("busy") when none is free in time, at once when too many wait already."""
        whose = client_network(address)
        known = self._is_known(whose)
        with self._condition:
            if whose in self._queue or not self._has_room(self._queue, known):
                raise AuthError("busy", seconds=_RETRY_AFTER_SECONDS)
            self._queue[whose] = known
            mine = self._condition.wait_for(lambda: self._next_in_queue() == whose, self._seconds)
            del self._queue[whose]
            if mine:
                self._active[whose] = known
            self._condition.notify_all()
        if not mine:
            raise AuthError("busy", seconds=_RETRY_AFTER_SECONDS)
        try:
            yield
        finally:
            with self._condition:
                del self._active[whose]
                self._condition.notify_all()

    def _next_in_queue(self) -> str | None:
        """Who has waited longest of those for whom there is a place."""
        return next(
            (
                one
                for one, known in self._queue.items()
                if one not in self._active and self._has_room(self._active, known)
            ),
            None,
        )

    def _has_room(self, held: Mapping[str, bool], is_known: bool) -> bool:
        strangers = sum(not one for one in held.values())
        return len(held) < self._max_active and (is_known or strangers < self._max_active - 1)


def normalize_password(password: str) -> str:
    """One form of what can be typed in several: ế is one letter, or e with two signs."""
    return normalize("NFC", password).encode("utf-8", "replace").decode()


def require_strong(password: str, names: tuple[str, ...], *, has_mfa: bool) -> None:
    """Refused when it is too short or long, one that many use, or made of `names`: of the person, the agency."""
    password = normalize_password(password)
    least = MIN_LENGTH_WITH_MFA if has_mfa else MIN_LENGTH
    if len(password) < least:
        raise AuthError("password_short", least=least)
    if len(password) > MAX_LENGTH:
        raise AuthError("password_long", most=MAX_LENGTH)
    if len(set(password.casefold())) < _MIN_DISTINCT_CHARACTERS or is_common(password, names):
        raise AuthError("password_common")


def generate_one_time() -> str:
    """A password to be told on the telephone: 79 bits in four groups."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
