"""A signed-in browser session, made in the store of a centre on this machine, so that no form is worked for it."""

from typing import Any

from ioc.auth.sessions import start_session
from ioc.domain.access.principal import Role
from ioc.domain.base.times import utc_now
from ioc.storage.access import accounts
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.web.middleware.authentication import SESSION_COOKIE

NAME = "do-kiem"
ROLES = frozenset(role.value for role in Role)


def sign_in(store: Store, address: str) -> dict[str, Any]:
    """A cookie, as Playwright takes it, of a new account with every role and a second factor; `address`: the centre's.

    A second call of the same store is an AssertionError.
    """
    now = utc_now()
    with store.write() as conn:
        change_counter.bump(conn, {"access"}, now)
        # The second factor counts as given: a secret that nobody knows stands for it.
        account = accounts.add(conn, NAME, now, roles=ROLES, display_name="Đo kiểm", totp_secret="-", last_login=now)
        assert account is not None
        session = start_session(conn, account, "127.0.0.1", "benchmark", now, has_mfa=True)
    return {"name": SESSION_COOKIE, "value": session.cookie, "url": address}
