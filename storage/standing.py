"""Who may come in, as a store has it: for a store that is to take another one's place."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from storage.access_tables import account, program, screen


@dataclass(frozen=True, slots=True)
class Standing:
    """`screens`, `programs`: hash of what each shows -> its key, of those that are not revoked; a screen's two hashes.

    `people`: name -> what lets them in and what they may. `disabled`: those who are not let in.
    """

    screens: dict[str, str]
    programs: dict[str, str]
    people: dict[str, tuple[str, ...]]
    disabled: frozenset[str]


def standing(conn: Connection) -> Standing:
    """Of the store behind `conn`."""
    walls = [row for row in conn.execute(select(screen)) if row.revoked_ms is None]
    keys = [row for row in conn.execute(select(program)) if row.revoked_ms is None]
    people = list(conn.execute(select(account)))
    return Standing(
        {digest: row.key for row in walls for digest in (row.digest, row.old_digest) if digest},
        {row.digest: row.key for row in keys},
        {row.name: (row.password, row.factor, row.roles, row.agency) for row in people},
        frozenset(row.name for row in people if row.disabled_ms is not None),
    )
