"""Sessions: who a cookie stands for. Held in memory until the store says that somebody's rights moved."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ioc.auth import audit_log, tokens
from ioc.auth.account_base import AccountServiceBase, principal_of
from ioc.auth.credential_cache import CredentialCache
from ioc.auth.errors import AuthError
from ioc.auth.principal import Principal, Role
from ioc.storage.access import accounts, sessions
from ioc.storage.access.sessions import NO_LOGIN_HISTORY, LoginHistory, Session
from ioc.storage.db.store import Conn, StoreError

_TOUCH_INTERVAL = timedelta(seconds=15)  # between two notes of somebody's acts
_NOTICE_WINDOW = timedelta(minutes=10)  # for how long a page tells of the sign-in before
_MAX_OWNERS = 4_096
_CLOCK_TOLERANCE = timedelta(
    seconds=60
)  # by which clocks of machines may differ; one that went further back is not trusted
log = logging.getLogger("ioc.access")


@dataclass(slots=True)
class _CachedSession:
    session: Session
    principal: Principal
    last_active: datetime  # of the newest act
    last_saved: datetime  # of the newest one that the store knows


class SessionService(AccountServiceBase):
    """The part of `People` that every request asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cache = CredentialCache[_CachedSession](self.store, self.monotonic, self._load)
        self._owners: dict[str, str] = {}  # whose a cookie is, or was

    def authenticate(self, cookie: str, address: str, *, is_active: bool, refresh: bool = False) -> Principal | None:
        """Who holds the cookie; None: nobody, or no more. `is_active`: the person did something, not the screen alone.

        `refresh`: as the store knows it now, though it was looked at a moment ago.
        """
        digest = tokens.digest(cookie)
        held = self._cache.get(digest, refresh=refresh) if digest else None
        if digest is None or held is None:
            return None
        now = self.clock()
        if self._expiry_reason(held, now):
            held = self._cache.reload(digest)  # another process may have seen the person
            if held is None:
                return None
            if why := self._expiry_reason(held, now):
                self._expire(digest, held, why)
                return None
        if is_active:
            self._touch(held, now)
        if len(self._owners) > _MAX_OWNERS:
            self._owners.clear()
        self._owners[digest] = held.principal.name
        return held.principal if held.principal.address == address else replace(held.principal, address=address)

    def name_of_ended(self, cookie: str) -> str:
        """Whose session that was, of those that this process has seen lately; "" otherwise."""
        return self._owners.get(tokens.digest(cookie) or "", "")

    def _expiry_reason(self, cached: _CachedSession, now: datetime) -> str:
        """Why it is over, "" if it is not. Of a clock that went back nobody knows how long it was: then it is over."""
        rules = self.rules
        idle = rules.administrator_idle_timeout if Role.ADMINISTRATOR in cached.principal.roles else rules.idle_timeout
        if now < cached.last_active - _CLOCK_TOLERANCE:
            return "clock"
        if now - cached.session.created_at >= rules.absolute_timeout:
            return "absolute"
        return "idle" if now - cached.last_active >= idle else ""

    @staticmethod
    def _load(conn: Conn, digest: str) -> _CachedSession | None:
        found = sessions.get_by_digest(conn, digest)
        if found is None or found[1].disabled_at:
            return None
        session, account = found
        return _CachedSession(session, principal_of(session, account), session.last_active, session.last_active)

    def _touch(self, cached: _CachedSession, now: datetime) -> None:
        cached.last_active = max(cached.last_active, now)
        if now - cached.last_saved < _TOUCH_INTERVAL:
            return
        cached.last_saved = now
        try:
            with self.store.write() as conn:
                sessions.touch(conn, cached.session.id, now)
        except StoreError as error:  # a full disk must not send away who is looking at it
            log.warning("an act of %s could not be noted: %s", cached.principal.name, error.failure)

    def _expire(self, digest: str, cached: _CachedSession, reason: str) -> None:
        self._cache.evict(digest)
        try:
            with self.store.write() as conn:  # no rights move: every process finds the same end by itself
                if sessions.end(conn, [cached.session.id]):
                    entry = audit_log.entry_by(
                        cached.principal, "session-expired", str(cached.session.id), reason=reason
                    )
                    audit_log.write(conn, entry, self.clock())
        except StoreError as error:
            log.warning("the session of %s is over, which could not be noted: %s", cached.principal.name, error.failure)

    def sign_out(self, principal: Principal) -> None:
        """Ends the visitor's session."""
        with self.access_transaction() as (conn, now):
            if sessions.end(conn, [principal.session_id]):
                audit_log.write(conn, audit_log.entry_by(principal, "logout"), now)

    def login_history(self, principal: Principal) -> LoginHistory:
        """What was known of the visitor's account when their session began."""
        with self.store.read() as conn:
            found = sessions.get(conn, principal.session_id)
        return found.login_history if found else NO_LOGIN_HISTORY

    def recent_login_history(self, principal: Principal) -> LoginHistory | None:
        """The same for the first minutes; None for whoever is no person, or has been here for longer."""
        with self.store.read() as conn:
            found = sessions.get(conn, principal.session_id) if principal.session_id else None
        return found.login_history if found and abs(self.clock() - found.created_at) < _NOTICE_WINDOW else None

    def list_sessions(self, name: str) -> list[Session]:
        """The sessions of a person, the newest first; those that are over but not swept yet are left out."""
        now = self.clock()
        with self.store.read() as conn:
            account = accounts.get_by_name(conn, name)
            found = sessions.list_all(conn, account.id) if account else []
        if account is None:
            return []
        return [
            one
            for one in found
            if not self._expiry_reason(
                _CachedSession(one, principal_of(one, account), one.last_active, one.last_active), now
            )
        ]

    def end_session(self, session_id: int, by: Principal, *, owner: str = "") -> None:
        """Ends one session; `owner`: only if it is this person's. Refused("no_session")."""
        with self.access_transaction() as (conn, now):
            found = sessions.get(conn, session_id)
            account = accounts.get(conn, found.account_id) if found else None
            if account is None or (owner and account.name != owner):
                raise AuthError("no_session")
            sessions.end(conn, [session_id])
            audit_log.write(conn, audit_log.entry_by(by, "session-revoked", account.name, before=str(session_id)), now)

    def end_all_sessions(self, name: str, by: Principal, *, except_session: int = 0) -> int:
        """Ends all sessions of a person, `but` one; how many."""
        with self.access_transaction() as (conn, now):
            account = accounts.get_by_name(conn, name)
            if account is None:
                raise AuthError("no_account", name=name)
            some = [one.id for one in sessions.list_all(conn, account.id) if one.id != except_session]
            if ended := sessions.end(conn, some):
                audit_log.write(conn, audit_log.entry_by(by, "sessions-revoked", name, after=str(ended)), now)
            return ended
