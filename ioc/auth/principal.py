"""Who stands behind a request: nobody, this machine, a person, an enrolled screen, our own printer, a program."""

from dataclasses import dataclass
from enum import StrEnum


class PrincipalKind(StrEnum):
    """How somebody is known."""

    ANONYMOUS = "anonymous"
    LOCAL = "local"  # a request from this machine to itself, through no proxy
    USER = "user"
    DISPLAY = "display"
    PRINT_WORKER = "print_worker"
    API_KEY = "api_key"  # of another machine, by a key of its own


class Role(StrEnum):
    """What a person is to the centre; a person may be several."""

    VIEWER = "viewer"
    LEADER = "leader"
    OPERATOR = "operator"
    REPORTER = "reporter"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a program's key is good for."""

    METRICS = "metrics"
    API = "api"


class RequiredAction(StrEnum):
    """What a person must do before anything else."""

    NONE = ""
    CHANGE_PASSWORD = "password"  # choose one of their own
    ENROL_MFA = "factor"  # set up the second factor


class RevokedReason(StrEnum):
    """What somebody who is nobody has brought, and what opens nothing any more."""

    NONE = ""
    SESSION_ENDED = "session"  # it has ended, or never was
    DISPLAY_UNKNOWN = "screen_unknown"
    DISPLAY_REVOKED = "screen_revoked"
    DISPLAY_UNUSED = "screen_unused"
    DISPLAY_OUTSIDE_NETWORK = "screen_outside"  # of the networks that it may come from
    KEY_UNKNOWN = "key_unknown"  # of a program
    KEY_REVOKED = "key_revoked"
    KEY_UNUSED = "key_unused"
    KEY_OUTSIDE_NETWORK = "key_outside"


@dataclass(frozen=True, slots=True)
class Principal:
    """`name`: key of the account, screen or program, as the trail tells it. `agency`: whose figures they hand in.

    `session`: the number of the session, never its secret. `address`: where from, behind a proxy of ours too.
    `gone`: who was somebody and is nobody now; of a screen or a program `name` and `shown` are still told, of a session
    `shown` is the account, where it is known.
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
    revoked_reason: RevokedReason = RevokedReason.NONE


ANONYMOUS = Principal()
