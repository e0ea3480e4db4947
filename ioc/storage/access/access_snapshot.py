"""Who has access according to a store: compared when a restored store is to replace another."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ioc.storage.access import audit_log
from ioc.storage.access.audit_chain import ChainHead
from ioc.storage.access.schema import account, api_key, display, recovery_code


@dataclass(frozen=True, slots=True)
class AccessSnapshot:
    """Access in one store at one moment.

    `displays`, `api_keys`: digest -> key, without the revoked ones; a display has up to two digests.
    `display_networks`: key -> allowed networks. `accounts`: name -> credentials and rights. `recovery_codes`: name ->
    digests of the unused ones. `one_time_passwords`: name -> hash of one that is not used. `disabled_reasons`: of the
    disabled accounts. `audit_head`: the end of the audit log.
    """

    displays: dict[str, str]
    display_networks: dict[str, str]
    api_keys: dict[str, str]
    accounts: dict[str, tuple[str, ...]]
    recovery_codes: dict[str, frozenset[str]]
    one_time_passwords: dict[str, str]
    disabled_reasons: dict[str, str]
    audit_head: ChainHead


def current(conn: Connection) -> AccessSnapshot:
    """The snapshot of this store."""
    displays = [row for row in conn.execute(select(display)) if row.revoked_ms is None]
    keys = [row for row in conn.execute(select(api_key)) if row.revoked_ms is None]
    accounts, codes = list(conn.execute(select(account))), _unused_recovery_codes(conn)
    return AccessSnapshot(
        {digest: row.key for row in displays for digest in (row.cookie_digest, row.old_cookie_digest) if digest},
        {row.key: row.allowed_networks for row in displays},
        {row.digest: row.key for row in keys},
        {row.name: (
            row.password_hash, str(row.is_one_time_used), row.totp_secret, str(row.is_mfa_required), row.oidc_subject,
            row.roles, row.agency,
        ) for row in accounts},
        {row.name: frozenset(codes[row.id]) for row in accounts},
        {row.name: row.password_hash for row in accounts if row.one_time_until_ms and not row.is_one_time_used},
        {row.name: row.disabled_reason for row in accounts if row.disabled_ms is not None},
        audit_log.head(conn),
    )  # fmt: skip


def _unused_recovery_codes(conn: Connection) -> defaultdict[int, list[str]]:
    """Digests by account id."""
    digests = defaultdict[int, list[str]](list)
    for row in conn.execute(select(recovery_code).where(recovery_code.c.used_ms.is_(None))):
        digests[row.account_id].append(row.digest)
    return digests
