"""Programs of other machines: each has a key of its own, which reads what it was made for, and can be revoked."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, tokens
from ioc.auth.errors import Refused
from ioc.auth.ip_allowlist import Networks, inside, key_of, read_networks, written
from ioc.auth.principal import Gone, Kind, Scope, Visitor
from ioc.auth.session_cache import Held
from ioc.domain.base.access_policy import Access
from ioc.domain.base.times import Clock
from ioc.storage.access import api_keys
from ioc.storage.access.api_keys import Program
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError

PREFIX = "ioc-"  # by which who searches files for secrets knows one of ours
_NOTE = timedelta(minutes=1)  # between two notes of when a program was here
log = logging.getLogger("ioc.access")


@dataclass(slots=True)
class _Known:
    program: Program
    networks: Networks
    noted: datetime | None  # None: it never came
    address: str


class Programs:
    """One per process, safe to share between threads. `monotonic` only paces how often the store is looked at."""

    def __init__(
        self, store: Store, clock: Clock, rules: Access, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.store, self.clock, self.rules = store, clock, rules
        self._held = Held[_Known](store, monotonic, self._read)

    def make(self, name: str, scopes: Iterable[Scope], networks: str, by: Visitor) -> str:
        """The key of a new program, which nobody is told again. `networks`: CIDR, "" for anywhere.

        Refused: program_name, unnamed, scopes_none, range_bad, range_long.
        """
        key, range_, held = key_of(name), written(read_networks(networks)), " ".join(sorted(set(scopes)))
        if not held:
            raise Refused("scopes_none")
        secret, now = tokens.new(), self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            fields = {"shown": name.strip()[:200], "scopes": held, "range": range_}
            if not api_keys.add(conn, key, tokens.digest(secret) or "", now, by.name, **fields):
                raise Refused("program_name", name=name)
            audit_log.write(conn, audit_log.by(by, "program-made", key, after=f"{held} {range_}".strip()), now)
        return PREFIX + secret

    def revoke(self, key: str, by: Visitor) -> None:
        """Its key opens nothing any more. Refused("program_none")."""
        now = self.clock()
        with self.store.write() as conn:
            change_counter.bump(conn, {"access"}, now)
            if not api_keys.revoke(conn, key, now):
                raise Refused("program_none")
            audit_log.write(conn, audit_log.by(by, "program-revoked", key), now)

    def listed(self) -> list[Program]:
        """All programs, the revoked ones last."""
        with self.store.read() as conn:
            return api_keys.listed(conn)

    def visitor(self, given: str, address: str) -> Visitor:
        """Whose key that is. Of a key that opens nothing: nobody, with why it does not, and whose it was."""
        digest = tokens.digest(given.removeprefix(PREFIX)) if given.startswith(PREFIX) else None
        known = self._held.get(digest) if digest else None
        if known is None:
            return Visitor(address=address, gone=Gone.KEY_UNKNOWN)
        one, now = known.program, self.clock()
        if why := self._closed(known, address, now):
            return Visitor(name=one.key, shown=one.shown, address=address, gone=why)
        self._note(known, address, now)
        scopes = frozenset(scope for scope in Scope if scope in one.scopes)
        return Visitor(Kind.PROGRAM, one.key, one.shown, address=address, scopes=scopes)

    def _closed(self, known: _Known, address: str, now: datetime) -> Gone:
        if known.program.revoked:
            return Gone.KEY_REVOKED
        if now - max(known.program.made, known.noted or known.program.made) > timedelta(days=self.rules.screen_days):
            return Gone.KEY_UNUSED
        return Gone.NONE if inside(address, known.networks) else Gone.KEY_OUTSIDE

    @staticmethod
    def _read(conn: Conn, digest: str) -> _Known | None:
        one = api_keys.found(conn, digest)
        return None if one is None else _Known(one, read_networks(one.range), one.seen, one.address)

    def _note(self, known: _Known, address: str, now: datetime) -> None:
        if known.noted and abs(now - known.noted) < _NOTE and known.address == address:
            return
        known.noted, known.address = now, address
        try:
            with self.store.write() as conn:
                api_keys.seen(conn, known.program.key, address, now)
        except StoreError as error:
            log.warning("that program %s was here could not be noted: %s", known.program.key, error.reason)
