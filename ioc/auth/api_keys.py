"""Programs of other machines: each has a key of its own, which reads what it was made for, and can be revoked."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, tokens
from ioc.auth.credential_cache import CredentialCache
from ioc.auth.errors import AuthError
from ioc.auth.ip_allowlist import Networks, format_networks, is_address_allowed, parse_networks, slugify
from ioc.auth.principal import Principal, PrincipalKind, RevokedReason, Scope
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import Clock
from ioc.storage.access import api_keys
from ioc.storage.access.api_keys import ApiKey
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError

KEY_PREFIX = "ioc-"  # by which who searches files for secrets knows one of ours
_RECORD_INTERVAL = timedelta(minutes=1)  # between two notes of when a program was here
log = logging.getLogger("ioc.access")


@dataclass(slots=True)
class _CachedKey:
    api_key: ApiKey
    networks: Networks
    last_seen: datetime | None  # None: it never came
    address: str


class ApiKeyService:
    """One per process, safe to share between threads. `monotonic` only paces how often the store is looked at."""

    def __init__(
        self, store: Store, clock: Clock, rules: AccessPolicy, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.store, self.clock, self.rules = store, clock, rules
        self._cache = CredentialCache[_CachedKey](store, monotonic, self._load)

    def create(self, name: str, scopes: Iterable[Scope], networks: str, by: Principal) -> str:
        """The key of a new program, which nobody is told again. `networks`: CIDR, "" for anywhere.

        Refused: program_name, unnamed, scopes_none, range_bad, range_long.
        """
        key, range_, held = slugify(name), format_networks(parse_networks(networks)), " ".join(sorted(set(scopes)))
        if not held:
            raise AuthError("scopes_none")
        secret, now = tokens.generate(), self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            fields = {"display_name": name.strip()[:200], "scopes": held, "allowed_networks": range_}
            if not api_keys.add(conn, key, tokens.digest(secret) or "", now, by.name, **fields):
                raise AuthError("program_name", name=name)
            audit_log.write(conn, audit_log.entry_by(by, "api-key-created", key, after=f"{held} {range_}".strip()), now)
        return KEY_PREFIX + secret

    def revoke(self, key: str, by: Principal) -> None:
        """Its key opens nothing any more. Refused("program_none")."""
        now = self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            if not api_keys.revoke(conn, key, now):
                raise AuthError("program_none")
            audit_log.write(conn, audit_log.entry_by(by, "api-key-revoked", key), now)

    def list_all(self) -> list[ApiKey]:
        """All programs, the revoked ones last."""
        with self.store.read() as conn:
            return api_keys.list_all(conn)

    def authenticate(self, key: str, address: str) -> Principal:
        """Whose key that is. Of a key that opens nothing: nobody, with why it does not, and whose it was."""
        digest = tokens.digest(key.removeprefix(KEY_PREFIX)) if key.startswith(KEY_PREFIX) else None
        known = self._cache.get(digest) if digest else None
        if known is None:
            return Principal(address=address, revoked_reason=RevokedReason.KEY_UNKNOWN)
        one, now = known.api_key, self.clock()
        if why := self._rejection(known, address, now):
            return Principal(name=one.key, display_name=one.display_name, address=address, revoked_reason=why)
        self._record_use(known, address, now)
        scopes = frozenset(scope for scope in Scope if scope in one.scopes)
        return Principal(PrincipalKind.API_KEY, one.key, one.display_name, address=address, scopes=scopes)

    def _rejection(self, cached: _CachedKey, address: str, now: datetime) -> RevokedReason:
        if cached.api_key.revoked_at:
            return RevokedReason.KEY_REVOKED
        if now - max(cached.api_key.created_at, cached.last_seen or cached.api_key.created_at) > timedelta(
            days=self.rules.display_days
        ):
            return RevokedReason.KEY_UNUSED
        return RevokedReason.NONE if is_address_allowed(address, cached.networks) else RevokedReason.KEY_OUTSIDE_NETWORK

    @staticmethod
    def _load(conn: Conn, digest: str) -> _CachedKey | None:
        one = api_keys.get_by_digest(conn, digest)
        return (
            None
            if one is None
            else _CachedKey(one, parse_networks(one.allowed_networks), one.last_seen, one.last_address)
        )

    def _record_use(self, cached: _CachedKey, address: str, now: datetime) -> None:
        if cached.last_seen and abs(now - cached.last_seen) < _RECORD_INTERVAL and cached.address == address:
            return
        cached.last_seen, cached.address = now, address
        try:
            with self.store.write() as conn:
                api_keys.record_use(conn, cached.api_key.key, address, now)
        except StoreError as error:
            log.warning("that program %s was here could not be noted: %s", cached.api_key.key, error.failure)
