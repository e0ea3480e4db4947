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
from ioc.auth.credential_cache import CredentialCache
from ioc.auth.errors import AuthError
from ioc.auth.ip_allowlist import Networks, format_networks, is_address_allowed, parse_networks, slugify
from ioc.auth.lockout import client_network
from ioc.auth.passwords import ALPHABET
from ioc.auth.principal import Principal, PrincipalKind, RevokedReason
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import Clock
from ioc.storage.access import displays
from ioc.storage.access.displays import Display, EnrolmentRequest
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError

CODE_LIFETIME = timedelta(minutes=10)  # how long a code is good
_DELIVERY_GRACE = timedelta(hours=1)
RENEW_AFTER = timedelta(days=7)  # how old a cookie grows before the screen is given another
COOKIE_DAYS = 400  # the longest that browsers keep one
_RECORD_INTERVAL = timedelta(minutes=10)  # between two notes of when a screen was here
_MAX_PENDING, _MAX_PENDING_PER_NETWORK, _CODE_TRIES = 50, 4, 8
_CODE_LENGTH = 8
log = logging.getLogger("ioc.access")


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """What an unknown screen is given: `code` to be shown, `secret` to come back with, both good until `until`."""

    code: str
    secret: str
    expires_at: datetime


@dataclass(slots=True)
class _CachedDisplay:
    display: Display
    networks: Networks
    has_newest_cookie: bool  # it shows its newest cookie
    last_seen: datetime
    address: str


class DisplayService:
    """One per process, safe to share between threads. `monotonic` only paces how often the store is looked at."""

    def __init__(
        self, store: Store, clock: Clock, rules: AccessPolicy, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.store, self.clock, self.rules = store, clock, rules
        self._cache = CredentialCache[_CachedDisplay](store, monotonic, self._load)

    def request_code(self, address: str, user_agent: str = "") -> EnrolmentCode:
        """A code to be shown. Refused("screen_many") when too many wait, here or of one network."""
        now, secret = self.clock(), tokens.generate()
        with self.store.write() as conn:
            displays.sweep_requests(conn, now - CODE_LIFETIME)
            _make_room(conn, address)
            for _ in range(_CODE_TRIES):
                code = "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))
                if displays.request_enrolment(conn, code, tokens.digest(secret) or "", address, user_agent, now):
                    return EnrolmentCode(f"{code[:4]}-{code[4:]}", secret, now + CODE_LIFETIME)
        raise AuthError("screen_many")

    def pending_requests(self) -> list[EnrolmentRequest]:
        """The screens that show a code now."""
        now = self.clock()
        with self.store.read() as conn:
            return [one for one in displays.list_requests(conn) if _is_code_valid(one, now) and not one.display_key]

    def enrol(self, code: str, name: str, page: str, networks: str, by: Principal) -> str:
        """The screen that shows `code` is called `name` from now on; its key. `networks`: CIDR, "" for anywhere.

        Refused: screen_code, screen_name, range_bad, range_long, screen_outside (it is not in them).
        """
        plain = "".join(one for one in code.casefold() if one.isalnum())[: _CODE_LENGTH + 1]
        key, within = slugify(name), parse_networks(networks)
        kept = format_networks(within)
        with self._access_transaction() as (conn, now):
            asked = displays.get_request(conn, plain)
            if asked is None or not _is_code_valid(asked, now) or not displays.grant_request(conn, plain, key):
                raise AuthError("screen_code")
            if not is_address_allowed(asked.address, within):
                raise AuthError("screen_outside", address=asked.address)
            fields = {"display_name": name.strip()[:200], "page": page[:200], "allowed_networks": kept}
            nobodys = tokens.digest(tokens.generate()) or ""  # until the screen collects its cookie
            if not displays.add(conn, key, nobodys, now, by.name, last_address=asked.address, **fields):
                raise AuthError("screen_name", name=name)
            entry = audit_log.entry_by(by, "display-enrolled", key, after=f"{page} {kept}".strip())
            audit_log.write(conn, entry, now)
        return key

    def collect_cookie(self, secret: str) -> str | None:
        """The cookie of a screen that was enrolled; once. None while nobody did, or no more. `waits` tells which."""
        digest, now, cookie = tokens.digest(secret) or "", self.clock(), tokens.generate()
        with self.store.write() as conn:
            asked = displays.get_request_by_digest(conn, digest)
            if (
                asked is None
                or not asked.display_key
                or not _is_code_valid(asked, now)
                or not displays.collect_request(conn, digest)
            ):
                return None
            displays.renew_cookie(conn, asked.display_key, tokens.digest(cookie) or "", "", now)
        return cookie

    def is_pending(self, secret: str) -> bool:
        """Whether its code is still good."""
        with self.store.read() as conn:
            asked = displays.get_request_by_digest(conn, tokens.digest(secret) or "")
        return asked is not None and _is_code_valid(asked, self.clock())

    def authenticate(self, cookie: str, address: str) -> Principal:
        """Which screen holds the cookie. Of one that is none of ours now: nobody, with why, and which it was."""
        digest = tokens.digest(cookie)
        known = self._cache.get(digest) if digest else None
        if digest is None or known is None:
            return Principal(address=address, revoked_reason=RevokedReason.DISPLAY_UNKNOWN)
        one, now = known.display, self.clock()
        if why := self._rejection(known, address, now):
            return Principal(name=one.key, display_name=one.display_name, address=address, revoked_reason=why)
        self._record_use(known, digest, address, now)
        return Principal(PrincipalKind.DISPLAY, one.key, one.display_name, address=address)

    def _rejection(self, cached: _CachedDisplay, address: str, now: datetime) -> RevokedReason:
        if cached.display.revoked_at:
            return RevokedReason.DISPLAY_REVOKED
        if now - max(cached.display.last_seen, cached.last_seen) > timedelta(days=self.rules.display_days):
            return RevokedReason.DISPLAY_UNUSED
        return (
            RevokedReason.NONE
            if is_address_allowed(address, cached.networks)
            else RevokedReason.DISPLAY_OUTSIDE_NETWORK
        )

    def renew_cookie(self, cookie: str, address: str) -> str | None:
        """A new cookie for a screen whose own grows old, so that it is known for as long as it is used; None: not yet.

        The old one is good until the new one is shown: an answer that gets lost turns no wall dark.
        """
        digest = tokens.digest(cookie)
        known = (
            self._cache.get(digest)
            if digest and self.authenticate(cookie, address).kind is PrincipalKind.DISPLAY
            else None
        )
        if digest is None or known is None or not _needs_renewal(known.display, known.has_newest_cookie, self.clock()):
            return None
        fresh = tokens.generate()
        with self._access_transaction() as (conn, now):
            found = displays.get_by_digest(conn, digest)  # another request of the same screen may have been first
            if found is None or found[0].revoked_at or not _needs_renewal(*found, now):
                return None
            displays.renew_cookie(conn, found[0].key, tokens.digest(fresh) or "", digest, now)
        return fresh

    def page_of(self, key: str) -> str:
        """What the screen is to show, "" for nothing in particular."""
        with self.store.read() as conn:
            found = displays.get(conn, key)
        return found.page if found else ""

    def list_all(self) -> list[Display]:
        """All screens, the revoked ones last."""
        with self.store.read() as conn:
            return displays.list_all(conn)

    def change(self, key: str, name: str, page: str, networks: str, by: Principal) -> None:
        """What it is called, shows, and may come from. Refused: screen_none, range_bad, range_long."""
        within = format_networks(parse_networks(networks))
        with self._access_transaction() as (conn, now):
            old = displays.get(conn, key)
            if old is None or old.revoked_at:
                raise AuthError("screen_none")
            displays.change(conn, key, display_name=name.strip()[:200], page=page[:200], allowed_networks=within)
            told = audit_log.entry_by(
                by,
                "display-changed",
                key,
                before=f"{old.page} {old.allowed_networks}".strip(),
                after=f"{page} {within}".strip(),
            )
            audit_log.write(conn, told, now)

    def revoke(self, key: str, by: Principal) -> None:
        """It is no screen of ours any more. Refused("screen_none")."""
        with self._access_transaction() as (conn, now):
            if not displays.revoke(conn, key, now):
                raise AuthError("screen_none")
            audit_log.write(conn, audit_log.entry_by(by, "display-revoked", key), now)

    @contextmanager
    def _access_transaction(self) -> Iterator[tuple[Conn, datetime]]:
        now = self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            yield conn, now

    @staticmethod
    def _load(conn: Conn, digest: str) -> _CachedDisplay | None:
        found = displays.get_by_digest(conn, digest)
        return (
            None
            if found is None
            else _CachedDisplay(
                found[0], parse_networks(found[0].allowed_networks), found[1], found[0].last_seen, found[0].last_address
            )
        )

    def _record_use(self, cached: _CachedDisplay, digest: str, address: str, now: datetime) -> None:
        """That it was here; and that it has its new cookie, which makes an old one void."""
        fresh = cached.has_newest_cookie and cached.display.has_old_cookie
        if not fresh and abs(now - cached.last_seen) < _RECORD_INTERVAL and cached.address == address:
            return
        cached.last_seen, cached.address = now, address
        try:
            with self.store.write() as conn:
                if fresh:
                    change_counter.bump(conn, {"access"}, now)
                    displays.confirm_cookie(conn, digest)
                displays.record_use(conn, cached.display.key, address, now)
        except StoreError as error:
            log.warning("that screen %s was here could not be noted: %s", cached.display.key, error.failure)


def _make_room(conn: Conn, address: str) -> None:
    """For one more that waits. Where all places are taken, the oldest of those who have the most gives way."""
    waiting = displays.list_requests(conn)  # the newest first
    taken = Counter(client_network(one.address) for one in waiting)
    if taken[client_network(address)] >= _MAX_PENDING_PER_NETWORK:
        raise AuthError("screen_many")
    if len(waiting) >= _MAX_PENDING:
        greedy, most = taken.most_common(1)[0]
        if most <= taken[client_network(address)] + 1:
            raise AuthError("screen_many")
        displays.delete_request(
            conn, next(one.code for one in reversed(waiting) if client_network(one.address) == greedy)
        )


def _is_code_valid(request: EnrolmentRequest, now: datetime) -> bool:
    """Whether its code is still good; of a clock that went back nobody knows."""
    return request.requested_at - timedelta(minutes=1) <= now < request.requested_at + CODE_LIFETIME


def _needs_renewal(display: Display, has_newest_cookie: bool, now: datetime) -> bool:
    """Whether it is time for another cookie. One that was given and has not been shown may still be on its way."""
    return now - display.cookie_renewed_at >= (RENEW_AFTER if has_newest_cookie else _DELIVERY_GRACE)
