"""A house of people to test on: a clock that is set, hashes that are counted, authenticators at hand."""

from datetime import datetime, timedelta

import pyotp
import pytest

from ioc.auth import mfa
from ioc.auth.account_service import AccountService, MfaChallenge, NewSession
from ioc.auth.errors import AuthError
from ioc.auth.passwords import Hasher
from ioc.auth.principal import Principal, PrincipalKind, Role
from ioc.auth.secret_key import SecretKey
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access import accounts
from ioc.storage.access import audit_log as rows
from ioc.storage.db.store import Store
from tests.storage.truth import START

SECRET = SecretKey(b"kX9v-2qLmT_8wZr4nB7cYp1sHd6gJf0a")
PASSWORD = "ba chiếc xuồng lá chở dừa nước"
WRONG = "không phải mật khẩu này"
HOME, AWAY = "10.0.0.9", "10.0.0.77"
ADMINISTRATOR = Principal(PrincipalKind.USER, "quan-tri", roles=frozenset({Role.ADMINISTRATOR}), address=HOME)


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


class Counting(Hasher):
    """Counts what costs time."""

    checked = 0

    def right(self, kept: str, password: str) -> bool:
        self.checked += 1
        return super().verify(kept, password)


class Seconds:
    """A monotonic clock that moves only when it is told."""

    at = 0.0

    def __call__(self) -> float:
        self.at += 0.001
        return self.at


class Site:
    """People of one process over a store."""

    def __init__(self, store: Store, clock: Clock | None = None, rules: AccessPolicy | None = None) -> None:
        self.store, self.clock = store, clock or Clock()
        self.hasher, self.seconds = Counting(), Seconds()
        self.people = AccountService(
            store, self.clock, rules or AccessPolicy(), SECRET, hasher=self.hasher, monotonic=self.seconds
        )

    def person(self, name: str = "an", *roles: Role, password: str = PASSWORD) -> int:
        """Somebody who has a password of their own; the number of the account."""
        with self.store.write() as conn:
            made = accounts.add(
                conn, name, self.clock(), roles=roles or (Role.VIEWER,), password_hash=self.hasher.hash(password)
            )
            assert made is not None
            return made.id

    def with_factor(self, name: str = "an", *roles: Role) -> pyotp.TOTP:
        """Somebody who has an authenticator, too."""
        number, secret = self.person(name, *roles), mfa.new_secret()
        with self.store.write() as conn:
            accounts.change(conn, number, totp_secret=self.people.cipher.encrypt(secret))
        return pyotp.TOTP(secret)

    def enter(self, name: str = "an", password: str = PASSWORD, address: str = HOME) -> NewSession:
        """Signs in where no second factor is asked for."""
        made = self.people.sign_in(name, password, address, user_agent="test")
        assert isinstance(made, NewSession)
        return made

    def begin(self, name: str = "an", password: str = PASSWORD, address: str = HOME) -> str:
        """The first of two steps."""
        made = self.people.sign_in(name, password, address)
        assert isinstance(made, MfaChallenge)
        return made.token

    def codes(self, phone: pyotp.TOTP, name: str = "an") -> tuple[str, ...]:
        """New recovery codes of somebody with an authenticator, whose next code has not been used."""
        me = self.people.verify_mfa(self.begin(name), phone.at(self.clock()), HOME).principal
        self.clock.on(seconds=30)
        return self.people.renew_recovery_codes(me, PASSWORD).recovery_codes

    def seen(self, cookie: str, *, active: bool = False) -> Principal | None:
        """Who that is, after this process has looked whether rights moved."""
        self.seconds.at += 0.2
        return self.people.authenticate(cookie, HOME, is_active=active)


def refused(site: Site, name: str = "an", password: str = WRONG, address: str = HOME) -> AuthError:
    """What somebody hears who is not let in."""
    with pytest.raises(AuthError) as caught:
        site.people.sign_in(name, password, address)
    return caught.value


def causes(store: Store) -> list[str]:
    """Why they were not, the newest first."""
    with store.read() as conn:
        return [one.reason for one in rows.newest(conn, rows.AuditFilter(action="login", result="denied"), 99)]
