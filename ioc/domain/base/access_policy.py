"""The rules of access: for how long somebody is known, when a door closes, for how long the trail is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OpenId:
    """A provider that people may come through. `secret`: name of the environment's value, "" for a public client.

    `claim`: what the provider tells of a person's groups; `roles`, `agencies`: group -> roles, agency. `mfa`: what it
    says in acr or amr of who showed a second factor. `asks_factor`: who did not shows one here.
    """

    issuer: str
    client: str
    secret: str = ""
    scopes: tuple[str, ...] = ("openid", "profile")
    claim: str = "groups"
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    agencies: Mapping[str, str] = field(default_factory=dict)
    mfa: tuple[str, ...] = ("mfa", "otp", "hwk")
    asks_factor: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Idle and absolute ends of sessions, locks, unused accounts, one-time passwords, screens, the trail."""

    idle: timedelta = timedelta(minutes=15)
    idle_administrator: timedelta = timedelta(minutes=5)
    absolute: timedelta = timedelta(hours=12)
    lock_after: int = 5
    unused_days: int = 45
    reset: timedelta = timedelta(hours=24)
    screen_days: int = 400
    trail_days: int = 400
    openid: OpenId | None = None
