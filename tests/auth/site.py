"""Accounts for tests: a clock that is set, a hasher that counts, authenticators."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher

from ioc.auth import access_sweep
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.mfa import MfaChallenge
from ioc.auth.oidc_accounts import OidcProvisioning
from ioc.auth.passwords import Hasher
from ioc.auth.secret_key import SecretKey
from ioc.auth.services import build_services
from ioc.auth.sessions import NewSession
from ioc.auth.totp import KEY_LABEL, SecretBox, new_secret
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access import accounts
from ioc.storage.db.store import Store
from tests.storage.expected_store import START

SECRET = SecretKey(b"kX9v-2qLmT_8wZr4nB7cYp1sHd6gJf0a")
BOX = SecretBox(SECRET.derive(KEY_LABEL))
PASSWORD = "ba chiếc xuồng lá chở dừa nước"
WRONG = "không phải mật khẩu này"
HOME, AWAY = "10.0.0.9", "10.0.0.77"
ADMINISTRATOR = Principal(PrincipalKind.USER, "quan-tri", roles=frozenset({Role.ADMINISTRATOR}), address=HOME)


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


class CountingArgon:
    """Argon2 that counts its checks: the work that a login costs."""

    def __init__(self, argon: Any) -> None:
        self._argon, self.checked = argon, 0

    def verify(self, stored_hash: str, password: str) -> bool:
        self.checked += 1
        return bool(self._argon.verify(stored_hash, password))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._argon, name)


class CountingHasher(Hasher):
    """Counts the hash operations by which it checks passwords. They are weak: strong ones take 500 times as long."""

    def __init__(self) -> None:
        super().__init__()
        self.argon = vars(self)["_argon"] = CountingArgon(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))

    @property
    def checked(self) -> int:
        return self.argon.checked


class Seconds:
    """A monotonic clock that moves by a millisecond per call, and otherwise only when told."""

    at = 0.0

    def __call__(self) -> float:
        self.at += 0.001
        return self.at


class Site:
    """The services of one process over a store."""

    def __init__(
        self, store: Store, clock: Clock | None = None, policy: AccessPolicy | None = None, oidc_secret: str = ""
    ) -> None:
        self.store, self.clock, self.policy = store, clock or Clock(), policy or AccessPolicy()
        self.provisioning = OidcProvisioning(store, self.clock)
        self.hasher, self.seconds = CountingHasher(), Seconds()
        self.auth = build_services(
            store,
            self.clock,
            self.policy,
            SECRET,
            agencies=("so-y-te", "mp-a", "mp-b"),
            hasher=self.hasher,
            monotonic=self.seconds,
            oidc_secret=oidc_secret,
        )

    def sweep(self) -> None:
        """The daily sweep."""
        access_sweep.sweep(self.store, self.clock, self.policy)

    def add_user(self, name: str = "an", *roles: Role, password: str = PASSWORD) -> int:
        """Adds an account with PASSWORD; returns its number."""
        with self.store.write() as conn:
            account = accounts.add(
                conn, name, self.clock(), roles=roles or (Role.VIEWER,), password_hash=self.hasher.hash(password)
            )
            assert account is not None
            return account.id

    def add_user_with_mfa(self, name: str = "an", *roles: Role) -> pyotp.TOTP:
        """Adds an account with a second factor; returns its authenticator."""
        number, secret = self.add_user(name, *roles), new_secret()
        with self.store.write() as conn:
            accounts.change(conn, number, totp_secret=BOX.encrypt(secret))
        return pyotp.TOTP(secret)

    def sign_in(self, name: str = "an", password: str = PASSWORD, address: str = HOME) -> NewSession:
        """Signs in to an account without a second factor."""
        session = self.auth.login.sign_in(Credentials(name, password), address, user_agent="test")
        assert isinstance(session, NewSession)
        return session

    def begin_login(self, name: str = "an", password: str = PASSWORD, address: str = HOME) -> str:
        """The first of two steps; returns the token for the second."""
        challenge = self.auth.login.sign_in(Credentials(name, password), address)
        assert isinstance(challenge, MfaChallenge)
        return challenge.token

    def recovery_codes(self, totp: pyotp.TOTP, name: str = "an") -> tuple[str, ...]:
        """New recovery codes of an account with a second factor; the clock moves on to an unused code."""
        principal = self.auth.login.verify_mfa(self.begin_login(name), totp.at(self.clock()), HOME).principal
        self.clock.on(seconds=30)
        return self.auth.mfa.renew_recovery_codes(principal, PASSWORD).recovery_codes

    def authenticate(self, cookie: str, *, active: bool = False) -> Principal | None:
        """The principal of a cookie, after the cache has checked for changes."""
        self.seconds.at += 0.2
        return self.auth.sessions.authenticate(cookie, HOME, is_active=active)


@contextmanager
def denied(code: AuthCode) -> Iterator[pytest.ExceptionInfo[AuthError]]:
    """Expects an AuthError of this code."""
    with pytest.raises(AuthError) as caught:
        yield caught
    assert caught.value.code is code


def error_code(call: Callable[..., object], *words: object, **more: object) -> AuthCode:
    """The code of the AuthError that the call raises."""
    with pytest.raises(AuthError) as caught:
        call(*words, **more)
    return caught.value.code


def failed_login(site: Site, name: str = "an", password: str = WRONG, address: str = HOME) -> AuthError:
    """The error of a login that is denied."""
    with pytest.raises(AuthError) as caught:
        site.auth.login.sign_in(Credentials(name, password), address)
    return caught.value
