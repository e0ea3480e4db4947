"""Sessions: the principal of a cookie, cached until the store says that anybody's rights changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ioc.auth import audit_log, tokens
from ioc.auth.account_rules import idle_timeout_of, principal_of
from ioc.auth.credential_cache import CredentialCache, access_transaction
from ioc.auth.errors import AuthCode, AuthError
from ioc.domain.access.permissions import AccessTarget, Action, account_action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, was_set_back
from ioc.domain.base.times import Clock
from ioc.storage.access import accounts, sessions
from ioc.storage.access import audit_log as audit_rows
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import NO_LOGIN_HISTORY, LoginHistory, Session
from ioc.storage.db.background_writer import Defer, write_at_once
from ioc.storage.db.store import Conn, Store

_TOUCH_INTERVAL = timedelta(seconds=15)  # between two records of a session's last activity
_NOTICE_WINDOW = timedelta(minutes=10)  # for how long pages show the previous login
_MAX_OWNERS = 4_096


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session. `cookie`: its secret, which is kept nowhere."""

    cookie: str
    principal: Principal


@dataclass(slots=True)
class _CachedSession:
    session: Session
    principal: Principal
    last_active: datetime
    last_saved: datetime  # the newest activity that the store knows


class SessionService:
    """Authenticates every request, lists and ends sessions. `monotonic` only paces how often the store is read.

    Sessions of one's own account are open to everybody signed in, those of others to administrators; anybody else gets
    PermissionDeniedError.
    """

    def __init__(
        self, store: Store, clock: Clock, policy: AccessPolicy, monotonic: Callable[[], float],
        defer: Defer | None = None,
    ) -> None:  # fmt: skip
        """`defer`: writes what no answer waits for; None: at once."""
        self._store, self._clock, self._policy = store, clock, policy
        self._defer = defer or write_at_once(store)
        self._cache = CredentialCache[_CachedSession](store, monotonic, self._load)
        self._owners: dict[str, str] = {}  # digest of a cookie -> account, for sessions that have ended too

    def authenticate(self, cookie: str, address: str, *, is_active: bool, refresh: bool = False) -> Principal | None:
        """The principal of a cookie; None when there is no such session, or it has ended.

        `is_active`: the user did something, not the page by itself. `refresh`: read the store now, not the cache.
        """
        digest = tokens.digest(cookie)
        cached = self._cache.get(digest, refresh=refresh) if digest else None
        if digest is None or cached is None:
            return None
        now = self._clock()
        if self._expiry_reason(cached, now):
            cached = self._cache.reload(digest)  # another process may have recorded activity
            if cached is None:
                return None
            if reason := self._expiry_reason(cached, now):
                self._expire(digest, cached, reason)
                return None
        if is_active:
            self._touch(cached, now)
        if len(self._owners) > _MAX_OWNERS:
            self._owners.clear()
        self._owners[digest] = cached.principal.name
        return cached.principal if cached.principal.address == address else replace(cached.principal, address=address)

    def name_of_ended(self, cookie: str) -> str:
        """The account of an ended session that this process served lately; "" otherwise."""
        return self._owners.get(tokens.digest(cookie) or "", "")

    def _expiry_reason(self, cached: _CachedSession, now: datetime) -> str:
        """Why the session has expired, "" when it has not. After the clock was set back its age is unknown: expired."""
        if was_set_back(cached.last_active, now, CLOCK_TOLERANCE):
            return "clock"
        if now - cached.session.created_at >= self._policy.absolute_timeout:
            return "absolute"
        return "idle" if now - cached.last_active >= idle_timeout_of(cached.principal, self._policy) else ""

    @staticmethod
    def _load(conn: Conn, digest: str) -> _CachedSession | None:
        row = sessions.get_by_digest(conn, digest)
        if row is None or row[1].disabled_at:
            return None
        session, account = row
        return _CachedSession(session, principal_of(session, account), session.last_active, session.last_active)

    def _touch(self, cached: _CachedSession, now: datetime) -> None:
        cached.last_active = max(cached.last_active, now)
        if now - cached.last_saved < _TOUCH_INTERVAL:
            return
        # A full disk must not sign out who is there to repair it, nor a store that is busy hold up a screen.
        what = f"activity of {cached.principal.name}, session {cached.session.id}"
        self._defer(what, lambda conn: sessions.touch(conn, cached.session.id, now))
        cached.last_saved = now

    def _expire(self, digest: str, cached: _CachedSession, reason: str) -> None:
        session, principal = cached.session.id, cached.principal

        def end(conn: Conn) -> None:  # no bump: every process finds the same expiry by itself
            audit_rows.take_turn(conn)  # first, as all others who end sessions: each would wait for the other
            if sessions.end(conn, [session]):
                entry = audit_log.entry_of(principal, "session-expired", str(session), reason=reason)
                audit_log.write(conn, entry, self._clock())

        self._defer(f"end of session {session} of {principal.name}", end)
        self._cache.evict(digest)

    def sign_out(self, principal: Principal) -> None:
        """Ends the principal's session."""
        require(principal, Action.MANAGE_OWN_ACCOUNT, AccessTarget(account=principal.name))
        with access_transaction(self._store, self._clock) as (conn, now):
            audit_rows.take_turn(conn)
            if sessions.end(conn, [principal.session_id]):
                audit_log.write(conn, audit_log.entry_of(principal, "logout"), now)

    def login_history(self, principal: Principal) -> LoginHistory:
        """The login history of the account as it was when the session began."""
        require(principal, Action.MANAGE_OWN_ACCOUNT, AccessTarget(account=principal.name))
        with self._store.read() as conn:
            session = sessions.get(conn, principal.session_id)
        return session.login_history if session else NO_LOGIN_HISTORY

    def recent_login_history(self, principal: Principal) -> LoginHistory | None:
        """The login history during the first minutes of a session; None later, and for who is no user."""
        with self._store.read() as conn:
            session = sessions.get(conn, principal.session_id) if principal.session_id else None
        is_recent = session is not None and is_within(
            _NOTICE_WINDOW, session.created_at, self._clock(), CLOCK_TOLERANCE
        )
        return session.login_history if session and is_recent else None

    def list_sessions(self, name: str, by: Principal) -> list[Session]:
        """The running sessions of a user, the newest first."""
        _require_access(by, name)
        now = self._clock()
        with self._store.read() as conn:
            account = accounts.get_by_name(conn, name)
            every = sessions.list_all(conn, account.id) if account else []
        if account is None:
            return []
        cached = (
            _CachedSession(session, principal_of(session, account), session.last_active, session.last_active)
            for session in every
        )
        return [entry.session for entry in cached if not self._expiry_reason(entry, now)]

    def end_session(self, session_id: int, by: Principal, *, owner: str) -> None:
        """Ends one session of the user `owner`. Raises AuthError: SESSION_NOT_FOUND."""
        _require_access(by, owner)
        with access_transaction(self._store, self._clock) as (conn, now):
            session = sessions.get(conn, session_id)
            account = accounts.get(conn, session.account_id) if session else None
            if account is None or account.name != owner:
                raise AuthError(AuthCode.SESSION_NOT_FOUND)
            # Before it ends: it may be the one that acts.
            audit_log.write(conn, audit_log.entry_by(by, "session-revoked", account.name, before=str(session_id)), now)
            sessions.end(conn, [session_id])

    def end_all_sessions(self, name: str, by: Principal, *, except_session: int = 0) -> int:
        """Ends all sessions of a user but one; returns how many. Raises AuthError: ACCOUNT_NOT_FOUND."""
        _require_access(by, name)
        with access_transaction(self._store, self._clock) as (conn, now):
            account = accounts.get_by_name(conn, name)
            if account is None:
                raise AuthError(AuthCode.ACCOUNT_NOT_FOUND, name=name)
            every = (session.id for session in sessions.list_all(conn, account.id))
            if ended := [session_id for session_id in every if session_id != except_session]:
                audit_log.write(conn, audit_log.entry_by(by, "sessions-revoked", name, after=str(len(ended))), now)
            return sessions.end(conn, ended)


def parse_session_id(value: object) -> int:
    """The number of a session. Raises AuthError: SESSION_NOT_FOUND for anything else."""
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 18):
        raise AuthError(AuthCode.SESSION_NOT_FOUND)
    return int(value)


def _require_access(by: Principal, name: str) -> None:
    require(by, account_action(by, name), AccessTarget(account=name))


def start_session(
    conn: Conn, account: Account, address: str, user_agent: str, now: datetime, *,
    has_mfa: bool, since: datetime | None = None, login_history: LoginHistory = NO_LOGIN_HISTORY,
) -> NewSession:  # fmt: skip
    """A session with a new secret: one that a browser brings along is never taken over.

    `since`: beginning of the session that it follows, whose absolute end it inherits. `login_history`: shown to the
    user.
    """
    cookie = tokens.generate()
    digest = tokens.digest(cookie) or ""
    session = sessions.create(conn, account.id, digest, address, user_agent, has_mfa, now, since, login_history)
    return NewSession(cookie, principal_of(session, account))


def end_account_sessions(conn: Conn, account: Account, by: Principal, reason: str, now: datetime) -> None:
    """Ends all sessions of an account, and audits how many."""
    if count := sessions.end_all(conn, account.id):
        entry = audit_log.entry_by(by, "sessions-revoked", account.name, after=str(count), reason=reason)
        audit_log.write(conn, entry, now)
