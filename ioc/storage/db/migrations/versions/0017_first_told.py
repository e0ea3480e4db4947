"""When an event was told first: however often it is told anew, that stays."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_FIRST = """
UPDATE {table} SET first_ms = CASE WHEN told.observed_ms < told.known_ms THEN told.observed_ms ELSE told.known_ms END
FROM (SELECT source, key, observed_ms, known_ms, row_number() OVER (PARTITION BY source, key ORDER BY id) AS n
      FROM event_log) AS told
WHERE told.source = {table}.source AND told.key = {table}.key AND told.n = 1
"""


def upgrade() -> None:
    """Forward only. The log holds the first telling of each."""
    for table in ("event_now", "event_log"):
        op.add_column(table, sa.Column("first_ms", sa.BigInteger, nullable=False, server_default="0"))
        op.execute(_FIRST.format(table=table))
