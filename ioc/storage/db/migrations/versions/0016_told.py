"""How often an event was told anew, and all units that it concerns, where they are several."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_NUMBERED = """
UPDATE event_log SET revision = told.n
FROM (SELECT id, row_number() OVER (PARTITION BY source, key ORDER BY id) AS n FROM event_log) AS told
WHERE told.id = event_log.id AND told.n > 1
"""
_NEWEST = """
UPDATE event_now SET revision = told.n
FROM (SELECT source, key, max(revision) AS n FROM event_log GROUP BY source, key) AS told
WHERE told.source = event_now.source AND told.key = event_now.key AND told.n > 1
"""


def upgrade() -> None:
    """Forward only. What was told before is counted: the log holds it all."""
    for table in ("event_now", "event_log"):
        op.add_column(table, sa.Column("revision", sa.Integer, nullable=False, server_default="1"))
        op.add_column(table, sa.Column("places", sa.Text, nullable=False, server_default=""))
    op.execute(_NUMBERED)
    op.execute(_NEWEST)
