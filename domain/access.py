"""The rules of access: for how long somebody is known, when a door closes, for how long the trail is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OpenId:
    """A provider that people may come through. `secret`: name of the environment's value, "" for a public client.

    `claim`: what the provider tells of a person's groups; `roles`, `agencies`: group -> roles, agency.
    """

    issuer: str
    client: str
    secret: str = ""
    scopes: tuple[str, ...] = ("openid", "profile")
    claim: str = "groups"
    roles: Mapping[str, tuple[str, ...]] = ()  # type: ignore[assignment]
    agencies: Mapping[str, str] = ()  # type: ignore[assignment]
    hosts: tuple[str, ...] = ()


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
    public: tuple[str, ...] = ()
    openid: OpenId | None = None
