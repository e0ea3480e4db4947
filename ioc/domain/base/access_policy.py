"""The rules of access: for how long somebody is known, when a door closes, for how long the trail is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """A provider that people may come through. `secret`: name of the environment's value, "" for a public client.

    `claim`: what the provider tells of a person's groups; `roles`, `agencies`: group -> roles, agency. `mfa`: what it
    says in acr or amr of who showed a second factor. `asks_factor`: who did not shows one here.
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
    """Idle and absolute ends of sessions, locks, unused accounts, one-time passwords, screens, the trail."""

    idle_timeout: timedelta = timedelta(minutes=15)
    administrator_idle_timeout: timedelta = timedelta(minutes=5)
    absolute_timeout: timedelta = timedelta(hours=12)
    lock_after: int = 5
    unused_days: int = 45
    one_time_password_lifetime: timedelta = timedelta(hours=24)
    display_days: int = 400
    audit_log_days: int = 400
    oidc: OidcProvider | None = None
