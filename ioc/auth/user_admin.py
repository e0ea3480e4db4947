"""Everybody's accounts, as an administrator keeps them. What is given out is a one-time password, no lasting one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.auth import audit_log, lockout, passwords
from ioc.auth.account_service import roles_of
from ioc.auth.errors import Refused
from ioc.auth.login import NAME, WAITS
from ioc.auth.login_history import KNOWN
from ioc.auth.principal import Kind, Role, Visitor
from ioc.auth.self_service import OwnAccount
from ioc.storage.access import accounts, known_logins, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn

FIRST = "quan-tri"


@dataclass(frozen=True, slots=True)
class Person:
    """An account as it is shown. `once`: waits for its one-time password to be used. `outside`: comes by a provider.

    `locked`: until then nobody signs in to it, after failures.
    """

    name: str
    shown: str
    roles: frozenset[Role]
    agency: str
    created: datetime
    used: datetime
    disabled: datetime | None
    why: str
    factor: bool
    once: bool
    outside: bool
    locked: datetime | None


class Roster(OwnAccount):
    """The part of `People` that administers accounts. Each change ends the sessions of whom it is about."""

    def accounts(self) -> list[Person]:
        """Everybody, by name."""
        with self.store.read() as conn:
            some = accounts.listed(conn)
            locked = lockout.locked(conn, [one.name for one in some], self.rules.lock_after, self.clock())
        return [_person(one, locked.get(one.name)) for one in some]

    def add(self, name: str, shown: str, roles: Iterable[Role], agency: str, by: Visitor) -> str:
        """A new account; its one-time password. Refused: name_bad, name_taken, roles_none, agency_needed."""
        held = _roles(roles, agency)
        if not NAME.fullmatch(name):
            raise Refused("name_bad")
        given, kept = self._one_time()
        with self.changing() as (conn, now):
            made = accounts.add(
                conn, name, now, shown=shown.strip()[:200], roles=held, agency=agency, password=kept,
                once=now + self.rules.reset,
            )  # fmt: skip
            if made is None:
                raise Refused("name_taken", name=name)
            audit_log.write(conn, audit_log.by(by, "account-added", name, after=_told(made)), now)
        return given

    def change(
        self, name: str, by: Visitor, *, roles: Iterable[Role] | None = None, agency: str | None = None,
        shown: str | None = None,
    ) -> None:  # fmt: skip
        """Sets what is given. Refused: own_account (nobody changes their own rights), last_administrator, as `add`."""
        with self.changing() as (conn, now):
            old = self._other(conn, name, by, rights=roles is not None or agency is not None)
            place = old.agency if agency is None else agency
            held = _roles(roles_of(old) if roles is None else roles, place)
            if Role.ADMINISTRATOR not in held:
                _demand_another(conn, old)
            words = old.shown if shown is None else shown.strip()[:200]
            accounts.change(conn, old.id, roles=held, agency=place, shown=words)
            new = accounts.numbered(conn, old.id)
            assert new is not None
            audit_log.write(conn, audit_log.by(by, "account-changed", name, before=_told(old), after=_told(new)), now)
            if (new.roles, new.agency) != (old.roles, old.agency):
                self.end_sessions(conn, new, by, "rights", now)

    def reset(self, name: str, by: Visitor, *, factor: bool = False) -> str:
        """A one-time password; `factor`: the second factor is lost, and goes, too.

        Refused: outside; own_account (who found a screen unlocked would need neither password nor factor).
        """
        given, kept = self._one_time()
        with self.changing() as (conn, now):
            old = self._other(conn, name, by)
            if old.subject:
                raise Refused("outside")
            accounts.change(conn, old.id, password=kept, once=now + self.rules.reset, once_used=False)
            if factor:
                accounts.change(conn, old.id, factor="", factor_next="", factor_step=0)
                accounts.set_recovery(conn, old.id, ())
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.by(by, "factor-reset" if factor else "password-reset", name), now)
            self.end_sessions(conn, old, by, "reset", now)
        return given

    def disable(self, name: str, by: Visitor) -> None:
        """Nobody signs in to it any more. Refused: own_account, last_administrator."""
        with self.changing() as (conn, now):
            old = self._other(conn, name, by)
            _demand_another(conn, old)
            if old.disabled:
                return
            accounts.change(conn, old.id, disabled=now, disabled_why="asked")
            audit_log.write(conn, audit_log.by(by, "account-disabled", name), now)
            self.end_sessions(conn, old, by, "disabled", now)

    def enable(self, name: str, by: Visitor) -> None:
        """It may be signed in to again; the days that it was not used begin anew."""
        with self.changing() as (conn, now):
            old = self._other(conn, name, by)
            accounts.change(conn, old.id, disabled=None, disabled_why="", used=now)
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.by(by, "account-enabled", name), now)

    def unlock(self, name: str, by: Visitor) -> None:
        """Its failures are forgotten. Refused: no_account; own_account (who found a screen unlocked could guess on)."""
        with self.store.write() as conn:
            self._other(conn, name, by)
            lockout.unlock(conn, name)
            audit_log.write(conn, audit_log.by(by, "account-unlocked", name), self.clock())

    def first_administrator(self) -> str | None:
        """The one-time password of an administrator, where there is no account at all; None where there is one."""
        with self.store.read() as conn:
            if accounts.count(conn):
                return None
        try:
            return self.add(FIRST, "", [Role.ADMINISTRATOR], "", Visitor(Kind.LOCAL))
        except Refused:  # another process was first
            return None

    def sweep(self) -> None:
        """Once a day: accounts that nobody uses, sessions that are over, failures that count no more, an old trail."""
        now = self.clock()
        unused = now - timedelta(days=self.rules.unused_days)
        with self.store.read() as conn:
            some = accounts.unused(conn, unused)
        if some:
            with self.changing() as (conn, now):
                for one in accounts.unused(conn, unused):
                    self.disable_unused(conn, one, now)
        with self.store.write() as conn:
            sessions.sweep(conn, now - self.rules.absolute, now - WAITS)
            lockout.sweep(conn, now)
            known_logins.sweep(conn, now - KNOWN)
        swept = 1
        while swept:
            with self.store.write() as conn:
                swept = audit_log.sweep(conn, now - timedelta(days=self.rules.trail_days), now)

    def _one_time(self) -> tuple[str, str]:
        given = passwords.one_time()
        return given, self.hasher.hash(given)

    def _named(self, conn: Conn, name: str) -> Account:
        found = accounts.named(conn, name, lock=True)
        if found is None:
            raise Refused("no_account", name=name)
        return found

    def _other(self, conn: Conn, name: str, by: Visitor, *, rights: bool = True) -> Account:
        """Nobody gives themselves rights, or takes them from the only one who could give them back."""
        if rights and by.kind is Kind.PERSON and by.name == name:
            raise Refused("own_account")
        return self._named(conn, name)


def _demand_another(conn: Conn, account: Account) -> None:
    only = not account.disabled and not accounts.others_with(conn, Role.ADMINISTRATOR, account.id)
    if Role.ADMINISTRATOR in account.roles and only:
        raise Refused("last_administrator")


def _roles(roles: Iterable[Role], agency: str) -> list[Role]:
    held = sorted(set(roles))
    if not held:
        raise Refused("roles_none")
    if Role.REPORTER in held and not agency:
        raise Refused("agency_needed")
    return held


def _told(account: Account) -> str:
    """What the trail keeps of an account: its rights. How a person is called stands in the account only."""
    return json.dumps({"roles": sorted(account.roles), "agency": account.agency}, sort_keys=True)


def _person(one: Account, locked: datetime | None) -> Person:
    return Person(
        one.name, one.shown, roles_of(one), one.agency, one.created, one.used, one.disabled, one.disabled_why,
        bool(one.factor), one.once is not None, bool(one.subject), locked,
    )  # fmt: skip
