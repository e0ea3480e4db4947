"""One's own account: the password, the second factor, recovery codes. Each change begins a new session."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, lockout, mfa
from ioc.auth.errors import Refused
from ioc.auth.lockout import Doors
from ioc.auth.login import SignedIn, SignIn
from ioc.auth.mfa import Enrolment
from ioc.auth.passwords import LEAST, demand_good, plain
from ioc.auth.principal import Role, Visitor
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn

_FRESH = timedelta(minutes=5)  # after signing in through a provider


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The second factor, or its codes, hold. `codes`: for when the authenticator is lost; shown once."""

    codes: tuple[str, ...]
    signed: SignedIn


class OwnAccount(SignIn):
    """The part of `People` by which somebody looks after their own account."""

    def change_password(self, visitor: Visitor, old: str, new: str) -> SignedIn:
        """All sessions end, a new one begins. `old` is not asked for where a one-time password has just been used.

        Refused: password_wrong, password_same, password_short, password_long, password_common, busy.
        """
        account = self._mine(visitor)
        with self.places.place(visitor.address):
            if account.once is None:
                self._demand_password(account, visitor, old)
            demand_good(new, (account.name, account.shown, account.agency), factor=bool(account.factor))
            if self.hasher.right(account.password, new):
                raise Refused("password_same")
            kept = self.hasher.hash(new)
        with self._changing_mine(visitor, account) as (conn, whole, now):
            accounts.change(conn, whole.id, password=kept, once=None, once_used=False)
            return self._anew(conn, visitor, "password-changed", now)

    def begin_factor(self, visitor: Visitor, password: str) -> Enrolment:
        """A new authenticator, which counts once it is confirmed. Refused: password_wrong, sign_in_again, busy."""
        account = self._mine(visitor)
        self._prove(account, visitor, password)
        secret = mfa.new_secret()
        with self.store.write() as conn:
            accounts.change(conn, account.id, factor_next=self.cipher.close(secret))
        return mfa.enrolment(account.name, secret)

    def confirm_factor(self, visitor: Visitor, code: str) -> Confirmed:
        """The authenticator shows the right code. Refused("code_wrong")."""
        account = self._mine(visitor)
        secret = self.cipher.open(account.factor_next) if account.factor_next else None
        step = mfa.step_of(secret, code, self.clock()) if secret else None
        if step is None:
            raise Refused("code_wrong")
        codes = mfa.recovery_codes()
        with self._changing_mine(visitor, account) as (conn, whole, now):
            if whole.factor_next != account.factor_next:
                raise Refused("code_wrong")
            accounts.change(conn, whole.id, factor=whole.factor_next, factor_next="", factor_step=step)
            accounts.set_recovery(conn, whole.id, [mfa.recovery_digest(whole.id, one) for one in codes])
            return Confirmed(codes, self._anew(conn, visitor, "factor-set", now, second=True))

    def drop_factor(self, visitor: Visitor, password: str) -> SignedIn:
        """Without a second factor from now on. Refused: factor_needed, password_wrong, and password_short where the
        password is too short to stand alone.
        """
        account = self._mine(visitor)
        if Role.ADMINISTRATOR in account.roles or account.asks_factor:
            raise Refused("factor_needed")
        self._prove(account, visitor, password)
        if account.password and len(plain(password)) < LEAST:
            raise Refused("password_short", least=LEAST)
        with self._changing_mine(visitor, account) as (conn, whole, now):
            accounts.change(conn, whole.id, factor="", factor_next="", factor_step=0)
            accounts.set_recovery(conn, whole.id, ())
            return self._anew(conn, visitor, "factor-dropped", now)

    def new_recovery_codes(self, visitor: Visitor, password: str) -> Confirmed:
        """Ten new codes; the old ones are void, whoever came in by one is out. Refused as `_prove`, and factor_none."""
        account = self._mine(visitor)
        if not account.factor:
            raise Refused("factor_none")
        self._prove(account, visitor, password)
        codes = mfa.recovery_codes()
        with self._changing_mine(visitor, account) as (conn, whole, now):
            accounts.set_recovery(conn, whole.id, [mfa.recovery_digest(whole.id, one) for one in codes])
            return Confirmed(codes, self._anew(conn, visitor, "codes-renewed", now))

    def recovery_left(self, visitor: Visitor) -> int:
        """How many recovery codes are still good."""
        with self.store.read() as conn:
            return accounts.recovery_left(conn, self._mine(visitor).id)

    def has_factor(self, visitor: Visitor) -> bool:
        """Whether the visitor's account has a second factor of ours."""
        return bool(self._mine(visitor).factor)

    def _mine(self, visitor: Visitor) -> Account:
        with self.store.read() as conn:
            account = accounts.named(conn, visitor.name)
        if account is None or account.disabled:
            raise Refused("no_account", name=visitor.name)
        return account

    def has_password(self, visitor: Visitor) -> bool:
        """Whether the visitor has a password of ours: not if a provider vouches for them."""
        return bool(self._mine(visitor).password)

    def _prove(self, account: Account, visitor: Visitor, given: str) -> None:
        """Who found a screen unlocked must not bind a telephone of their own.

        Where there is no password of ours the provider has asked for theirs: that must be minutes ago.
        Refused: password_wrong, sign_in_again, busy.
        """
        if account.password:
            with self.places.place(visitor.address):
                return self._demand_password(account, visitor, given)
        with self.store.read() as conn:
            session = sessions.get(conn, visitor.session)
        if session is None or not session.created - _FRESH < self.clock() < session.created + _FRESH:
            raise Refused("sign_in_again")

    def _demand_password(self, account: Account, visitor: Visitor, given: str) -> None:
        """Who found a screen unlocked may not guess either: it counts for the account as signing in does."""
        doors, now = Doors.own(account.name), self.clock()
        with self.store.write() as conn:
            tried = lockout.reserve(conn, doors, self.rules.lock_after, now)
        if not self.hasher.right(account.password if tried.open else "", given):
            audit_log.refused(
                self.store, visitor, "password", account.name, now, "password" if tried.open else "locked"
            )
            raise Refused("password_wrong", told=True, seconds=tried.seconds)
        with self.store.write() as conn:
            lockout.passed(conn, doors, now, whole=True)

    @contextmanager
    def _changing_mine(self, visitor: Visitor, seen: Account) -> Iterator[tuple[Conn, Account, datetime]]:
        """A change of an account that is still what was looked at, in a session that still stands."""
        with self.changing() as (conn, now):
            whole = accounts.numbered(conn, seen.id, lock=True)
            if whole is None or whole.password != seen.password or not sessions.get(conn, visitor.session):
                raise Refused("changed_meanwhile")
            yield conn, whole, now

    def _anew(
        self, conn: Conn, visitor: Visitor, action: str, now: datetime, *, second: bool | None = None
    ) -> SignedIn:
        """What the visitor did is told, all their sessions end, and one begins that nobody knew before."""
        old, account = sessions.get(conn, visitor.session), accounts.named(conn, visitor.name)
        assert old is not None and account is not None
        audit_log.write(conn, audit_log.by(visitor, action, account.name), now)
        sessions.end_of(conn, account.id)
        shown = old.factor if second is None else second
        return self.new_session(
            conn, account, visitor.address, old.agent, now, second=shown, since=old.created, told=old.entered
        )  # fmt: skip
