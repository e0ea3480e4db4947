"""Actor and target of audit entries as they are searched, and indexes for each order of the log."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, String, Text

from ioc.domain.base.slug import fold

revision = "0002"
down_revision = "0001"
_BATCH_ROWS = 5_000


def upgrade() -> None:
    """Forward only."""
    search = op.create_table(
        "audit_search",
        sa.Column("id", BigInteger, primary_key=True, autoincrement=False),
        sa.Column("actor", Text, nullable=False), sa.Column("target", Text, nullable=False),
        sa.Column("target_order", String(100), nullable=False), sqlite_with_rowid=False,
    )  # fmt: skip
    after = -(2**62)
    while rows := _entries(after):
        op.bulk_insert(search, rows)
        after = rows[-1]["id"]
    op.create_index("audit_search_target", "audit_search", ["target_order", "id"])
    op.create_index("audit_entry_address", "audit_entry", ["address", "id"])
    op.create_index("audit_entry_result", "audit_entry", ["result", "id"])


def _entries(after: int) -> list[dict[str, Any]]:
    entry = sa.table("audit_entry", sa.column("id"), sa.column("actor"), sa.column("target"))
    query = sa.select(entry).where(entry.c.id > after).order_by(entry.c.id).limit(_BATCH_ROWS)
    folded = ((row.id, fold(row.actor), fold(row.target)) for row in op.get_bind().execute(query))
    return [
        {"id": id_, "actor": actor, "target": target, "target_order": target[:100]} for id_, actor, target in folded
    ]
