"""Screens: a wall shows a short code, somebody who may enrols it, and it is known for months by a cookie of its own."""

import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, tokens
from ioc.auth.errors import Refused
from ioc.auth.ip_allowlist import Networks, inside, key_of, read_networks, written
from ioc.auth.lockout import network
from ioc.auth.passwords import ALPHABET
from ioc.auth.principal import Gone, Kind, Visitor
from ioc.auth.session_cache import Held
from ioc.domain.base.access_policy import Access
from ioc.domain.base.times import Clock
from ioc.storage.access import displays
from ioc.storage.access.displays import Ask, Screen
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError

CODE = timedelta(minutes=10)  # how long a code is good
_ON_ITS_WAY = timedelta(hours=1)
RENEW = timedelta(days=7)  # how old a cookie grows before the screen is given another
COOKIE_DAYS = 400  # the longest that browsers keep one
_NOTE = timedelta(minutes=10)  # between two notes of when a screen was here
_WAIT, _WAIT_EACH, _TRIES = 50, 4, 8
_SIZE = 8
log = logging.getLogger("ioc.access")


@dataclass(frozen=True, slots=True)
class Code:
    """What an unknown screen is given: `code` to be shown, `secret` to come back with, both good until `until`."""

    code: str
    secret: str
    until: datetime


@dataclass(slots=True)
class _Known:
    screen: Screen
    networks: Networks
    newest: bool  # it shows its newest cookie
    noted: datetime
    address: str


class Screens:
    """One per process, safe to share between threads. `monotonic` only paces how often the store is looked at."""

    def __init__(
        self, store: Store, clock: Clock, rules: Access, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.store, self.clock, self.rules = store, clock, rules
        self._held = Held[_Known](store, monotonic, self._read)

    def ask(self, address: str, agent: str = "") -> Code:
        """A code to be shown. Refused("screen_many") when too many wait, here or of one network."""
        now, secret = self.clock(), tokens.new()
        with self.store.write() as conn:
            displays.sweep(conn, now - CODE)
            _make_room(conn, address)
            for _ in range(_TRIES):
                code = "".join(secrets.choice(ALPHABET) for _ in range(_SIZE))
                if displays.ask(conn, code, tokens.digest(secret) or "", address, agent, now):
                    return Code(f"{code[:4]}-{code[4:]}", secret, now + CODE)
        raise Refused("screen_many")

    def asking(self) -> list[Ask]:
        """The screens that show a code now."""
        now = self.clock()
        with self.store.read() as conn:
            return [one for one in displays.asking(conn) if _good(one, now) and not one.screen]

    def enrol(self, code: str, name: str, page: str, networks: str, by: Visitor) -> str:
        """The screen that shows `code` is called `name` from now on; its key. `networks`: CIDR, "" for anywhere.

        Refused: screen_code, screen_name, range_bad, range_long, screen_outside (it is not in them).
        """
        plain = "".join(one for one in code.casefold() if one.isalnum())[: _SIZE + 1]
        key, within = key_of(name), read_networks(networks)
        kept = written(within)
        with self._changing() as (conn, now):
            asked = displays.asked(conn, plain)
            if asked is None or not _good(asked, now) or not displays.granted(conn, plain, key):
                raise Refused("screen_code")
            if not inside(asked.address, within):
                raise Refused("screen_outside", address=asked.address)
            fields = {"shown": name.strip()[:200], "page": page[:200], "range": kept}
            nobodys = tokens.digest(tokens.new()) or ""  # until the screen collects its cookie
            if not displays.add(conn, key, nobodys, now, by.name, address=asked.address, **fields):
                raise Refused("screen_name", name=name)
            entry = audit_log.by(by, "screen-enrolled", key, after=f"{page} {kept}".strip())
            audit_log.write(conn, entry, now)
        return key

    def collect(self, secret: str) -> str | None:
        """The cookie of a screen that was enrolled; once. None while nobody did, or no more. `waits` tells which."""
        digest, now, cookie = tokens.digest(secret) or "", self.clock(), tokens.new()
        with self.store.write() as conn:
            asked = displays.asked_with(conn, digest)
            if asked is None or not asked.screen or not _good(asked, now) or not displays.collected(conn, digest):
                return None
            displays.cookie(conn, asked.screen, tokens.digest(cookie) or "", "", now)
        return cookie

    def waits(self, secret: str) -> bool:
        """Whether its code is still good."""
        with self.store.read() as conn:
            asked = displays.asked_with(conn, tokens.digest(secret) or "")
        return asked is not None and _good(asked, self.clock())

    def visitor(self, cookie: str, address: str) -> Visitor:
        """Which screen holds the cookie. Of one that is none of ours now: nobody, with why, and which it was."""
        digest = tokens.digest(cookie)
        known = self._held.get(digest) if digest else None
        if digest is None or known is None:
            return Visitor(address=address, gone=Gone.SCREEN_UNKNOWN)
        one, now = known.screen, self.clock()
        if why := self._closed(known, address, now):
            return Visitor(name=one.key, shown=one.shown, address=address, gone=why)
        self._note(known, digest, address, now)
        return Visitor(Kind.SCREEN, one.key, one.shown, address=address)

    def _closed(self, known: _Known, address: str, now: datetime) -> Gone:
        if known.screen.revoked:
            return Gone.SCREEN_REVOKED
        if now - max(known.screen.seen, known.noted) > timedelta(days=self.rules.screen_days):
            return Gone.SCREEN_UNUSED
        return Gone.NONE if inside(address, known.networks) else Gone.SCREEN_OUTSIDE

    def renewed(self, cookie: str, address: str) -> str | None:
        """A new cookie for a screen whose own grows old, so that it is known for as long as it is used; None: not yet.

        The old one is good until the new one is shown: an answer that gets lost turns no wall dark.
        """
        digest = tokens.digest(cookie)
        known = self._held.get(digest) if digest and self.visitor(cookie, address).kind is Kind.SCREEN else None
        if digest is None or known is None or not _old(known.screen, known.newest, self.clock()):
            return None
        fresh = tokens.new()
        with self._changing() as (conn, now):
            found = displays.found(conn, digest)  # another request of the same screen may have been first
            if found is None or found[0].revoked or not _old(*found, now):
                return None
            displays.cookie(conn, found[0].key, tokens.digest(fresh) or "", digest, now)
        return fresh

    def page(self, key: str) -> str:
        """What the screen is to show, "" for nothing in particular."""
        with self.store.read() as conn:
            found = displays.get(conn, key)
        return found.page if found else ""

    def listed(self) -> list[Screen]:
        """All screens, the revoked ones last."""
        with self.store.read() as conn:
            return displays.listed(conn)

    def change(self, key: str, name: str, page: str, networks: str, by: Visitor) -> None:
        """What it is called, shows, and may come from. Refused: screen_none, range_bad, range_long."""
        within = written(read_networks(networks))
        with self._changing() as (conn, now):
            old = displays.get(conn, key)
            if old is None or old.revoked:
                raise Refused("screen_none")
            displays.change(conn, key, shown=name.strip()[:200], page=page[:200], range=within)
            told = audit_log.by(
                by, "screen-changed", key, before=f"{old.page} {old.range}".strip(), after=f"{page} {within}".strip()
            )
            audit_log.write(conn, told, now)

    def revoke(self, key: str, by: Visitor) -> None:
        """It is no screen of ours any more. Refused("screen_none")."""
        with self._changing() as (conn, now):
            if not displays.revoke(conn, key, now):
                raise Refused("screen_none")
            audit_log.write(conn, audit_log.by(by, "screen-revoked", key), now)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Conn, datetime]]:
        now = self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            yield conn, now

    @staticmethod
    def _read(conn: Conn, digest: str) -> _Known | None:
        found = displays.found(conn, digest)
        return (
            None
            if found is None
            else _Known(found[0], read_networks(found[0].range), found[1], found[0].seen, found[0].address)
        )

    def _note(self, known: _Known, digest: str, address: str, now: datetime) -> None:
        """That it was here; and that it has its new cookie, which makes an old one void."""
        fresh = known.newest and known.screen.old
        if not fresh and abs(now - known.noted) < _NOTE and known.address == address:
            return
        known.noted, known.address = now, address
        try:
            with self.store.write() as conn:
                if fresh:
                    change_counter.bump(conn, {"access"}, now)
                    displays.shown(conn, digest)
                displays.seen(conn, known.screen.key, address, now)
        except StoreError as error:
            log.warning("that screen %s was here could not be noted: %s", known.screen.key, error.reason)


def _make_room(conn: Conn, address: str) -> None:
    """For one more that waits. Where all places are taken, the oldest of those who have the most gives way."""
    waiting = displays.asking(conn)  # the newest first
    taken = Counter(network(one.address) for one in waiting)
    if taken[network(address)] >= _WAIT_EACH:
        raise Refused("screen_many")
    if len(waiting) >= _WAIT:
        greedy, most = taken.most_common(1)[0]
        if most <= taken[network(address)] + 1:
            raise Refused("screen_many")
        displays.give_way(conn, next(one.code for one in reversed(waiting) if network(one.address) == greedy))


def _good(asked: Ask, now: datetime) -> bool:
    """Whether its code is still good; of a clock that went back nobody knows."""
    return asked.asked - timedelta(minutes=1) <= now < asked.asked + CODE


def _old(screen: Screen, newest: bool, now: datetime) -> bool:
    """Whether it is time for another cookie. One that was given and has not been shown may still be on its way."""
    return now - screen.renewed >= (RENEW if newest else _ON_ITS_WAY)
