"""Actor and target of each audit entry as they are searched: folded, in a table of narrow rows beside the log.

`verify` of the log compares them with the entry, so that nothing can be hidden from a search.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete

from ioc.domain.base.slug import fold
from ioc.storage.access.schema import TARGET_ORDER_LENGTH, audit_search
from ioc.storage.db.dialect import bulk_write

_PREFIX = "searched_"
# The columns of `audit_search`, beside those of the entry in one row.
COLUMNS = [audit_search.c[name].label(_PREFIX + name) for name in ("actor", "target", "target_order")]


def _columns_of(actor: str, target: str) -> dict[str, str]:
    """Migration 0002 makes the same of older entries."""
    folded = fold(target)
    return {"actor": fold(actor), "target": folded, "target_order": folded[:TARGET_ORDER_LENGTH]}


def add(conn: Connection, entries: Sequence[tuple[int, str, str]]) -> None:
    """Makes entries searchable, by number, actor and target."""
    rows = [{"id": number, **_columns_of(actor, target)} for number, actor, target in entries]
    # A manipulation may have left a row of that number.
    bulk_write(conn, audit_search, [tuple(row[column.name] for column in audit_search.c) for row in rows], "put")


def remove(conn: Connection, until: int) -> None:
    """Removes all entries up to that number."""
    conn.execute(delete(audit_search).where(audit_search.c.id <= until))


def is_true_to(row: Row[Any]) -> bool:
    """Whether COLUMNS of a row are those of its actor and target."""
    stored = {column.name.removeprefix(_PREFIX): row._mapping[column.name] for column in COLUMNS}
    return stored == _columns_of(row.actor, row.target)


def containing(actor: str, target: str) -> list[ColumnElement[bool]]:
    """Conditions: both contain these words, whatever case and accents; "" for any."""
    words = [(audit_search.c.actor, actor), (audit_search.c.target, target)]
    return [column.contains(fold(text), autoescape=True) for column, text in words if text]
