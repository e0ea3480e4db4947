"""Passwords: argon2id, what is asked of one, and how many are hashed at once."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Condition, Lock
from typing import TYPE_CHECKING
from unicodedata import normalize

from ioc.auth.errors import Refused
from ioc.auth.lockout import network
from ioc.auth.password_strength import common

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, LEAST_WITH_FACTOR, MOST = 14, 8, 128
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
# OWASP's second choice of argon2id: as strong as 46 MiB once, with less of the memory that screens need.
_MEMORY_KIB, _TIMES, _LANES = 19_456, 2, 1
_PLACES, _BUSY_SECONDS, _QUEUE_SECONDS = 3, 2, 1.0
_FEWEST = 5  # different characters


class Hasher:
    """One per process, which hashes one password at a time: each takes 19 MiB and a processor.

    argon2 is loaded at the first password.
    """

    def __init__(self) -> None:
        self._one = Lock()

    @cached_property
    def _argon(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher(_TIMES, _MEMORY_KIB, _LANES)

    @cached_property
    def _nobodys(self) -> str:
        return self._argon.hash(secrets.token_urlsafe(24))

    def hash(self, password: str) -> str:
        """The password as it is kept."""
        with self._one:
            return self._argon.hash(plain(password))

    def right(self, kept: str, password: str) -> bool:
        """Whether it is the one that was kept; as much work when nothing is kept."""
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            with self._one:
                return self._argon.verify(kept or self._nobodys, plain(password)[: MOST + 1]) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._argon.check_needs_rehash(kept)


class Places:
    """How many may be at their password at once: a few, each address once (of IPv6 each network of 64 bits, which is
    one customer); a few more wait their turn, for a moment.

    So the threads that serve screens cannot be used up by who signs in, nor the places by one address. `known`: whether
    somebody has signed in from an address, or such a network, before. The last place, and the last in the queue,
    are for these: whoever floods the door from addresses that nobody knows shuts nobody of the house out.
    """

    def __init__(
        self, known: Callable[[str], bool] = lambda _: True, places: int = _PLACES, seconds: float = _QUEUE_SECONDS
    ) -> None:
        self._known, self._most, self._seconds = known, places, seconds
        self._in: dict[str, bool] = {}
        self._queue: dict[str, bool] = {}
        self._turn = Condition()

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """A place for a while; Refused("busy") when none is free in time, at once when too many wait already."""
        whose = network(address)
        known = self._known(whose)
        with self._turn:
            if whose in self._queue or not self._room(self._queue, known):
                raise Refused("busy", seconds=_BUSY_SECONDS)
            self._queue[whose] = known
            mine = self._turn.wait_for(lambda: self._next() == whose, self._seconds)
            del self._queue[whose]
            if mine:
                self._in[whose] = known
            self._turn.notify_all()
        if not mine:
            raise Refused("busy", seconds=_BUSY_SECONDS)
        try:
            yield
        finally:
            with self._turn:
                del self._in[whose]
                self._turn.notify_all()

    def _next(self) -> str | None:
        """Who has waited longest of those for whom there is a place."""
        return next((one for one, known in self._queue.items() if one not in self._in and self._room(self._in, known)),
                    None)  # fmt: skip

    def _room(self, held: Mapping[str, bool], known: bool) -> bool:
        strangers = sum(not one for one in held.values())
        return len(held) < self._most and (known or strangers < self._most - 1)


def plain(password: str) -> str:
    """One form of what can be typed in several: ế is one letter, or e with two signs."""
    return normalize("NFC", password).encode("utf-8", "replace").decode()


def demand_good(password: str, names: tuple[str, ...], *, factor: bool) -> None:
    """Refused when it is too short or long, one that many use, or made of `names`: of the person, the agency."""
    password = plain(password)
    least = LEAST_WITH_FACTOR if factor else LEAST
    if len(password) < least:
        raise Refused("password_short", least=least)
    if len(password) > MOST:
        raise Refused("password_long", most=MOST)
    if len(set(password.casefold())) < _FEWEST or common(password, names):
        raise Refused("password_common")


def one_time() -> str:
    """A password to be told on the telephone: 79 bits in four groups."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
