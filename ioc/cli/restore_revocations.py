"""What was closed after a backup stays closed when it is restored, as far as the store that it replaces can tell."""

import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from ioc.auth import audit_log
from ioc.auth.principal import Kind, Role, Visitor
from ioc.cli.context import Context
from ioc.storage.access import accounts
from ioc.storage.access import api_keys as programs
from ioc.storage.access import displays as screens
from ioc.storage.access.access_snapshot import Standing, standing
from ioc.storage.access.audit_log import Head
from ioc.storage.db.store import Conn, Store, StoreError

_BY = Visitor(Kind.LOCAL, "restore")


class Unknown(StrEnum):
    """Why nothing can be compared; as the message is called that says so."""

    NONE = "restore_unknown"
    UNREAD = "restore_unread"


@dataclass(frozen=True, slots=True)
class Since:
    """`screens`, `programs`, `people`: those that were closed again.

    `back`: whose password, factor, rights or standing are as they were then. `codes`: whose recovery codes have changed
    since -> how many of those then are still good. `head`: where the trail of the replaced store ends.
    `unknown`: why there was no store to ask, if there was none.
    """

    screens: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    codes: tuple[tuple[str, int], ...] = ()
    head: Head | None = None
    unknown: Unknown | None = None


def before(path: Path) -> Standing | Unknown:
    """Who may come in by the store that is to be replaced, which is left as it is; nobody else works on it.

    One of an older program is asked in a copy that is brought to this one's tables.
    """
    if not path.is_file():
        return Unknown.NONE
    with suppress(StoreError):
        return _asked(path)
    try:
        with TemporaryDirectory(prefix=f".{path.parent.name}.", dir=path.parent.parent) as folder:
            for name in (path.name, f"{path.name}-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(name), Path(folder, name))
            return _asked(Path(folder, path.name), migrate=True)
    except (StoreError, OSError):
        return Unknown.UNREAD


def _asked(path: Path, *, migrate: bool = False) -> Standing:
    with closing(Store(f"sqlite:///{path}")) as store:
        if migrate:
            store.migrate()
        with store.read() as conn:
            return standing(conn)


def close_again(conn: Conn, replaced: Standing | Unknown, now: datetime) -> Since:
    """Revokes and disables in the restored store what was revoked and disabled in the one before."""
    if isinstance(replaced, Unknown):
        return Since(unknown=replaced)
    restored = standing(conn)
    walls, keys = _screens(conn, restored, replaced, now), _programs(conn, restored, replaced, now)
    closed = _people(conn, restored, replaced, now)
    back = {name for name, held in restored.people.items() if replaced.people.get(name, held) != held}
    back |= {*_disabled(restored, replaced)} & restored.people.keys()
    codes = _codes(conn, restored, replaced, now)
    return Since(
        tuple(walls), tuple(keys), tuple(closed), tuple(sorted(back - {*closed})), codes, replaced.head
    )  # fmt: skip


def told(context: Context, since: Since) -> None:
    """Says what became of it."""
    for kind in ("screens", "programs", "people"):
        if names := getattr(since, kind):
            context.say(f"restore_{kind}", names=", ".join(names))
    if since.codes:
        context.say("restore_codes", names=", ".join(f"{name} ({left})" for name, left in since.codes))
    if since.back:
        context.say("restore_back", names=", ".join(since.back))
    if since.unknown:
        context.say(since.unknown)
    if since.head and since.head.id:
        context.say("restore_trail", number=since.head.id, hash=since.head.hash)


def _screens(conn: Conn, restored: Standing, replaced: Standing, now: datetime) -> list[str]:
    stand = {key for digest, key in restored.screens.items() if digest in replaced.screens}
    gone = sorted({*restored.screens.values()} - stand)
    for key in gone:
        screens.revoke(conn, key, now)
        audit_log.write(conn, audit_log.by(_BY, "screen-revoked", key, why="restore"), now)
    return gone


def _programs(conn: Conn, restored: Standing, replaced: Standing, now: datetime) -> list[str]:
    gone = sorted(key for digest, key in restored.programs.items() if digest not in replaced.programs)
    for key in gone:
        programs.revoke(conn, key, now)
        audit_log.write(conn, audit_log.by(_BY, "program-revoked", key, why="restore"), now)
    return gone


def _people(conn: Conn, restored: Standing, replaced: Standing, now: datetime) -> list[str]:
    """The last administrator stays: nobody else could let anybody in."""
    done = []
    for name in _disabled(restored, replaced):
        found = accounts.named(conn, name)
        needed = found and Role.ADMINISTRATOR in found.roles
        if found is None or (needed and not accounts.others_with(conn, Role.ADMINISTRATOR, found.id)):
            continue
        accounts.change(conn, found.id, disabled=now, disabled_why=replaced.disabled[name])
        audit_log.write(conn, audit_log.by(_BY, "account-disabled", name, why="restore"), now)
        done.append(name)
    return done


def _codes(conn: Conn, restored: Standing, replaced: Standing, now: datetime) -> tuple[tuple[str, int], ...]:
    """A code that was spent, or that others took the place of, opens nothing; those others are not in the backup."""
    changed = []
    for name, then in sorted(restored.codes.items()):
        since = replaced.codes.get(name, then)
        found = accounts.named(conn, name) if since != then else None
        if found is None:
            continue
        if gone := then - since:
            accounts.void_recovery(conn, found.id, gone, now)
            audit_log.write(conn, audit_log.by(_BY, "codes-voided", name, after=str(len(gone)), why="restore"), now)
        changed.append((name, len(then & since)))
    return tuple(changed)


def _disabled(restored: Standing, replaced: Standing) -> list[str]:
    """Who was disabled since."""
    return sorted(replaced.disabled.keys() - restored.disabled.keys())
