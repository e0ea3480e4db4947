"""Sessions: who a cookie stands for. Held in memory until the store says that somebody's rights moved."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from security import handles, trail
from security.failure import Refused
from security.house import House, visitor_of
from security.identity import Role, Visitor
from storage import accounts, sessions, versions
from storage.sessions import Session
from storage.store import StoreError

_LOOK = 0.2  # seconds between two looks at whether rights moved
_WRITE = timedelta(seconds=15)  # between two notes of somebody's acts
_SLIP = timedelta(seconds=60)  # by which clocks of machines may differ; one that went further back is not trusted
_HELD = 4_096
log = logging.getLogger("ioc.access")


@dataclass(slots=True)
class _Held:
    session: Session
    visitor: Visitor
    active: datetime  # of the newest act
    written: datetime  # of the newest one that the store knows


class Sessions(House):
    """The part of `People` that every request asks."""

    def __init__(self, *ground: Any, **more: Any) -> None:
        super().__init__(*ground, **more)
        self._held: dict[str, _Held] = {}
        self._turn = Lock()
        self._looked, self._number = float("-inf"), -1

    def visitor(self, cookie: str, address: str, *, active: bool) -> Visitor | None:
        """Who holds the cookie; None: nobody, or no more. `active`: the person did something, not the screen alone."""
        digest = handles.digest(cookie)
        held = self._find(digest) if digest else None
        if digest is None or held is None:
            return None
        now = self.clock()
        if self._over(held, now):
            held = self._read(digest)  # another process may have seen the person
            if held is None:
                return None
            if why := self._over(held, now):
                self._run_out(digest, held, why)
                return None
        if active:
            self._touch(digest, held, now)
        return held.visitor if held.visitor.address == address else replace(held.visitor, address=address)

    def _over(self, held: _Held, now: datetime) -> str:
        """Why it is over, "" if it is not. Of a clock that went back nobody knows how long it was: then it is over."""
        rules = self.rules
        idle = rules.idle_administrator if Role.ADMINISTRATOR in held.visitor.roles else rules.idle
        if now < held.active - _SLIP:
            return "clock"
        if now - held.session.created >= rules.absolute:
            return "absolute"
        return "idle" if now - held.active >= idle else ""

    def _find(self, digest: str) -> _Held | None:
        self._look()
        return self._held.get(digest) or self._read(digest)

    def _look(self) -> None:
        """Forgets everybody when anybody's rights moved."""
        at = self.monotonic()
        if 0 <= at - self._looked < _LOOK:
            return
        with self.store.read() as conn:
            number = versions.topic(conn, "access")
        with self._turn:
            if number != self._number:
                self._held.clear()
            self._number, self._looked = number, at

    def _read(self, digest: str) -> _Held | None:
        with self.store.read() as conn:
            number, found = versions.topic(conn, "access"), sessions.found(conn, digest)
        if found is None or found[1].disabled:
            return None
        session, account = found
        held = _Held(session, visitor_of(session, account), session.active, session.active)
        with self._turn:
            if number == self._number and len(self._held) < _HELD:
                self._held[digest] = held
        return held

    def _touch(self, digest: str, held: _Held, now: datetime) -> None:
        held.active = max(held.active, now)
        if now - held.written < _WRITE:
            return
        held.written = now
        try:
            with self.store.write() as conn:
                sessions.touch(conn, held.session.id, now)
        except StoreError as error:  # a full disk must not send away who is looking at it
            log.warning("an act of %s could not be noted: %s", held.visitor.name, error.reason)

    def _run_out(self, digest: str, held: _Held, why: str) -> None:
        with self._turn:
            self._held.pop(digest, None)
        try:
            with self.store.write() as conn:  # no rights move: every process finds the same end by itself
                if sessions.end(conn, [held.session.id]):
                    entry = trail.by(held.visitor, "session-over", str(held.session.id), why=why)
                    trail.write(conn, entry, self.clock())
        except StoreError as error:
            log.warning("the session of %s is over, which could not be noted: %s", held.visitor.name, error.reason)

    def sign_out(self, visitor: Visitor) -> None:
        """Ends the visitor's session."""
        with self.changing() as (conn, now):
            if sessions.end(conn, [visitor.session]):
                trail.write(conn, trail.by(visitor, "signed-out"), now)

    def sessions(self, name: str) -> list[Session]:
        """The sessions of a person, the newest first; those that are over but not swept yet are left out."""
        now = self.clock()
        with self.store.read() as conn:
            account = accounts.named(conn, name)
            found = sessions.listed(conn, account.id) if account else []
        if account is None:
            return []
        return [
            one for one in found if not self._over(_Held(one, visitor_of(one, account), one.active, one.active), now)
        ]

    def end(self, session: int, by: Visitor, *, owner: str = "") -> None:
        """Ends one session; `owner`: only if it is this person's. Refused("no_session")."""
        with self.changing() as (conn, now):
            found = sessions.get(conn, session)
            account = accounts.numbered(conn, found.account_id) if found else None
            if account is None or (owner and account.name != owner):
                raise Refused("no_session")
            sessions.end(conn, [session])
            trail.write(conn, trail.by(by, "session-ended", account.name, before=str(session)), now)

    def end_all(self, name: str, by: Visitor, *, but: int = 0) -> int:
        """Ends all sessions of a person, `but` one; how many."""
        with self.changing() as (conn, now):
            account = accounts.named(conn, name)
            if account is None:
                raise Refused("no_account", name=name)
            some = [one.id for one in sessions.listed(conn, account.id) if one.id != but]
            if ended := sessions.end(conn, some):
                trail.write(conn, trail.by(by, "sessions-ended", name, after=str(ended)), now)
            return ended
