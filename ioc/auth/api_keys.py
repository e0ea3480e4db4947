"""API keys of programs on other machines: created, checked and revoked here."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from ioc.auth import audit_log, tokens
from ioc.auth.credential_cache import CredentialCache, access_transaction
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.ip_allowlist import format_networks, is_address_allowed, parse_networks, require_name_and_networks
from ioc.auth.sent_twice import answer_once
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason, Scope
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import Clock
from ioc.net.ip_networks import Networks
from ioc.storage.access import api_keys
from ioc.storage.access.api_keys import ApiKey
from ioc.storage.db.background_writer import Defer, write_at_once
from ioc.storage.db.store import Conn, Store

KEY_PREFIX = "ioc-"  # secret scanners recognise a leaked key by it
_RECORD_INTERVAL = timedelta(minutes=1)  # between two records of a key's last use


@dataclass(slots=True)
class _CachedKey:
    api_key: ApiKey
    networks: Networks
    last_seen: datetime | None  # None: never used
    address: str


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key to be created. `networks`: CIDR, "" for anywhere."""

    name: str
    scopes: Collection[Scope]
    networks: str = ""


class ApiKeyService:
    """One per process, safe to share between threads. `monotonic` only paces how often the store is read.

    What takes a principal `by` raises PermissionDeniedError for who may not administer.
    """

    def __init__(
        self, store: Store, clock: Clock, policy: AccessPolicy, monotonic: Callable[[], float] = time.monotonic,
        defer: Defer | None = None,
    ) -> None:  # fmt: skip
        """`defer`: writes what no answer waits for; None: at once."""
        self.store, self.clock, self.policy = store, clock, policy
        self._defer = defer or write_at_once(store)
        self._cache = CredentialCache[_CachedKey](store, monotonic, self._load)

    def create(self, new: NewApiKey, by: Principal, form_key: str = "") -> str:
        """Creates a key and returns its secret, which is kept nowhere. `form_key`: of the form, see sent_twice.py.

        Raises AuthError: API_KEY_NAME_TAKEN, NAME_MISSING, SCOPE_MISSING, NETWORK_INVALID, NETWORKS_TOO_LONG;
        CommandError.
        """
        require(by, Action.ADMINISTER)
        key, allowed = require_name_and_networks(new.name, new.networks, partial(_require_scope, new.scopes))
        range_, granted = format_networks(allowed), " ".join(sorted(set(new.scopes)))
        fields = {"display_name": clean_text(new.name.strip(), 200), "scopes": granted, "allowed_networks": range_}
        secret = tokens.generate()
        with access_transaction(self.store, self.clock) as (conn, now):

            def act() -> str:
                if not api_keys.add(conn, key, tokens.digest(secret) or "", now, by.name, **fields):
                    raise AuthError(AuthCode.API_KEY_NAME_TAKEN, name=new.name)
                entry = audit_log.entry_by(by, "api-key-created", key, after=f"{granted} {range_}".strip())
                audit_log.write(conn, entry, now)
                return KEY_PREFIX + secret

            return answer_once(conn, by, form_key, ["api-key", key, fields], now, act)

    def revoke(self, key: str, by: Principal) -> None:
        """Revokes a key. Raises AuthError: API_KEY_NOT_FOUND."""
        require(by, Action.ADMINISTER)
        with access_transaction(self.store, self.clock) as (conn, now):
            if not api_keys.revoke(conn, key, now):
                raise AuthError(AuthCode.API_KEY_NOT_FOUND)
            audit_log.write(conn, audit_log.entry_by(by, "api-key-revoked", key), now)

    def list_all(self, by: Principal) -> list[ApiKey]:
        """All keys, the revoked ones last."""
        require(by, Action.ADMINISTER)
        with self.store.read() as conn:
            return api_keys.list_all(conn)

    def principal_of(self, key: str) -> Principal | None:
        """Who acts by the key of that short name, for what is sent to its program; None without a valid one."""
        with self.store.read() as conn:
            found = api_keys.get(conn, key)
        return _principal(found) if found and not found.revoked_at else None

    def authenticate(self, key: str, address: str) -> Principal:
        """The principal of a key; an anonymous one with a `revoked_reason` when the key is not accepted."""
        digest = tokens.digest(key.removeprefix(KEY_PREFIX)) if key.startswith(KEY_PREFIX) else None
        cached = self._cache.get(digest) if digest else None
        if cached is None:
            return Principal(address=address, revoked_reason=RevokedReason.KEY_UNKNOWN)
        api_key, now = cached.api_key, self.clock()
        if reason := self._rejection(cached, address, now):
            return Principal(
                name=api_key.key, display_name=api_key.display_name, address=address, revoked_reason=reason
            )
        self._record_use(cached, address, now)
        return _principal(api_key, address)

    def _rejection(self, cached: _CachedKey, address: str, now: datetime) -> RevokedReason | None:
        api_key = cached.api_key
        if api_key.revoked_at:
            return RevokedReason.KEY_REVOKED
        last_used = max(filter(None, (api_key.created_at, api_key.last_seen, cached.last_seen)))
        if now - last_used > timedelta(days=self.policy.display_days):
            return RevokedReason.KEY_UNUSED
        return None if is_address_allowed(address, cached.networks) else RevokedReason.KEY_OUTSIDE_NETWORK

    @staticmethod
    def _load(conn: Conn, digest: str) -> _CachedKey | None:
        api_key = api_keys.get_by_digest(conn, digest)
        if api_key is None:
            return None
        return _CachedKey(api_key, parse_networks(api_key.allowed_networks), api_key.last_seen, api_key.last_address)

    def _record_use(self, cached: _CachedKey, address: str, now: datetime) -> None:
        is_recent = cached.last_seen and is_within(_RECORD_INTERVAL, cached.last_seen, now, CLOCK_TOLERANCE)
        if is_recent and cached.address == address:
            return
        key = cached.api_key.key
        self._defer(f"use of API key {key}", lambda conn: api_keys.record_use(conn, key, address, now))
        cached.last_seen, cached.address = now, address


def _principal(api_key: ApiKey, address: str = "") -> Principal:
    scopes = frozenset(scope for scope in Scope if scope in api_key.scopes)
    return Principal(
        PrincipalKind.API_KEY, api_key.key, api_key.display_name, address=address, scopes=scopes,
        issued_at=api_key.created_at,
    )  # fmt: skip


def _require_scope(scopes: Collection[Scope]) -> None:
    if not scopes:
        raise AuthError(AuthCode.SCOPE_MISSING)
