"""Displays: an unknown screen shows a short code, an operator enrols it, and it is recognised by its cookie after."""

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from ioc.auth import audit_log, tokens
from ioc.auth.credential_cache import CredentialCache, access_transaction
from ioc.auth.enrolment_queue import CODE_LENGTH, CODE_LIFETIME, MAX_PENDING, PlaceCodes, is_code_valid, make_room
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.ip_allowlist import format_networks, is_address_allowed, parse_networks, require_name_and_networks
from ioc.auth.passwords import ALPHABET
from ioc.auth.secret_key import SecretKey
from ioc.auth.sent_twice import answer_once
from ioc.domain.access.display_contact import RECORD_INTERVAL, was_seen
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.times import Clock
from ioc.net.ip_networks import Networks
from ioc.storage.access import displays
from ioc.storage.access.displays import Display, EnrolmentRequest
from ioc.storage.db import change_counter
from ioc.storage.db.background_writer import Defer, write_at_once
from ioc.storage.db.store import Conn, Store, StoreError

RENEW_AFTER = timedelta(days=7)  # age at which a display's cookie is replaced
COOKIE_DAYS = 400  # the longest that browsers keep a cookie
_DELIVERY_GRACE = timedelta(hours=1)  # a new cookie that was not shown yet may still be on its way
_CODE_TRIES = 8
log = logging.getLogger("ioc.access")


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """`code`: to be shown on the screen. `secret`: to collect the cookie with. Both are valid until `expires_at`."""

    code: str
    secret: str
    expires_at: datetime


@dataclass(slots=True)
class _CachedDisplay:
    display: Display
    networks: Networks
    has_newest_cookie: bool  # the cookie shown is the newest one issued
    last_seen: datetime
    address: str
    is_use_recorded: bool = False  # by this process


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """Settings of a display. `page`: path of what it shows. `networks`: CIDR, "" for anywhere."""

    name: str
    page: str
    networks: str = ""


class DisplayService:
    """One per process, safe to share between threads. `monotonic` only paces how often the store is read.

    What takes a principal `by` raises PermissionDeniedError for who may not manage displays.
    """

    def __init__(
        self, store: Store, clock: Clock, policy: AccessPolicy, secret: SecretKey,
        monotonic: Callable[[], float] = time.monotonic, defer: Defer | None = None,
    ) -> None:  # fmt: skip
        """`defer`: writes what no answer waits for; None: at once."""
        self.store, self.clock, self.policy = store, clock, policy
        self._defer = defer or write_at_once(store)
        self._places = PlaceCodes(secret.derive("display-place"))
        self._cache = CredentialCache[_CachedDisplay](store, monotonic, self._load)

    def place_code(self, by: Principal) -> str:
        """A code with which a screen gets a place in a full queue, for ten to twenty minutes."""
        require(by, Action.MANAGE_DISPLAYS)
        return self._places.current(self.clock())

    def request_code(self, address: str, user_agent: str = "", place_code: str = "") -> EnrolmentCode:
        """A code for an unknown screen. Raises AuthError: DISPLAY_QUEUE_FULL.

        `place_code`: with a valid one another request gives way.
        """
        now, secret = self.clock(), tokens.generate()
        with self.store.write() as conn:
            displays.sweep_requests(conn, now - CODE_LIFETIME)
            make_room(conn, address, has_place=self._places.is_valid(place_code, now))
            for _ in range(_CODE_TRIES):
                code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
                if displays.request_enrolment(conn, code, tokens.digest(secret) or "", address, user_agent, now):
                    return EnrolmentCode(f"{code[:4]}-{code[4:]}", secret, now + CODE_LIFETIME)
        raise AuthError(AuthCode.DISPLAY_QUEUE_FULL)

    def is_queue_crowded(self, by: Principal) -> bool:
        """Whether a screen may need a place code."""
        return len(self.pending_requests(by)) >= MAX_PENDING // 2

    def pending_requests(self, by: Principal) -> list[EnrolmentRequest]:
        """The screens that show a valid code now."""
        require(by, Action.MANAGE_DISPLAYS)
        now = self.clock()
        with self.store.read() as conn:
            requests = displays.list_requests(conn)
        return [request for request in requests if is_code_valid(request, now) and not request.display_key]

    def enrol(self, code: str, settings: DisplaySettings, by: Principal, form_key: str = "") -> str:
        """Enrols the screen that shows `code`; returns its key. `form_key`: of the form, see sent_twice.py.

        Raises AuthError: DISPLAY_CODE_MISSING, DISPLAY_CODE_INVALID, DISPLAY_NAME_TAKEN, DISPLAY_OUTSIDE_NETWORKS,
        NAME_MISSING, NETWORK_INVALID, NETWORKS_TOO_LONG; CommandError.
        """
        require(by, Action.MANAGE_DISPLAYS)
        plain_code = "".join(letter for letter in code.casefold() if letter.isalnum())[: CODE_LENGTH + 1]
        key, allowed = require_name_and_networks(settings.name, settings.networks, partial(_require_code, plain_code))
        range_ = format_networks(allowed)
        fields = _fields(settings, range_)
        with access_transaction(self.store, self.clock) as (conn, now):

            def act() -> str:
                address = _granted_address(conn, plain_code, key, now)
                if not is_address_allowed(address, allowed):
                    raise AuthError(AuthCode.DISPLAY_OUTSIDE_NETWORKS, address=address)
                placeholder = tokens.digest(tokens.generate()) or ""  # until the display collects its cookie
                if not displays.add(conn, key, placeholder, now, by.name, last_address=address, **fields):
                    raise AuthError(AuthCode.DISPLAY_NAME_TAKEN, name=settings.name)
                entry = audit_log.entry_by(by, "display-enrolled", key, after=f"{settings.page} {range_}".strip())
                audit_log.write(conn, entry, now)
                return key

            return answer_once(conn, by, form_key, ["display", plain_code, key, fields], now, act)

    def collect_cookie(self, secret: str) -> str | None:
        """The cookie of a display that was enrolled, the same until it is shown: an answer may be lost. Else None."""
        digest, now, cookie = tokens.digest(secret) or "", self.clock(), tokens.derive(secret, "display-cookie")
        with self.store.write() as conn:
            request = displays.get_request_by_digest(conn, digest)
            if request is None or not request.display_key or not is_code_valid(request, now):
                return None
            displays.renew_cookie(conn, request.display_key, tokens.digest(cookie) or "", "", now)
        return cookie

    def is_pending(self, secret: str) -> bool:
        """Whether the code that belongs to `secret` is still valid."""
        with self.store.read() as conn:
            request = displays.get_request_by_digest(conn, tokens.digest(secret) or "")
        return request is not None and is_code_valid(request, self.clock())

    def authenticate(self, cookie: str, address: str, *, is_use: bool = True) -> Principal:
        """The principal of a cookie; an anonymous one with a reason where none is accepted. `is_use`: it was shown."""
        digest = tokens.digest(cookie)
        cached = self._cache.get(digest) if digest else None
        if digest is None or cached is None:
            return Principal(address=address, revoked_reason=RevokedReason.DISPLAY_UNKNOWN)
        display, now = cached.display, self.clock()
        if reason := self._rejection(cached, address, now):
            return Principal(
                name=display.key, display_name=display.display_name, address=address, revoked_reason=reason
            )
        if is_use:
            self._record_use(cached, digest, address, now)
        return Principal(
            PrincipalKind.DISPLAY, display.key, display.display_name, address=address, issued_at=display.enrolled_at
        )

    def _rejection(self, cached: _CachedDisplay, address: str, now: datetime) -> RevokedReason | None:
        if cached.display.revoked_at:
            return RevokedReason.DISPLAY_REVOKED
        if now - max(cached.display.last_seen, cached.last_seen) > timedelta(days=self.policy.display_days):
            return RevokedReason.DISPLAY_UNUSED
        return None if is_address_allowed(address, cached.networks) else RevokedReason.DISPLAY_OUTSIDE_NETWORK

    def renew_cookie(self, cookie: str, address: str) -> str | None:
        """The cookie that the browser is to keep: `cookie`, or a new one when that grows old.

        The old cookie stays valid until the new one is shown: a lost response must not disconnect a display. None where
        a newer one is on its way to another window of the browser: this answer must not put the old one in its place.
        """
        digest = tokens.digest(cookie)
        if digest is None or self.authenticate(cookie, address).kind is not PrincipalKind.DISPLAY:
            return None
        cached = self._cache.get(digest)
        if cached is None:
            return None
        if not _needs_renewal(cached.display, cached.has_newest_cookie, self.clock()):
            return cookie if cached.has_newest_cookie else None
        try:
            return self._renewed_cookie(cookie, digest)
        except StoreError as error:  # the page is shown all the same, and the next one tries again
            log.warning("cookie of display %s not renewed: %s", cached.display.key, error.failure)
            return cookie

    def _renewed_cookie(self, cookie: str, digest: str) -> str | None:
        new_cookie = tokens.generate()
        with access_transaction(self.store, self.clock) as (conn, now):
            current = displays.get_by_digest(conn, digest)  # another request of the same display may have been first
            if current is None or current[0].revoked_at:
                return None
            if not _needs_renewal(*current, now):
                return cookie if current[1] else None
            displays.renew_cookie(conn, current[0].key, tokens.digest(new_cookie) or "", digest, now)
        return new_cookie

    def page_of(self, key: str) -> str:
        """The path that the display is to show, "" for none in particular."""
        with self.store.read() as conn:
            display = displays.get(conn, key)
        return display.page if display else ""

    def list_all(self, by: Principal) -> list[Display]:
        """All displays, the revoked ones last."""
        require(by, Action.MANAGE_DISPLAYS)
        with self.store.read() as conn:
            return displays.list_all(conn)

    def change(self, key: str, settings: DisplaySettings, by: Principal, *, version: str | None = None) -> None:
        """Changes the settings. `version`: of the display as the operator saw it.

        Raises AuthError: DISPLAY_NOT_FOUND, DISPLAY_CHANGED, NAME_MISSING, NETWORK_INVALID, NETWORKS_TOO_LONG.
        """
        require(by, Action.MANAGE_DISPLAYS)
        # The key stays as it was; a name without letters is none.
        _, allowed = require_name_and_networks(settings.name, settings.networks)
        range_ = format_networks(allowed)
        with access_transaction(self.store, self.clock) as (conn, now):
            old = displays.get(conn, key)
            if old is None or old.revoked_at:
                raise AuthError(AuthCode.DISPLAY_NOT_FOUND)
            if version is not None and version != old.version:
                raise AuthError(AuthCode.DISPLAY_CHANGED)
            displays.change(conn, key, **_fields(settings, range_))
            before, after = f"{old.page} {old.allowed_networks}".strip(), f"{settings.page} {range_}".strip()
            audit_log.write(conn, audit_log.entry_by(by, "display-changed", key, before=before, after=after), now)

    def revoke(self, key: str, by: Principal) -> None:
        """Revokes a display. Raises AuthError: DISPLAY_NOT_FOUND."""
        require(by, Action.MANAGE_DISPLAYS)
        with access_transaction(self.store, self.clock) as (conn, now):
            if not displays.revoke(conn, key, now):
                raise AuthError(AuthCode.DISPLAY_NOT_FOUND)
            audit_log.write(conn, audit_log.entry_by(by, "display-revoked", key), now)

    @staticmethod
    def _load(conn: Conn, digest: str) -> _CachedDisplay | None:
        row = displays.get_by_digest(conn, digest)
        if row is None:
            return None
        display, has_newest_cookie = row
        networks = parse_networks(display.allowed_networks)
        return _CachedDisplay(display, networks, has_newest_cookie, display.last_seen, display.last_address)

    def _record_use(self, cached: _CachedDisplay, digest: str, address: str, now: datetime) -> None:
        """Records the use; the first use of a new cookie makes the old one void."""
        confirms_cookie = cached.has_newest_cookie and cached.display.has_old_cookie
        is_recent = is_within(RECORD_INTERVAL, cached.last_seen, now, CLOCK_TOLERANCE) and cached.address == address
        is_known = cached.is_use_recorded or was_seen(cached.display.enrolled_at, cached.last_seen)
        if is_recent and is_known and not confirms_cookie:
            return
        key = cached.display.key

        def record(conn: Conn) -> None:
            if confirms_cookie:
                change_counter.bump(conn, {"access"}, now)
                displays.confirm_cookie(conn, digest)
            displays.record_use(conn, key, address, now)
            displays.end_request(conn, key)

        self._defer(f"use of display {key}" + (" with its new cookie" if confirms_cookie else ""), record)
        cached.last_seen, cached.address, cached.is_use_recorded = now, address, True


def _require_code(code: str) -> None:
    if not code:
        raise AuthError(AuthCode.DISPLAY_CODE_MISSING)


def _granted_address(conn: Conn, code: str, key: str, now: datetime) -> str:
    """Grants the request of the screen that shows `code`; its address. AuthError: DISPLAY_CODE_INVALID."""
    request = displays.get_request(conn, code)
    if request is None or not is_code_valid(request, now) or not displays.grant_request(conn, code, key):
        raise AuthError(AuthCode.DISPLAY_CODE_INVALID)
    return request.address


def _fields(settings: DisplaySettings, allowed_networks: str) -> dict[str, str]:
    name, page = settings.name.strip()[:200], settings.page[:200]
    return {"display_name": name, "page": page, "allowed_networks": allowed_networks}


def _needs_renewal(display: Display, has_newest_cookie: bool, now: datetime) -> bool:
    return not is_within(RENEW_AFTER if has_newest_cookie else _DELIVERY_GRACE, display.cookie_renewed_at, now)
