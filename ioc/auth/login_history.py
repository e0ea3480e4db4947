"""What whoever signs in is told, so that they notice who else did: of the last time, of failures, of new places."""

import re
from datetime import datetime, timedelta

from ioc.auth.lockout import client_network
from ioc.storage.access import accounts, known_logins
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import LoginHistory
from ioc.storage.db.store import Conn

RETENTION = timedelta(days=180)  # for how long a place is remembered
_VERSION = re.compile(r"[\d._]+")


def record_login(
    conn: Conn, account: Account, address: str, user_agent: str, now: datetime, *, own_attempts: int = 0
) -> LoginHistory:
    """What is known up to now; from now on this is the last sign-in. `own`: tries that were counted for it itself."""
    came = {"address": client_network(address), "browser": browser_family(user_agent)}
    strange = {
        kind
        for kind, value in came.items()
        if value not in (known_logins.known_values(conn, account.id, kind) or {value})
    }
    for kind, value in came.items():
        known_logins.record(conn, account.id, kind, value, now)
    accounts.change(conn, account.id, last_login=now, last_login_address=address[:60], failed_logins=0)
    return LoginHistory(
        account.last_login, account.last_login_address, max(0, account.failed_logins - own_attempts), frozenset(strange)
    )


def browser_family(user_agent: str) -> str:
    """The same after an update."""
    return _VERSION.sub("", user_agent.replace("\x00", ""))[:200]
