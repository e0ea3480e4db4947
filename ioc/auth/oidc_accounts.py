"""People for whom a provider vouches: an account without a password, whose rights are what the provider says."""

import re
from dataclasses import dataclass
from datetime import datetime
from unicodedata import combining, normalize

from ioc.auth import audit_log, tokens
from ioc.auth.account_service import roles_of
from ioc.auth.errors import Refused
from ioc.auth.login import SignedIn, Waiting
from ioc.auth.login_history import entered
from ioc.auth.principal import Kind, Visitor
from ioc.auth.user_admin import Roster
from ioc.storage.access import accounts, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn

_NAMES = 50  # how many people of one name get an account


@dataclass(frozen=True, slots=True)
class Vouched:
    """`subject`: "issuer|subject". `name`: as the provider calls them. `second`: they showed a second factor there."""

    subject: str
    name: str
    shown: str
    roles: tuple[str, ...]
    agency: str
    second: bool
    asks_factor: bool = False


class Outside(Roster):
    """The part of `People` that lets in whom a provider knows."""

    def vouched(self, told: Vouched, address: str, *, agent: str = "") -> SignedIn | Waiting:
        """Rights move to what the provider says now. Refused("openid_refused") without a role, or disabled here."""
        now = self.clock()
        with self.store.read() as conn:
            known = accounts.of_subject(conn, told.subject)
        if not told.roles or (known and known.disabled):
            who = Visitor(Kind.NOBODY, address=address)
            audit_log.refused(
                self.store, who, "sign-in", known.name if known else "", now, "disabled" if known else "role"
            )
            raise Refused("openid_refused", told=True)
        if known is None or _moved(known, told):
            self._follow(known, told, address)
        with self.store.write() as conn:
            account = accounts.of_subject(conn, told.subject)
            if account is None or account.disabled:
                raise Refused("openid_refused")
            if account.factor and not told.second:
                token = tokens.new()
                sessions.wait(conn, account.id, tokens.digest(token) or "", address, agent, now)
                accounts.miss(conn, account.name)  # as a password that is right, until the second step is taken
                return Waiting(token)
            accounts.change(conn, account.id, used=now)
            before = entered(conn, account, address, agent, now)
            made = self.new_session(conn, account, address, agent, now, second=told.second, told=before)
            audit_log.write(conn, audit_log.by(made.visitor, "signed-in", str(made.visitor.session), why="openid"), now)
            return made

    def _follow(self, known: Account | None, told: Vouched, address: str) -> None:
        """A new account, or the rights that the provider gives now; they begin with new sessions."""
        by = Visitor(Kind.NOBODY, address=address)
        fields = {
            "roles": told.roles, "agency": told.agency, "shown": told.shown[:200], "asks_factor": told.asks_factor,
        }  # fmt: skip
        with self.changing() as (conn, now):
            if known is None:
                made = self._new(conn, told, now, **fields)
                audit_log.write(
                    conn, audit_log.by(by, "account-added", made.name, why="openid", after=_rights(told)), now
                )
                return
            accounts.change(conn, known.id, **fields)
            told_of = audit_log.by(by, "account-changed", known.name, why="openid", after=_rights(told))
            audit_log.write(conn, told_of, now)
            self.end_sessions(conn, known, by, "rights", now)

    def _new(self, conn: Conn, told: Vouched, now: datetime, **fields: object) -> Account:
        """Never the account of somebody who is called so here: that one is theirs."""
        base = _id(told.name)
        for n in range(1, _NAMES):
            name = base if n == 1 else f"{base[:56]}-{n}"
            if made := accounts.add(conn, name, now, subject=told.subject[:400], **fields):
                return made
        raise Refused("openid_refused")


def _moved(account: Account, told: Vouched) -> bool:
    held = {str(one) for one in roles_of(account)}
    return (held, account.agency, account.asks_factor) != (set(told.roles), told.agency, told.asks_factor)


def _rights(told: Vouched) -> str:
    return " ".join((*sorted(told.roles), told.agency)).strip()


def _id(name: str) -> str:
    letters = normalize("NFD", name.partition("@")[0].casefold().replace("đ", "d"))
    plain = "".join(one for one in letters if not combining(one))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "nguoi-dung"
