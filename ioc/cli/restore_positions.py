"""Positions and mandates that ended after a backup are ended again when it is restored; what else differs is told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from ioc.auth import audit_log
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.directives.positions import Mandate, Position
from ioc.storage.db.store import Conn
from ioc.storage.directives import positions

_PRINCIPAL = Principal(PrincipalKind.SHELL, "restore")


@dataclass(frozen=True, slots=True)
class PositionSnapshot:
    """Positions by key and mandates by number of one store, also those that ended."""

    positions: Mapping[str, Position]
    mandates: Mapping[int, Mandate]

    @classmethod
    def current(cls, conn: Conn) -> "PositionSnapshot":
        """The snapshot of this store."""
        return cls(positions.load_positions(conn).by_key, positions.load_mandates(conn))


@dataclass(frozen=True, slots=True)
class EndedAgain:
    """`positions`, `mandates`: what was ended again. `reverted`: positions that else are as in the backup again."""

    positions: tuple[str, ...] = ()
    mandates: tuple[str, ...] = ()
    reverted: tuple[str, ...] = ()


def end_again(conn: Conn, replaced: PositionSnapshot, now: datetime) -> EndedAgain:
    """Gives positions and mandates of the restored store the earlier last days that they have in the replaced one."""
    restored = PositionSnapshot.current(conn)
    ended, reverted = [], []
    for key, position in restored.positions.items():
        later = replaced.positions.get(key, position)
        if _ends_earlier(later, position):
            positions.put_position(conn, replace(position, valid_to=later.valid_to))
            _write(conn, "directive-position-saved", key, later.valid_to, now)
            ended.append(key)
            position = replace(position, valid_to=later.valid_to)
        if position != later:
            reverted.append(key)
    return EndedAgain(tuple(ended), tuple(_end_mandates(conn, restored, replaced, now)), tuple(reverted))


def _end_mandates(conn: Conn, restored: PositionSnapshot, replaced: PositionSnapshot, now: datetime) -> list[str]:
    ended = []
    for number, mandate in restored.mandates.items():
        later = replaced.mandates.get(number, mandate)
        is_same = replace(later, valid_to=mandate.valid_to) == mandate  # else the numbers are of different stores
        if is_same and _ends_earlier(later, mandate):
            target = f"{mandate.deputy} → {mandate.principal_position}"
            positions.put_mandate(conn, number, later)
            _write(conn, "directive-mandate-ended", target, later.valid_to, now)
            ended.append(target)
    return ended


def _ends_earlier(later: Position | Mandate, earlier: Position | Mandate) -> bool:
    return later.valid_to is not None and (earlier.valid_to is None or later.valid_to < earlier.valid_to)


def _write(conn: Conn, action: str, target: str, last_day: date | None, now: datetime) -> None:
    entry = audit_log.entry_by(_PRINCIPAL, action, target, after=str(last_day), reason="restore")
    audit_log.write(conn, entry, now)
