"""Login history: the last login, failures since and new places, so that users notice who else signed in."""

import re
from datetime import datetime, timedelta

from ioc.net.client_network import client_network
from ioc.storage.access import accounts, known_logins
from ioc.storage.access.accounts import Account
from ioc.storage.access.sessions import LoginHistory
from ioc.storage.db.store import Conn, Store

RETENTION = timedelta(days=180)  # for how long a place counts as familiar
_VERSION = re.compile(r"[\d._]+")


def record_login(
    conn: Conn, account: Account, address: str, user_agent: str, now: datetime, *, own_attempts: int = 0
) -> LoginHistory:
    """Records a login and returns the history before it. `own_attempts`: counted for this login itself."""
    places = {"address": client_network(address), "browser": browser_family(user_agent)}
    unfamiliar = {
        kind
        for kind, value in places.items()
        if value not in (known_logins.known_values(conn, account.id, kind) or {value})
    }
    for kind, value in places.items():
        known_logins.record(conn, account.id, kind, value, now)
    accounts.change(conn, account.id, last_login=now, last_login_address=address[:60], failed_logins=0)
    failed_logins = max(0, account.failed_logins - own_attempts)
    return LoginHistory(account.last_login, account.last_login_address, failed_logins, frozenset(unfamiliar))


def browser_family(user_agent: str) -> str:
    """The user agent without its versions: the same after an update."""
    return _VERSION.sub("", user_agent.replace("\x00", ""))[:200]


def is_known_network(store: Store, network: str) -> bool:
    """Whether any user has signed in from this address or network before."""
    with store.read() as conn:
        return known_logins.is_known_to_any(conn, "address", network)


def is_familiar_network(conn: Conn, account_id: int, address: str) -> bool:
    """Whether this account has signed in from the network of `address` before."""
    return client_network(address) in known_logins.known_values(conn, account_id, "address")
