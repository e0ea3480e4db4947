"""What was closed after a backup stays closed when it is restored, as far as the store that it replaces can tell."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from commands.context import Context
from security import trail
from security.identity import Kind, Role, Visitor
from storage import accounts, programs, screens
from storage.standing import Standing, standing
from storage.store import Conn, Store, StoreError

_BY = Visitor(Kind.LOCAL, "restore")


@dataclass(frozen=True, slots=True)
class Since:
    """`closed`: keys that were closed again. `back`: whose password, factor, rights or standing are as they were then.

    `known` False: there was no store to ask.
    """

    closed: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    known: bool = True


def before(path: Path) -> Standing | None:
    """Who may come in by the store that is to be replaced; None when there is none, or it cannot be read."""
    if not path.is_file():
        return None
    try:
        with closing(Store(f"sqlite:///{path}")) as store, store.read() as conn:
            return standing(conn)
    except StoreError:
        return None


def close_again(conn: Conn, replaced: Standing | None, now: datetime) -> Since:
    """Revokes and disables in the restored store what was revoked and disabled in the one before."""
    if replaced is None:
        return Since(known=False)
    restored = standing(conn)
    closed = [*_screens(conn, restored, replaced, now), *_programs(conn, restored, replaced, now)]
    closed += _people(conn, restored, replaced, now)
    back = [name for name, held in restored.people.items()
            if name not in closed and replaced.people.get(name, held) != held]  # fmt: skip
    back += [name for name in replaced.disabled - restored.disabled if name in restored.people and name not in closed]
    return Since(tuple(closed), tuple(sorted({*back})))


def told(context: Context, since: Since) -> None:
    """Says what became of it."""
    if since.closed:
        context.say("restore_closed", what=", ".join(since.closed))
    if since.back:
        context.say("restore_back", names=", ".join(since.back))
    if not since.known:
        context.say("restore_unknown")


def _screens(conn: Conn, restored: Standing, replaced: Standing, now: datetime) -> list[str]:
    stand = {key for digest, key in restored.screens.items() if digest in replaced.screens}
    gone = sorted({*restored.screens.values()} - stand)
    for key in gone:
        screens.revoke(conn, key, now)
        trail.write(conn, trail.by(_BY, "screen-revoked", key, why="restore"), now)
    return gone


def _programs(conn: Conn, restored: Standing, replaced: Standing, now: datetime) -> list[str]:
    gone = sorted(key for digest, key in restored.programs.items() if digest not in replaced.programs)
    for key in gone:
        programs.revoke(conn, key, now)
        trail.write(conn, trail.by(_BY, "program-revoked", key, why="restore"), now)
    return gone


def _people(conn: Conn, restored: Standing, replaced: Standing, now: datetime) -> list[str]:
    """The last administrator stays: nobody else could let anybody in."""
    done = []
    for name in sorted(replaced.disabled - restored.disabled):
        found = accounts.named(conn, name)
        needed = found and Role.ADMINISTRATOR in found.roles
        if found is None or (needed and not accounts.others_with(conn, Role.ADMINISTRATOR, found.id)):
            continue
        accounts.change(conn, found.id, disabled=now, disabled_why="asked")
        trail.write(conn, trail.by(_BY, "account-disabled", name, why="restore"), now)
        done.append(name)
    return done
