"""access.yaml: sessions, lockout, displays, audit log, OIDC. Without the file the defaults of AccessPolicy hold."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.folder import ConfigFolder
from ioc.config.located_rows import KnownNames, LocatedRow
from ioc.config.row_codes import RowCode
from ioc.config.schema.base import Row
from ioc.config.schema.field_types import Duration, Id, Word
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.config.validation import validate_row
from ioc.domain.base.access_policy import AccessPolicy, OidcProvider
from ioc.domain.base.option_errors import ConfigValueError

STEM = "access"
_SECRET = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
# Those of ioc.auth.principal.Role, which this package may not import; a test compares them.
RoleName = Literal["viewer", "leader", "operator", "reporter", "editor", "administrator"]


def _check_issuer(issuer: str) -> str:
    if not issuer.startswith(("https://", *_LOOPBACK)):
        raise ConfigValueError(RowCode.ISSUER_NOT_HTTPS)
    return issuer.rstrip("/")


def _secret_name(reference: str) -> str:
    match = _SECRET.fullmatch(reference)
    if reference and match is None:
        raise ConfigValueError(RowCode.SECRET_IN_FILE)
    return match[1] if match else ""


class OpenIdRow(Row):
    """An OIDC provider; the groups in its `claim` give roles and agency."""

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


def read_access_row(folder: ConfigFolder) -> LocatedRow[AccessRow] | None:
    """The row of the nearest access.yaml; None without one. Its faults go into `folder.faults`."""
    files = folder.files(STEM)
    if not files:
        return None
    file = files[-1]
    folder.faults += file.faults
    return LocatedRow(validate_row(folder.faults, file, (), file.value, AccessRow), file, ())


def check(located: LocatedRow[AccessRow] | None, agencies: KnownNames) -> list[ConfigFault]:
    """Every agency that is named exists."""
    faults: list[ConfigFault] = []
    if located is not None:
        with SKIP_UNREADABLE:
            provider = located.row.openid
            for group, key in (provider.agencies if provider else {}).items():
                path = ("openid", "agencies", group)
                faults += cross_checks.check_exists(located, RowCode.UNKNOWN_AGENCY, key, agencies, *path)
    return faults
