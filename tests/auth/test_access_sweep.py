"""The daily sweep: what has expired is deleted, unused accounts are disabled."""

import pytest

from ioc.auth.errors import AuthError
from ioc.auth.login import Credentials
from ioc.domain.access.principal import RequiredAction, Role
from ioc.storage.access import audit_log
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, HOME, Site


def test_daily_sweep_deletes_what_has_expired(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    with pytest.raises(AuthError):
        site.auth.login.sign_in(Credentials("an", "sai rồi"), HOME)
    site.clock.on(days=401)
    site.sweep()
    assert site.authenticate(cookie) is None
    with store.read() as conn:
        row_counts = [
            conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in ("session", "login_attempt")
        ]
        verification = audit_log.verify(conn)
        assert row_counts == [0, 0] and verification.first_bad_id is None
        assert [entry.action for entry in audit_log.oldest(conn, audit_log.AuditFilter(), 9)][-1] == "audit-purged"


def test_last_administrator_is_not_disabled_for_disuse(store: Store) -> None:
    site = Site(store)
    site.add_user("an", Role.ADMINISTRATOR)
    site.add_user("binh", Role.ADMINISTRATOR)
    site.clock.on(days=4000)
    site.sweep()
    assert [account.name for account in site.auth.users.list_accounts(ADMINISTRATOR) if not account.disabled_at] == [
        "binh"
    ]
    assert site.sign_in("binh").principal.required_action is RequiredAction.ENROL_MFA
