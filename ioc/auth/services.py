"""The services of one process for accounts, displays and API keys, and how they are put together."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ioc.auth.account_service import AccountService
from ioc.auth.api_keys import ApiKeyService
from ioc.auth.displays import DisplayService
from ioc.auth.login import LoginService
from ioc.auth.oidc import OidcClient
from ioc.auth.oidc_accounts import OidcProvisioning
from ioc.auth.passwords import Hasher
from ioc.auth.secret_key import SecretKey
from ioc.auth.self_service import SelfService
from ioc.auth.sessions import SessionService
from ioc.auth.user_admin import UserAdmin
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import Clock
from ioc.storage.db.store import Store


@dataclass(frozen=True, slots=True)
class AuthServices:
    """One of each per process, safe to share between threads. `oidc`: None where no identity provider is configured."""

    sessions: SessionService
    login: LoginService
    self_service: SelfService
    mfa: SelfService
    users: UserAdmin
    sweep: UserAdmin
    oidc_accounts: OidcProvisioning
    displays: DisplayService
    api_keys: ApiKeyService
    oidc: OidcClient | None = None


def build_services(
    store: Store, clock: Clock, policy: AccessPolicy, secret: SecretKey, *, hasher: Hasher | None = None,
    monotonic: Callable[[], float] = time.monotonic, oidc_secret: str = "", ca: Path | None = None,
) -> AuthServices:  # fmt: skip
    """The services over `store`.

    `monotonic` only paces how often the store is read for changes. `oidc_secret`: ours at the identity provider, ""
    for a public client. `ca`: see OidcClient.
    """
    accounts = AccountService(store, clock, policy, secret, hasher=hasher, monotonic=monotonic)
    oidc = OidcClient(policy.oidc, accounts, secret, clock, oidc_secret, ca) if policy.oidc else None
    displays = DisplayService(store, clock, policy, monotonic)
    api_keys = ApiKeyService(store, clock, policy, monotonic)
    return AuthServices(
        accounts, accounts, accounts, accounts, accounts, accounts, accounts, displays, api_keys, oidc
    )  # fmt: skip
