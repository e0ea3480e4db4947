"""Who may come in, as a store has it: for a store that is to take another one's place."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import ChainHead
from ioc.storage.access.schema import account, api_key, display, recovery_code


@dataclass(frozen=True, slots=True)
class AccessSnapshot:
    """`screens`, `programs`: hash of what each shows -> its key, of those that are not revoked; a screen's two hashes.

    `people`: name -> what lets them in, and what they may. `codes`: name -> hashes of the recovery codes that are still
    good. `disabled`: name of those who are not let in -> why. `head`: where the trail ends.
    """

    displays: dict[str, str]
    api_keys: dict[str, str]
    accounts: dict[str, tuple[str, ...]]
    recovery_codes: dict[str, frozenset[str]]
    disabled_reasons: dict[str, str]
    audit_head: ChainHead


def current(conn: Connection) -> AccessSnapshot:
    """Of the store behind `conn`."""
    walls = [row for row in conn.execute(select(display)) if row.revoked_ms is None]
    keys = [row for row in conn.execute(select(api_key)) if row.revoked_ms is None]
    people, codes = list(conn.execute(select(account))), _codes(conn)
    return AccessSnapshot(
        {digest: row.key for row in walls for digest in (row.cookie_digest, row.old_cookie_digest) if digest},
        {row.digest: row.key for row in keys},
        {row.name: (
            row.password_hash, str(row.is_one_time_used), row.totp_secret, str(row.is_mfa_required), row.oidc_subject,
            row.roles, row.agency,
        ) for row in people},
        {row.name: frozenset(codes[row.id]) for row in people},
        {row.name: row.disabled_reason for row in people if row.disabled_ms is not None},
        audit_log.head(conn),
    )  # fmt: skip


def _codes(conn: Connection) -> defaultdict[int, list[str]]:
    """Hashes of the recovery codes that are still good, by account."""
    found = defaultdict[int, list[str]](list)
    for row in conn.execute(select(recovery_code).where(recovery_code.c.used_ms.is_(None))):
        found[row.account_id].append(row.digest)
    return found
