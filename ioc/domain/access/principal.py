"""Principals: who makes a request, and why a credential is not accepted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ioc.domain.base.failure import ErrorCode


class PrincipalKind(StrEnum):
    """How a principal is authenticated."""

    ANONYMOUS = "anonymous"
    LOCAL = "local"  # a request from this machine to itself, through no proxy
    SHELL = "shell"  # a command of this program on its machine, never a request
    USER = "user"
    DISPLAY = "display"
    PRINT_WORKER = "print_worker"
    API_KEY = "api_key"  # of another machine, by a key of its own


class Role(StrEnum):
    """Role of a user; a user may have several."""

    VIEWER = "viewer"
    LEADER = "leader"
    OPERATOR = "operator"
    REPORTER = "reporter"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What an API key permits."""

    METRICS = "metrics"
    API = "api"
    DIRECTIVES = "directives"  # enter documents and acts as a named system


class RequiredAction(StrEnum):
    """What a user must do before anything else."""

    NONE = ""
    CHANGE_PASSWORD = "password"  # choose one of their own
    ENROL_MFA = "factor"  # set up the second factor


class RevokedReason(ErrorCode):
    """Why a credential is not accepted. Texts: components/messages/errors/credential.toml."""

    SESSION_ENDED = "credential.session_ended"  # or it never existed
    DISPLAY_UNKNOWN = "credential.display_unknown"
    DISPLAY_REVOKED = "credential.display_revoked"
    DISPLAY_UNUSED = "credential.display_unused"
    DISPLAY_OUTSIDE_NETWORK = "credential.display_outside_network"
    KEY_UNKNOWN = "credential.key_unknown"
    KEY_REVOKED = "credential.key_revoked"
    KEY_UNUSED = "credential.key_unused"
    KEY_OUTSIDE_NETWORK = "credential.key_outside_network"

    @property
    def credential_kind(self) -> PrincipalKind:
        """The kind of principal that the credential was issued to."""
        if self is RevokedReason.SESSION_ENDED:
            return PrincipalKind.USER
        return PrincipalKind.DISPLAY if self in _DISPLAY_REASONS else PrincipalKind.API_KEY


_DISPLAY_REASONS = frozenset({
    RevokedReason.DISPLAY_UNKNOWN, RevokedReason.DISPLAY_REVOKED, RevokedReason.DISPLAY_UNUSED,
    RevokedReason.DISPLAY_OUTSIDE_NETWORK,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Principal:
    """`name`: key of the account, display or program, as audited. `agency`: whose figures the user submits.

    `session_id`: number of the session, never its secret. `address`: of the client, behind a trusted proxy too.
    `issued_at`: when the API key or the display was made: one that is made later with its name is another.
    `revoked_reason`: set for who shows a credential that is not accepted. Then the kind is anonymous or local; `name`
    and `display_name` still name a display or program, `display_name` alone the account of an ended session.
    """

    kind: PrincipalKind = PrincipalKind.ANONYMOUS
    name: str = ""
    display_name: str = ""
    roles: frozenset[Role] = frozenset()
    agency: str = ""
    session_id: int = 0
    address: str = ""
    required_action: RequiredAction = RequiredAction.NONE
    scopes: frozenset[Scope] = frozenset()
    issued_at: datetime | None = None
    revoked_reason: RevokedReason | None = None

    @property
    def owner_key(self) -> str:
        """Whose the files are that the principal keeps, in whichever session."""
        return f"{self.kind} {self.name}"


ANONYMOUS = Principal()
