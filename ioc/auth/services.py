"""The services of one process for accounts, displays and API keys, and how they are put together."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ioc.auth.api_keys import ApiKeyService
from ioc.auth.audit_review import AuditReview
from ioc.auth.displays import DisplayService
from ioc.auth.login import LoginService
from ioc.auth.login_history import is_known_network
from ioc.auth.mfa import MfaService
from ioc.auth.oidc import OidcClient
from ioc.auth.oidc_accounts import OidcProvisioning
from ioc.auth.passwords import Hasher, HashingSlots
from ioc.auth.secret_key import SecretKey
from ioc.auth.self_service import Reauthentication, SelfService
from ioc.auth.sessions import SessionService
from ioc.auth.totp import KEY_LABEL, SecretBox
from ioc.auth.user_admin import UserAdmin
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import Clock
from ioc.storage.db.background_writer import Defer
from ioc.storage.db.store import Store


@dataclass(frozen=True, slots=True)
class AuthServices:
    """One of each per process, safe to share between threads. `oidc`: None where no identity provider is configured."""

    sessions: SessionService
    login: LoginService
    self_service: SelfService
    mfa: MfaService
    users: UserAdmin
    displays: DisplayService
    api_keys: ApiKeyService
    audit: AuditReview
    oidc: OidcClient | None = None


def build_services(
    store: Store, clock: Clock, policy: AccessPolicy, secret: SecretKey, *, agencies: Collection[str],
    hasher: Hasher | None = None, monotonic: Callable[[], float] = time.monotonic, oidc_secret: str = "",
    ca: Path | None = None, defer: Defer | None = None,
) -> AuthServices:  # fmt: skip
    """The services over `store`. `agencies`: the keys of all.

    `monotonic` only paces how often the store is read for changes. `oidc_secret`: ours at the identity provider, ""
    for a public client. `ca`: see OidcClient. `defer`: writes what no answer waits for; None: at once.
    """
    hasher, box = hasher or Hasher(), SecretBox(secret.derive(KEY_LABEL))
    slots = HashingSlots(partial(is_known_network, store))
    reauthentication = Reauthentication(store, clock, policy, hasher, slots)
    return AuthServices(
        sessions=SessionService(store, clock, policy, monotonic, defer),
        login=LoginService(store, clock, policy, hasher, slots, box),
        self_service=SelfService(store, clock, hasher, slots, reauthentication),
        mfa=MfaService(store, clock, box, reauthentication),
        users=UserAdmin(store, clock, policy, hasher, agencies),
        displays=DisplayService(store, clock, policy, secret, monotonic, defer),
        api_keys=ApiKeyService(store, clock, policy, monotonic, defer),
        audit=AuditReview(store, clock),
        oidc=OidcClient(policy.oidc, OidcProvisioning(store, clock), secret, clock, oidc_secret, ca)
        if policy.oidc
        else None,
    )
