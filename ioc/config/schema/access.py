"""access.yaml: the rules of access. A centre without the file lives by the rules as they stand in domain/access."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.folder import ConfigFolder, validate_row
from ioc.config.located_rows import KnownNames, LocatedRow
from ioc.config.schema.base import Row
from ioc.config.schema.field_types import Duration, Id, Word
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.domain.base.access_policy import AccessPolicy, OidcProvider

STEM = "access"
_SECRET = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
# Those of ioc.auth.principal.Role, which this room cannot see; a test holds them together.
RoleName = Literal["viewer", "leader", "operator", "reporter", "editor", "administrator"]


def _check_issuer(given: str) -> str:
    if not given.startswith(("https://", *_LOOPBACK)):
        raise ValueError("a provider is reached by https")
    return given.rstrip("/")


def _secret_name(given: str) -> str:
    match = _SECRET.fullmatch(given)
    if given and match is None:
        raise ValueError("a secret never stands in a file: name it as ${NAME}")
    return match[1] if match else ""


class OpenIdRow(Row):
    """A provider that people may come through; what it tells in `claim` gives roles and agency."""

    issuer: Annotated[str, AfterValidator(_check_issuer)]
    client: Word
    secret: Annotated[str, AfterValidator(_secret_name)] = ""
    scopes: tuple[Word, ...] = ("openid", "profile")
    claim: Word = "groups"
    roles: dict[Word, tuple[RoleName, ...]]
    agencies: dict[Word, Id] = {}
    mfa: tuple[Word, ...] = ("mfa", "otp", "hwk")
    asks_factor: bool = False

    def to_domain(self) -> OidcProvider:
        """As the domain has it."""
        return OidcProvider(
            self.issuer, self.client, self.secret, self.scopes, self.claim, dict(self.roles), dict(self.agencies),
            self.mfa, self.asks_factor,
        )  # fmt: skip


class AccessRow(Row):
    """Ends of sessions, locks, accounts that nobody uses, one-time passwords, screens, the trail."""

    idle: Duration = timedelta(minutes=15)
    idle_administrator: Duration = timedelta(minutes=5)
    absolute: Duration = timedelta(hours=12)
    lock_after: Annotated[int, Field(ge=2, le=20)] = 5
    unused_days: Annotated[int, Field(ge=7, le=400)] = 45
    reset: Duration = timedelta(hours=24)
    screen_days: Annotated[int, Field(ge=7, le=4000)] = 400
    trail_days: Annotated[int, Field(ge=90, le=36_500)] = 400
    openid: OpenIdRow | None = None

    @model_validator(mode="after")
    def _check_order(self) -> "AccessRow":
        if not self.idle_administrator <= self.idle <= self.absolute <= timedelta(hours=24):
            raise ValueError("idle_administrator <= idle <= absolute <= 24h is wanted")
        return self

    def to_domain(self) -> AccessPolicy:
        """As the domain has it."""
        return AccessPolicy(
            self.idle, self.idle_administrator, self.absolute, self.lock_after, self.unused_days, self.reset,
            self.screen_days, self.trail_days, self.openid.to_domain() if self.openid else None,
        )  # fmt: skip


def read_access_row(folder: ConfigFolder) -> LocatedRow[AccessRow] | None:
    """What the nearest access.yaml says; None where there is none."""
    files = folder.files(STEM)
    if not files:
        return None
    file = files[-1]
    folder.faults += file.faults
    return LocatedRow(validate_row(folder.faults, file, (), file.value, AccessRow), file, ())


def check(at: LocatedRow[AccessRow] | None, agencies: KnownNames) -> list[ConfigFault]:
    """Every agency that is named exists."""
    found: list[ConfigFault] = []
    if at is not None:
        with SKIP_UNREADABLE:
            for group, key in (at.row.openid.agencies if at.row.openid else {}).items():
                found += cross_checks.check_exists(at, "agency", key, agencies, "openid", "agencies", group)
    return found
