"""access.yaml: sessions, lockout, displays, audit log, OIDC. Without the file the defaults of AccessPolicy hold."""

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ioc.config.errors import ConfigFault
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow, check_exists
from ioc.config.schema.base import Row
from ioc.config.schema.field_types import Duration, Id, Word, secret_name
from ioc.domain.base.access_policy import AccessPolicy, OidcProvider
from ioc.domain.base.option_errors import ConfigValueError

STEM = "access"
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
# Those of ioc.domain.access.principal.Role, which this package may not import; a test compares them.
RoleName = Literal["viewer", "leader", "operator", "reporter", "editor", "administrator"]


def _check_issuer(issuer: str) -> str:
    if not issuer.startswith(("https://", *_LOOPBACK)):
        raise ConfigValueError(RowCode.ISSUER_NOT_HTTPS)
    return issuer.rstrip("/")


class OpenIdRow(Row):
    """An OIDC provider; the groups in its `claim` give roles and agency."""

    issuer: Annotated[str, AfterValidator(_check_issuer)]
    client: Word
    secret: Annotated[str, AfterValidator(secret_name)] = ""
    scopes: tuple[Word, ...] = ("openid", "profile")
    claim: Word = "groups"
    roles: dict[Word, tuple[RoleName, ...]]
    agencies: dict[Word, Id] = {}
    mfa: tuple[Word, ...] = ("mfa", "otp", "hwk")
    asks_factor: bool = False

    def to_domain(self) -> OidcProvider:
        """The policy that the row describes."""
        return OidcProvider(
            self.issuer, self.client, self.secret, self.scopes, self.claim, dict(self.roles), dict(self.agencies),
            self.mfa, self.asks_factor,
        )  # fmt: skip


class AccessRow(Row):
    """Session limits, lockout, unused accounts, one-time passwords, displays, audit log."""

    idle: Duration = timedelta(minutes=15)
    idle_administrator: Duration = timedelta(minutes=5)
    absolute: Duration = timedelta(hours=12)
    lock_after: Annotated[int, Field(ge=2, le=20)] = 5
    unused_days: Annotated[int, Field(ge=7, le=400)] = 45
    reset: Duration = timedelta(hours=24)
    display_days: Annotated[int, Field(ge=7, le=4000)] = 400
    audit_log_days: Annotated[int, Field(ge=90, le=36_500)] = 400
    openid: OpenIdRow | None = None

    @model_validator(mode="after")
    def _check_order(self) -> "AccessRow":
        if not self.idle_administrator <= self.idle <= self.absolute <= timedelta(hours=24):
            raise ConfigValueError(RowCode.SESSION_LIMITS_ORDER)
        return self

    def to_domain(self) -> AccessPolicy:
        """The policy that the row describes."""
        return AccessPolicy(
            self.idle, self.idle_administrator, self.absolute, self.lock_after, self.unused_days, self.reset,
            self.display_days, self.audit_log_days, self.openid.to_domain() if self.openid else None,
        )  # fmt: skip


def check_references(located: LocatedRow[AccessRow] | None, agencies: Collection[str]) -> list[ConfigFault]:
    """Every agency that is named exists."""
    provider = located.row.openid if located else None
    if located is None or provider is None:
        return []
    return [
        fault
        for group, key in provider.agencies.items()
        for fault in check_exists(located, RowCode.UNKNOWN_AGENCY, key, agencies, "openid", "agencies", group)
    ]
