"""Programs of other machines that may read; of each key only its hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from ioc.domain.base.times import from_ms, to_ms, when
from ioc.storage.access.schema import program
from ioc.storage.db.dialect import inserting


@dataclass(frozen=True, slots=True)
class Program:
    """`scopes`: what its key is good for. `range`: networks that it may come from, separated by spaces, "" for any.

    `seen`: when it last came, None for never.
    """

    key: str
    shown: str
    scopes: frozenset[str]
    range: str
    made: datetime
    made_by: str
    seen: datetime | None
    address: str
    revoked: datetime | None


def add(conn: Connection, key: str, digest: str, now: datetime, by: str, **fields: str) -> bool:
    """A new program, in the place of a revoked one of that key if there is one; False when the key is in use."""
    conn.execute(delete(program).where(program.c.key == key, program.c.revoked_ms.is_not(None)))
    row = {"key": key, "digest": digest, "made_ms": to_ms(now), "made_by": by[:60], "address": "", **fields}
    added = inserting(conn, program).values(row).on_conflict_do_nothing().returning(program.c.key)
    return conn.execute(added).first() is not None


def found(conn: Connection, digest: str) -> Program | None:
    """The program whose key has that hash."""
    row = conn.execute(select(program).where(program.c.digest == digest)).first()
    return None if row is None else _program(row)


def listed(conn: Connection) -> list[Program]:
    """All programs, the revoked ones last."""
    order = (func.coalesce(program.c.revoked_ms, 0), program.c.shown)
    return [_program(row) for row in conn.execute(select(program).order_by(*order))]


def seen(conn: Connection, key: str, address: str, now: datetime) -> None:
    """It was here."""
    conn.execute(update(program).where(program.c.key == key).values(seen_ms=to_ms(now), address=address[:60]))


def revoke(conn: Connection, key: str, now: datetime) -> bool:
    """Whether it was not revoked yet; now it is."""
    stands = update(program).where(program.c.key == key, program.c.revoked_ms.is_(None))
    return conn.execute(stands.values(revoked_ms=to_ms(now))).rowcount == 1


def _program(row: Row[Any]) -> Program:
    return Program(
        row.key, row.shown, frozenset(row.scopes.split()), row.range, from_ms(row.made_ms), row.made_by,
        when(row.seen_ms), row.address, when(row.revoked_ms),
    )  # fmt: skip
