"""What was closed after a backup stays closed when it is restored, as far as the store that it replaces can tell."""

import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from ioc.auth import audit_log
from ioc.auth.principal import Principal, PrincipalKind, Role
from ioc.cli.context import Context
from ioc.storage.access import accounts
from ioc.storage.access import api_keys as programs
from ioc.storage.access import displays as screens
from ioc.storage.access.access_snapshot import AccessSnapshot, current
from ioc.storage.access.audit_log import ChainHead
from ioc.storage.db.store import Conn, Store, StoreError

_PRINCIPAL = Principal(PrincipalKind.LOCAL, "restore")


class ComparisonFailure(StrEnum):
    """Why nothing can be compared; as the message is called that says so."""

    NO_STORE = "restore_unknown"
    UNREADABLE = "restore_unread"


@dataclass(frozen=True, slots=True)
class RestoreRevocations:
    """`screens`, `programs`, `people`: those that were closed again.

    `back`: whose password, factor, rights or standing are as they were then. `codes`: whose recovery codes have changed
    since -> how many of those then are still good. `head`: where the trail of the replaced store ends.
    `unknown`: why there was no store to ask, if there was none.
    """

    screens: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    reverted_accounts: tuple[str, ...] = ()
    recovery_codes: tuple[tuple[str, int], ...] = ()
    replaced_head: ChainHead | None = None
    failure: ComparisonFailure | None = None


def read_replaced_access(path: Path) -> AccessSnapshot | ComparisonFailure:
    """Who may come in by the store that is to be replaced, which is left as it is; nobody else works on it.

    One of an older program is asked in a copy that is brought to this one's tables.
    """
    if not path.is_file():
        return ComparisonFailure.NO_STORE
    with suppress(StoreError):
        return _read_access(path)
    try:
        with TemporaryDirectory(prefix=f".{path.parent.name}.", dir=path.parent.parent) as folder:
            for name in (path.name, f"{path.name}-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(name), Path(folder, name))
            return _read_access(Path(folder, path.name), migrate=True)
    except (StoreError, OSError):
        return ComparisonFailure.UNREADABLE


def _read_access(path: Path, *, migrate: bool = False) -> AccessSnapshot:
    with closing(Store(f"sqlite:///{path}")) as store:
        if migrate:
            store.migrate()
        with store.read() as conn:
            return current(conn)


def revoke_again(conn: Conn, replaced: AccessSnapshot | ComparisonFailure, now: datetime) -> RestoreRevocations:
    """Revokes and disables in the restored store what was revoked and disabled in the one before."""
    if isinstance(replaced, ComparisonFailure):
        return RestoreRevocations(failure=replaced)
    restored = current(conn)
    walls, keys = _revoke_displays(conn, restored, replaced, now), _revoke_api_keys(conn, restored, replaced, now)
    closed = _disable_accounts(conn, restored, replaced, now)
    back = {name for name, held in restored.accounts.items() if replaced.accounts.get(name, held) != held}
    back |= {*_newly_disabled(restored, replaced)} & restored.accounts.keys()
    codes = _void_recovery_codes(conn, restored, replaced, now)
    return RestoreRevocations(
        tuple(walls), tuple(keys), tuple(closed), tuple(sorted(back - {*closed})), codes, replaced.audit_head
    )  # fmt: skip


def print_report(context: Context, revocations: RestoreRevocations) -> None:
    """Says what became of it."""
    for kind in ("screens", "programs", "people"):
        if names := getattr(revocations, kind):
            context.print_message(f"restore_{kind}", names=", ".join(names))
    if revocations.recovery_codes:
        context.print_message(
            "restore_codes", names=", ".join(f"{name} ({left})" for name, left in revocations.recovery_codes)
        )
    if revocations.reverted_accounts:
        context.print_message("restore_back", names=", ".join(revocations.reverted_accounts))
    if revocations.failure:
        context.print_message(revocations.failure)
    if revocations.replaced_head and revocations.replaced_head.id:
        context.print_message("restore_trail", number=revocations.replaced_head.id, hash=revocations.replaced_head.hash)


def _revoke_displays(conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime) -> list[str]:
    stand = {key for digest, key in restored.displays.items() if digest in replaced.displays}
    gone = sorted({*restored.displays.values()} - stand)
    for key in gone:
        screens.revoke(conn, key, now)
        audit_log.write(conn, audit_log.entry_by(_PRINCIPAL, "display-revoked", key, reason="restore"), now)
    return gone


def _revoke_api_keys(conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime) -> list[str]:
    gone = sorted(key for digest, key in restored.api_keys.items() if digest not in replaced.api_keys)
    for key in gone:
        programs.revoke(conn, key, now)
        audit_log.write(conn, audit_log.entry_by(_PRINCIPAL, "api-key-revoked", key, reason="restore"), now)
    return gone


def _disable_accounts(conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime) -> list[str]:
    """The last administrator stays: nobody else could let anybody in."""
    done = []
    for name in _newly_disabled(restored, replaced):
        found = accounts.get_by_name(conn, name)
        needed = found and Role.ADMINISTRATOR in found.roles
        if found is None or (needed and not accounts.count_others_with_role(conn, Role.ADMINISTRATOR, found.id)):
            continue
        accounts.change(conn, found.id, disabled_at=now, disabled_reason=replaced.disabled_reasons[name])
        audit_log.write(conn, audit_log.entry_by(_PRINCIPAL, "account-disabled", name, reason="restore"), now)
        done.append(name)
    return done


def _void_recovery_codes(
    conn: Conn, restored: AccessSnapshot, replaced: AccessSnapshot, now: datetime
) -> tuple[tuple[str, int], ...]:
    """A code that was spent, or that others took the place of, opens nothing; those others are not in the backup."""
    changed = []
    for name, then in sorted(restored.recovery_codes.items()):
        since = replaced.recovery_codes.get(name, then)
        found = accounts.get_by_name(conn, name) if since != then else None
        if found is None:
            continue
        if gone := then - since:
            accounts.void_recovery_codes(conn, found.id, gone, now)
            audit_log.write(
                conn,
                audit_log.entry_by(_PRINCIPAL, "recovery-codes-revoked", name, after=str(len(gone)), reason="restore"),
                now,
            )
        changed.append((name, len(then & since)))
    return tuple(changed)


def _newly_disabled(restored: AccessSnapshot, replaced: AccessSnapshot) -> list[str]:
    """Who was disabled since."""
    return sorted(replaced.disabled_reasons.keys() - restored.disabled_reasons.keys())
