"""Who stands behind a request: nobody, this machine, a person, an enrolled screen, our own printer, a program."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How somebody is known."""

    NOBODY = "nobody"
    LOCAL = "local"  # a request from this machine to itself, through no proxy
    PERSON = "person"
    SCREEN = "screen"
    PRINTER = "printer"
    PROGRAM = "program"  # of another machine, by a key of its own


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


class Duty(StrEnum):
    """What a person must do before anything else."""

    NONE = ""
    PASSWORD = "password"  # choose one of their own
    FACTOR = "factor"  # set up the second factor


class Gone(StrEnum):
    """What somebody who is nobody has brought, and what opens nothing any more."""

    NONE = ""
    SESSION = "session"  # it has ended, or never was
    SCREEN_UNKNOWN = "screen_unknown"
    SCREEN_REVOKED = "screen_revoked"
    SCREEN_UNUSED = "screen_unused"
    SCREEN_OUTSIDE = "screen_outside"  # of the networks that it may come from
    KEY_UNKNOWN = "key_unknown"  # of a program
    KEY_REVOKED = "key_revoked"
    KEY_UNUSED = "key_unused"
    KEY_OUTSIDE = "key_outside"


@dataclass(frozen=True, slots=True)
class Visitor:
    """`name`: key of the account, screen or program, as the trail tells it. `agency`: whose figures they hand in.

    `session`: the number of the session, never its secret. `address`: where from, behind a proxy of ours too.
    `gone`: who was somebody and is nobody now; of a screen or a program `name` and `shown` are still told, of a session
    `shown` is the account, where it is known.
    """

    kind: Kind = Kind.NOBODY
    name: str = ""
    shown: str = ""
    roles: frozenset[Role] = frozenset()
    agency: str = ""
    session: int = 0
    address: str = ""
    duty: Duty = Duty.NONE
    scopes: frozenset[Scope] = frozenset()
    gone: Gone = Gone.NONE


NOBODY = Visitor()
