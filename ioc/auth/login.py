"""Signing in. Whoever is refused hears the same sentence, after the same work, whatever the cause was."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from unicodedata import normalize

from ioc.auth import audit_log, lockout, mfa, tokens
from ioc.auth.account_service import visitor_of
from ioc.auth.errors import Refused
from ioc.auth.lockout import Doors
from ioc.auth.login_history import entered
from ioc.auth.principal import Kind, Role, Visitor
from ioc.auth.sessions import Sessions
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import UNTOLD, Entered
from ioc.storage.db.store import Conn

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
WAITS = timedelta(minutes=5)
_SLIP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. `cookie`: its secret, which nobody else ever sees."""

    cookie: str
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class Waiting:
    """The password was right; `token` is good for five minutes, at the same address, with a second factor."""

    token: str


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door. `key`: what is said when they are refused; `seconds`: to wait after that."""

    doors: Doors
    address: str
    agent: str
    key: str
    seconds: int


class SignIn(Sessions):
    """The part of `People` that lets somebody in."""

    def sign_in(self, name: str, password: str, address: str, *, agent: str = "") -> SignedIn | Waiting:
        """Refused("sign_in", seconds) for unknown, wrong, locked, disabled; `seconds`: to wait, whoever it is.

        Refused("busy", seconds) when too many try at once: that counts as no failure.
        """
        typed = normalize("NFKC", name[:200]).strip().casefold()
        doors = Doors.of(typed, address)
        with self.places.place(address):
            tried, account = self._reserve(doors, typed)
            knock = Knock(doors, address, agent, "sign_in", tried.seconds)
            right = self.hasher.right(account.password if account and tried.open else "", password)
            why = "" if tried.open else "locked"
            why = why or _why(account, right, self.clock()) or self._unused(account)
            if account is None or why:
                self._refuse(account, knock, why)
            return self._let_in(account, password, knock)

    def second(self, waiting: str, code: str, address: str) -> SignedIn:
        """The second step, with a code of the authenticator or a recovery code.

        Refused("second", seconds) for a wrong or used one, or a locked door; ("waited") when the first step is too long
        ago or was made elsewhere.
        """
        digest, now = tokens.digest(waiting) or "", self.clock()
        with self.store.write() as conn:
            waited = sessions.waited(conn, digest)
            account = accounts.numbered(conn, waited.account_id) if waited else None
            if waited is None or account is None:
                raise Refused("waited")
            doors = Doors.of(account.name, address)
            good = waited.address == address and _fresh(waited.made, now)
            if good:
                accounts.miss(conn, account.name)  # before the locks, as whoever is let in takes them
                tried = lockout.reserve(conn, doors, self.rules.lock_after, now)
        if not good:  # somebody has the half of it that was made elsewhere, or too long ago
            self._refuse(account, Knock(doors, address, waited.agent, "waited", 0), "waited")
        knock = Knock(doors, address, waited.agent, "second", tried.seconds)
        if not tried.open:
            self._refuse(account, knock, "locked")
        with self._entering(account, knock) as (conn, now, whole):
            if not self._second_good(conn, whole, code, now):
                raise _No("factor")
            if not sessions.take_waited(conn, digest):
                raise _No("waited")
            return self._open(conn, whole, knock, now, second=True)

    def _reserve(self, doors: Doors, typed: str) -> tuple[lockout.Try, Account | None]:
        now = self.clock()
        name = typed if NAME.fullmatch(typed) else ""
        with self.store.write() as conn:
            accounts.miss(conn, name)
            tried = lockout.reserve(conn, doors, self.rules.lock_after, now)
            return tried, accounts.named(conn, name)

    def _unused(self, account: Account | None) -> str:
        """Why it cannot be used after so long, "" if it can: then it is disabled now."""
        if account is None or self.clock() - account.used <= timedelta(days=self.rules.unused_days):
            return ""
        with self.changing() as (conn, now):
            return "unused" if self.disable_unused(conn, account, now) else ""

    def disable_unused(self, conn: Conn, account: Account, now: datetime) -> bool:
        """Whether it could be: the last administrator stays, for a clock that was wrong would shut everybody out."""
        if Role.ADMINISTRATOR in account.roles and not accounts.others_with(conn, Role.ADMINISTRATOR, account.id):
            return False
        accounts.change(conn, account.id, disabled=now, disabled_why="unused")
        by = Visitor(Kind.LOCAL)
        audit_log.write(conn, audit_log.by(by, "account-disabled", account.name, why="unused"), now)
        self.end_sessions(conn, account, by, "unused", now)
        return True

    def _let_in(self, account: Account, password: str, knock: Knock) -> SignedIn | Waiting:
        fresh = self.hasher.hash(password) if self.hasher.outdated(account.password) else ""
        with self._entering(account, knock) as (conn, now, whole):
            if fresh:
                accounts.change(conn, whole.id, password=fresh)
            if not whole.factor:
                return self._open(conn, whole, knock, now, second=False)
            token = tokens.new()
            sessions.wait(conn, whole.id, tokens.digest(token) or "", knock.address, knock.agent, now)
            lockout.passed(conn, knock.doors, now, whole=False)
            return Waiting(token)

    @contextmanager
    def _entering(self, account: Account, knock: Knock) -> Iterator[tuple[Conn, datetime, Account]]:
        """The last look: the account as it is now, which nobody changes meanwhile."""
        now = self.clock()
        try:
            with self.store.write() as conn:
                whole = accounts.numbered(conn, account.id, lock=True)
                if whole is None or whole.password != account.password or _why(whole, True, now):
                    raise _No("changed")
                yield conn, now, whole
        except _No as no:
            self._refuse(account, knock, str(no))

    def _second_good(self, conn: Conn, account: Account, code: str, now: datetime) -> bool:
        secret = self.cipher.open(account.factor) if account.factor else None
        step = mfa.step_of(secret, code, now) if secret else None
        if step is not None:
            return accounts.use_step(conn, account.id, step)
        return accounts.use_recovery(conn, account.id, mfa.recovery_digest(account.id, code), now)

    def _open(self, conn: Conn, account: Account, knock: Knock, now: datetime, *, second: bool) -> SignedIn:
        if account.once and not accounts.use_once(conn, account.id):
            raise _No("once")
        lockout.passed(conn, knock.doors, now, whole=True)
        accounts.change(conn, account.id, used=now)
        told = entered(conn, account, knock.address, knock.agent, now, own=1 + second)  # the password before it too
        made = self.new_session(conn, account, knock.address, knock.agent, now, second=second, told=told)
        new = " ".join(f"new-{one}" for one in sorted(told.strange))
        audit_log.write(conn, audit_log.by(made.visitor, "signed-in", str(made.visitor.session), after=new), now)
        return made

    def new_session(
        self, conn: Conn, account: Account, address: str, agent: str, now: datetime, *,
        second: bool, since: datetime | None = None, told: Entered = UNTOLD,
    ) -> SignedIn:  # fmt: skip
        """A session with a secret of its own: none that a browser brought along is ever taken.

        `since`: of the session that it follows, whose absolute end is its own. `told`: what was known when that began.
        """
        cookie = tokens.new()
        digest = tokens.digest(cookie) or ""
        opened = sessions.open_(conn, account.id, digest, address, agent, second, now, since, told)
        return SignedIn(cookie, visitor_of(opened, account))

    def _refuse(self, account: Account | None, knock: Knock, why: str) -> NoReturn:
        """What was typed as an unknown name stands nowhere: it may be a password."""
        who = Visitor(Kind.NOBODY, address=knock.address)
        audit_log.refused(self.store, who, "sign-in", account.name if account else "", self.clock(), why)
        raise Refused(knock.key, told=True, seconds=knock.seconds)


class _No(Exception):
    """Not let in, at the last look. Its text is the cause, for the trail."""


def _why(account: Account | None, right: bool, now: datetime) -> str:
    if account is None:
        return "unknown"
    if account.disabled:
        return "disabled"
    if account.once and (account.once_used or now > account.once):
        return "once"
    return "" if right else "password"


def _fresh(made: datetime, now: datetime) -> bool:
    return made - _SLIP <= now < made + WAITS
