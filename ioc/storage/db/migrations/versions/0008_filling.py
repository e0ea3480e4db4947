"""Buckets that are being filled no longer hold what a finer level still fills.

What the minute and the hour held goes to their roll-ups, for the hour and the day hold it already; they go on filling
from nothing, so that what is newest stays where it was.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

_COLUMNS = "low, low_at, high, high_at, total, count, first, first_at, last, last_at, received_ms"


def upgrade() -> None:
    """Forward only."""
    for level, table in ((0, "rollup_minute"), (1, "rollup_hour")):
        op.execute(
            f"INSERT INTO {table} (series_id, bucket, {_COLUMNS}) "  # our own words # nosec B608
            f"SELECT series_id, bucket, {_COLUMNS} FROM filling WHERE level = {level}"
        )
    op.execute(
        "UPDATE filling SET low = 0, high = 0, total = 0, count = 0, first = 0, last = 0, "
        "low_at = bucket, high_at = bucket, first_at = bucket, last_at = bucket WHERE level < 2"
    )
