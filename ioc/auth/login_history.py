"""What whoever signs in is told, so that they notice who else did: of the last time, of failures, of new places."""

import re
from datetime import datetime, timedelta

from ioc.auth.lockout import network
from ioc.storage.access import accounts, known_logins
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import Entered
from ioc.storage.db.store import Conn

KNOWN = timedelta(days=180)  # for how long a place is remembered
_VERSION = re.compile(r"[\d._]+")


def entered(conn: Conn, account: Account, address: str, agent: str, now: datetime, *, own: int = 0) -> Entered:
    """What is known up to now; from now on this is the last sign-in. `own`: tries that were counted for it itself."""
    came = {"address": network(address), "browser": browser(agent)}
    strange = {
        kind for kind, value in came.items() if value not in (known_logins.known(conn, account.id, kind) or {value})
    }
    for kind, value in came.items():
        known_logins.note(conn, account.id, kind, value, now)
    accounts.change(conn, account.id, signed=now, signed_address=address[:60], missed=0)
    return Entered(account.signed, account.signed_address, max(0, account.missed - own), frozenset(strange))


def browser(agent: str) -> str:
    """The same after an update."""
    return _VERSION.sub("", agent.replace("\x00", ""))[:200]
