"""The daily sweep: unused accounts are disabled; ended sessions, old failures, places and audit entries deleted."""

from datetime import datetime, timedelta

from ioc.auth import audit_log, lockout
from ioc.auth.account_rules import is_last_administrator
from ioc.auth.credential_cache import access_transaction
from ioc.auth.login_history import RETENTION
from ioc.auth.mfa import MFA_TIMEOUT
from ioc.auth.sessions import end_account_sessions
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import Clock
from ioc.storage import clock_evidence
from ioc.storage.access import accounts, known_logins, sessions
from ioc.storage.access.accounts import Account
from ioc.storage.db.store import Conn, Store


def sweep_by_settled_clock(store: Store, clock: Clock, policy: AccessPolicy) -> bool:
    """`sweep`, unless the clock may have been set ahead within a day; returns whether anything was looked for."""
    with store.read() as conn:
        is_settled = clock_evidence.has_run_by(conn, clock())
    if is_settled:
        sweep(store, clock, policy)
    return is_settled


def sweep(store: Store, clock: Clock, policy: AccessPolicy) -> None:
    """Disables and deletes what the policy keeps no longer. Costs little when there is nothing."""
    now = clock()
    unused = now - timedelta(days=policy.unused_days)
    with store.read() as conn:
        has_unused = bool(accounts.list_unused(conn, unused))
    if has_unused:
        with access_transaction(store, clock) as (conn, now):
            for account in accounts.list_unused(conn, unused):
                disable_unused(conn, account, now)
    with store.write() as conn:
        sessions.sweep(conn, now - policy.absolute_timeout, now - MFA_TIMEOUT)
        lockout.sweep(conn, now)
        known_logins.sweep(conn, now - RETENTION)
    swept = 1
    while swept:
        with store.write() as conn:
            swept = audit_log.sweep(conn, now - timedelta(days=policy.audit_log_days), now)


def disable_unused(conn: Conn, account: Account, now: datetime) -> bool:
    """Disables an account; not the last administrator, since a wrong clock would lock everybody out.

    Returns whether it was disabled.
    """
    if is_last_administrator(conn, account):
        return False
    accounts.change(conn, account.id, disabled_at=now, disabled_reason="inactive")
    by = Principal(PrincipalKind.LOCAL)
    audit_log.write(conn, audit_log.entry_by(by, "account-disabled", account.name, reason="inactive"), now)
    end_account_sessions(conn, account, by, "inactive", now)
    return True
