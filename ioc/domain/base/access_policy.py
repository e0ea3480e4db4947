"""Access policy: session timeouts, login lockout, password and account lifetimes, retention of the audit log, OIDC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An OpenID Connect provider. `secret_env`: name of the environment variable, "" for a public client.

    `groups_claim`: the claim that lists a person's groups; `roles_by_group`, `agencies_by_group` map them.
    `mfa_values`: values of acr or amr that prove a second factor. `requires_mfa`: without that proof one is asked here.
    """

    issuer: str
    client_id: str
    secret_env: str = ""
    scopes: tuple[str, ...] = ("openid", "profile")
    groups_claim: str = "groups"
    roles_by_group: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    agencies_by_group: Mapping[str, str] = field(default_factory=dict)
    mfa_values: tuple[str, ...] = ("mfa", "otp", "hwk")
    requires_mfa: bool = False


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Limits that configuration may set. `lock_after`: failed logins until an account is locked."""

    idle_timeout: timedelta = timedelta(minutes=15)
    administrator_idle_timeout: timedelta = timedelta(minutes=5)
    absolute_timeout: timedelta = timedelta(hours=12)
    lock_after: int = 5
    unused_days: int = 45
    one_time_password_lifetime: timedelta = timedelta(hours=24)
    display_days: int = 400
    audit_log_days: int = 400
    oidc: OidcProvider | None = None
