"""Sessions: who a cookie stands for. Held in memory until the store says that somebody's rights moved."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ioc.auth import audit_log, tokens
from ioc.auth.account_service import House, visitor_of
from ioc.auth.errors import Refused
from ioc.auth.principal import Role, Visitor
from ioc.auth.session_cache import Held
from ioc.storage.access import accounts, sessions
from ioc.storage.access.sessions import UNTOLD, Entered, Session
from ioc.storage.db.store import Conn, StoreError

_WRITE = timedelta(seconds=15)  # between two notes of somebody's acts
_NEW = timedelta(minutes=10)  # for how long a page tells of the sign-in before
_MOST = 4_096
_SLIP = timedelta(seconds=60)  # by which clocks of machines may differ; one that went further back is not trusted
log = logging.getLogger("ioc.access")


@dataclass(slots=True)
class _Known:
    session: Session
    visitor: Visitor
    active: datetime  # of the newest act
    written: datetime  # of the newest one that the store knows


class Sessions(House):
    """The part of `People` that every request asks."""

    def __init__(self, *ground: Any, **more: Any) -> None:
        super().__init__(*ground, **more)
        self._held = Held[_Known](self.store, self.monotonic, self._read)
        self._was: dict[str, str] = {}  # whose a cookie is, or was

    def visitor(self, cookie: str, address: str, *, active: bool, sure: bool = False) -> Visitor | None:
        """Who holds the cookie; None: nobody, or no more. `active`: the person did something, not the screen alone.

        `sure`: as the store knows it now, though it was looked at a moment ago.
        """
        digest = tokens.digest(cookie)
        held = self._held.get(digest, sure=sure) if digest else None
        if digest is None or held is None:
            return None
        now = self.clock()
        if self._over(held, now):
            held = self._held.fresh(digest)  # another process may have seen the person
            if held is None:
                return None
            if why := self._over(held, now):
                self._run_out(digest, held, why)
                return None
        if active:
            self._touch(held, now)
        if len(self._was) > _MOST:
            self._was.clear()
        self._was[digest] = held.visitor.name
        return held.visitor if held.visitor.address == address else replace(held.visitor, address=address)

    def was(self, cookie: str) -> str:
        """Whose session that was, of those that this process has seen lately; "" otherwise."""
        return self._was.get(tokens.digest(cookie) or "", "")

    def _over(self, held: _Known, now: datetime) -> str:
        """Why it is over, "" if it is not. Of a clock that went back nobody knows how long it was: then it is over."""
        rules = self.rules
        idle = rules.idle_administrator if Role.ADMINISTRATOR in held.visitor.roles else rules.idle
        if now < held.active - _SLIP:
            return "clock"
        if now - held.session.created >= rules.absolute:
            return "absolute"
        return "idle" if now - held.active >= idle else ""

    @staticmethod
    def _read(conn: Conn, digest: str) -> _Known | None:
        found = sessions.found(conn, digest)
        if found is None or found[1].disabled:
            return None
        session, account = found
        return _Known(session, visitor_of(session, account), session.active, session.active)

    def _touch(self, held: _Known, now: datetime) -> None:
        held.active = max(held.active, now)
        if now - held.written < _WRITE:
            return
        held.written = now
        try:
            with self.store.write() as conn:
                sessions.touch(conn, held.session.id, now)
        except StoreError as error:  # a full disk must not send away who is looking at it
            log.warning("an act of %s could not be noted: %s", held.visitor.name, error.reason)

    def _run_out(self, digest: str, held: _Known, why: str) -> None:
        self._held.drop(digest)
        try:
            with self.store.write() as conn:  # no rights move: every process finds the same end by itself
                if sessions.end(conn, [held.session.id]):
                    entry = audit_log.by(held.visitor, "session-over", str(held.session.id), why=why)
                    audit_log.write(conn, entry, self.clock())
        except StoreError as error:
            log.warning("the session of %s is over, which could not be noted: %s", held.visitor.name, error.reason)

    def sign_out(self, visitor: Visitor) -> None:
        """Ends the visitor's session."""
        with self.changing() as (conn, now):
            if sessions.end(conn, [visitor.session]):
                audit_log.write(conn, audit_log.by(visitor, "signed-out"), now)

    def entered(self, visitor: Visitor) -> Entered:
        """What was known of the visitor's account when their session began."""
        with self.store.read() as conn:
            found = sessions.get(conn, visitor.session)
        return found.entered if found else UNTOLD

    def news(self, visitor: Visitor) -> Entered | None:
        """The same for the first minutes; None for whoever is no person, or has been here for longer."""
        with self.store.read() as conn:
            found = sessions.get(conn, visitor.session) if visitor.session else None
        return found.entered if found and abs(self.clock() - found.created) < _NEW else None

    def sessions(self, name: str) -> list[Session]:
        """The sessions of a person, the newest first; those that are over but not swept yet are left out."""
        now = self.clock()
        with self.store.read() as conn:
            account = accounts.named(conn, name)
            found = sessions.listed(conn, account.id) if account else []
        if account is None:
            return []
        return [
            one for one in found if not self._over(_Known(one, visitor_of(one, account), one.active, one.active), now)
        ]

    def end(self, session: int, by: Visitor, *, owner: str = "") -> None:
        """Ends one session; `owner`: only if it is this person's. Refused("no_session")."""
        with self.changing() as (conn, now):
            found = sessions.get(conn, session)
            account = accounts.numbered(conn, found.account_id) if found else None
            if account is None or (owner and account.name != owner):
                raise Refused("no_session")
            sessions.end(conn, [session])
            audit_log.write(conn, audit_log.by(by, "session-ended", account.name, before=str(session)), now)

    def end_all(self, name: str, by: Visitor, *, but: int = 0) -> int:
        """Ends all sessions of a person, `but` one; how many."""
        with self.changing() as (conn, now):
            account = accounts.named(conn, name)
            if account is None:
                raise Refused("no_account", name=name)
            some = [one.id for one in sessions.listed(conn, account.id) if one.id != but]
            if ended := sessions.end(conn, some):
                audit_log.write(conn, audit_log.by(by, "sessions-ended", name, after=str(ended)), now)
            return ended
