"""Revocations made after a backup are repeated when it is restored, as far as the replaced store is readable."""

import shutil
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import ArgumentError

from ioc.auth import audit_log
from ioc.auth.account_rules import is_last_administrator
from ioc.cli.context import Context
from ioc.cli.restore_positions import EndedAgain, PositionSnapshot, end_again
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.sqlite_url import sqlite_url
from ioc.storage.access import accounts, api_keys, displays
from ioc.storage.access.access_snapshot import AccessSnapshot, current
from ioc.storage.access.audit_chain import ChainHead
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.sqlite_file import refuse_unsound_log
from ioc.storage.db.store import Conn, Store, StoreError

# What reading a damaged store raises, its JSON texts too; and an address that is none.
_DAMAGED = (StoreError, OSError, ValueError, KeyError, TypeError, ImportError)
_PRINCIPAL = Principal(PrincipalKind.SHELL, "restore")


class ComparisonFailure(StrEnum):
    """Why nothing can be compared; a value is the key of its message in commands.toml."""

    NO_STORE = "restore_no_store"
    NO_DATABASE = "restore_no_database"
    UNREADABLE = "restore_unreadable"


@dataclass(frozen=True, slots=True)
class RestoreRevocations:
    """`displays`, `api_keys`, `disabled_accounts`: keys and names of those that were revoked again.

    `reverted_displays`: the allowed networks are those of the backup again. `reverted_accounts`: password, second
    factor, roles or state are those of the backup again. `recovery_codes`: accounts whose codes have changed since the
    backup, each with the number of its codes that are still valid. `one_time_passwords`: accounts whose one-time
    password was used or replaced since, so that it is void. `ended`: positions and mandates. `replaced_head`: the last
    entry of the replaced audit log. `failure`: why nothing was compared.
    """

    displays: tuple[str, ...] = ()
    api_keys: tuple[str, ...] = ()
    disabled_accounts: tuple[str, ...] = ()
    reverted_displays: tuple[str, ...] = ()
    reverted_accounts: tuple[str, ...] = ()
    recovery_codes: tuple[tuple[str, int], ...] = ()
    one_time_passwords: tuple[str, ...] = ()
    ended: EndedAgain = field(default_factory=EndedAgain)
    replaced_head: ChainHead | None = None
    failure: ComparisonFailure | None = None


@dataclass(frozen=True, slots=True)
class ReplacedStore:
    """Who could do what, according to the store that is to be replaced."""

    access: AccessSnapshot
    positions: PositionSnapshot


def read_replaced_database(url: str) -> ReplacedStore | ComparisonFailure:
    """That of the PostgreSQL database `url`, "" for none; it is not changed.

    That of an older program cannot be read: a database is not copied.
    """
    if not url:
        return ComparisonFailure.NO_DATABASE
    try:
        return _read_store(url)
    except (ArgumentError, *_DAMAGED):
        return ComparisonFailure.UNREADABLE


def read_replaced_file(path: Path) -> ReplacedStore | ComparisonFailure:
    """That of the SQLite store `path`; no other process uses it, it is not changed.

    The store of an older program is copied, and the copy migrated. So is one whose log was cut, or is foreign and
    left out: opened itself, it would pass for whole, or be overwritten.
    """
    if not path.is_file():
        return ComparisonFailure.NO_STORE
    members = [path.name, f"{path.name}-wal"]
    try:
        refuse_unsound_log(path)
        return _read_store(sqlite_url(path))
    except _DAMAGED as error:
        if isinstance(error, StoreError) and error.failure.code == StoreCode.LOG_FOREIGN:
            members.pop()
    try:
        with TemporaryDirectory(prefix=f".{path.parent.name}.", dir=path.parent.parent) as folder:
            for name in members:
                with suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(name), Path(folder, name))
            return _read_store(sqlite_url(Path(folder, path.name)), migrate=True)
    except _DAMAGED:
        return ComparisonFailure.UNREADABLE


def _read_store(url: str, *, migrate: bool = False) -> ReplacedStore:
    with closing(Store(url)) as store:
        if migrate:
            store.migrate()
        with store.read() as conn:
            return ReplacedStore(current(conn), PositionSnapshot.current(conn))


def revoke_again(conn: Conn, before: ReplacedStore | ComparisonFailure, now: datetime) -> RestoreRevocations:
    """Revokes, disables and ends in the restored store what is revoked, disabled and ended in the one before."""
    if isinstance(before, ComparisonFailure):
        return RestoreRevocations(failure=before)
    restored, replaced = current(conn), before.access
    displays_revoked = _revoke_displays(conn, restored, replaced, now)
    api_keys_revoked = _revoke_api_keys(conn, restored, replaced, now)
    disabled = _disable_accounts(conn, restored, replaced, now)
    networks = {
        key for key, allowed in restored.display_networks.items()
        if replaced.display_networks.get(key, allowed) != allowed
    }  # fmt: skip
    reverted = {name for name, state in restored.accounts.items() if replaced.accounts.get(name, state) != state}
    reverted |= {*_newly_disabled(restored, replaced)} & restored.accounts.keys()
    return RestoreRevocations(
        displays=tuple(displays_revoked),
        api_keys=tuple(api_keys_revoked),
        disabled_accounts=tuple(disabled),
        reverted_displays=tuple(sorted(networks - {*displays_revoked})),
        reverted_accounts=tuple(sorted(reverted - {*disabled})),
        recovery_codes=_void_recovery_codes(conn, restored, replaced, now),
        one_time_passwords=tuple(_void_one_time_passwords(conn, restored, replaced, now)),
        ended=end_again(conn, before.positions, now),
        replaced_head=replaced.audit_head,
    )


def print_report(context: Context, revocations: RestoreRevocations) -> None:
    """Prints what was revoked again, and what an administrator has to look at."""
    for kind in ("displays", "reverted_displays", "api_keys", "disabled_accounts", "one_time_passwords"):
        if names := getattr(revocations, kind):
            context.print_message(f"restore_{kind}", names=", ".join(names))
    if revocations.recovery_codes:
        names = ", ".join(f"{name} ({left})" for name, left in revocations.recovery_codes)
        context.print_message("restore_codes", names=names)
    if revocations.reverted_accounts:
        context.print_message("restore_reverted", names=", ".join(revocations.reverted_accounts))
    for kind in ("positions", "mandates", "reverted"):
        if names := getattr(revocations.ended, kind):
            context.print_message(f"restore_ended_{kind}", names=", ".join(names))
    if revocations.failure:
        context.print_message(revocations.failure)
    if revocations.replaced_head and revocations.replaced_head.id:
        context.print_message("restore_audit", number=revocations.replaced_head.id, hash=revocations.replaced_head.hash)


def _revoke_displays(conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime) -> list[str]:
    still_enrolled = {key for digest, key in restored.displays.items() if digest in replaced.displays}
    revoked = sorted({*restored.displays.values()} - still_enrolled)
    for key in revoked:
        displays.revoke(conn, key, now)
        audit_log.write(conn, audit_log.entry_by(_PRINCIPAL, "display-revoked", key, reason="restore"), now)
    return revoked


def _revoke_api_keys(conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime) -> list[str]:
    revoked = sorted(key for digest, key in restored.api_keys.items() if digest not in replaced.api_keys)
    for key in revoked:
        api_keys.revoke(conn, key, now)
        audit_log.write(conn, audit_log.entry_by(_PRINCIPAL, "api-key-revoked", key, reason="restore"), now)
    return revoked


def _disable_accounts(conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime) -> list[str]:
    """The last administrator stays enabled: without one nobody could be let in."""
    disabled = []
    for name in _newly_disabled(restored, replaced):
        account = accounts.get_by_name(conn, name)
        if account is None or is_last_administrator(conn, account):
            continue
        accounts.change(conn, account.id, disabled_at=now, disabled_reason=replaced.disabled_reasons[name])
        audit_log.write(conn, audit_log.entry_by(_PRINCIPAL, "account-disabled", name, reason="restore"), now)
        disabled.append(name)
    return disabled


def _void_recovery_codes(
    conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime
) -> tuple[tuple[str, int], ...]:
    """Codes of the backup that were used or replaced since are void; the codes made since are not in the backup."""
    changed = []
    for name, restored_codes in sorted(restored.recovery_codes.items()):
        replaced_codes = replaced.recovery_codes.get(name, restored_codes)
        account = accounts.get_by_name(conn, name) if replaced_codes != restored_codes else None
        if account is None:
            continue
        if void := restored_codes - replaced_codes:
            accounts.void_recovery_codes(conn, account.id, void, now)
            audit_log.write(
                conn,
                audit_log.entry_by(_PRINCIPAL, "recovery-codes-revoked", name, after=str(len(void)), reason="restore"),
                now,
            )
        changed.append((name, len(restored_codes & replaced_codes)))
    return tuple(changed)


def _void_one_time_passwords(
    conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime
) -> list[str]:  # fmt: skip
    """One of the backup that was used or replaced since lets nobody set a password again."""
    unused = replaced.one_time_passwords
    void = [
        name for name, digest in restored.one_time_passwords.items()
        if name in replaced.accounts and unused.get(name) != digest
    ]  # fmt: skip
    for name in void:
        if account := accounts.get_by_name(conn, name):
            accounts.use_one_time_password(conn, account.id)
            audit_log.write(conn, audit_log.entry_by(_PRINCIPAL, "account-changed", name, reason="restore"), now)
    return sorted(void)


def _newly_disabled(restored: AccessSnapshot, replaced: AccessSnapshot) -> list[str]:
    return sorted(replaced.disabled_reasons.keys() - restored.disabled_reasons.keys())
