"""What the clock showed when a submission or a reminder was logged after the clock was set back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward only. Of older rows nothing but the known time is known."""
    for table in ("submission_event", "reminder"):
        op.add_column(table, sa.Column("clock_ms", sa.BigInteger, nullable=True))
    where = sa.text("clock_ms IS NOT NULL")
    op.create_index("submission_event_set_back", "submission_event", ["id"], sqlite_where=where, postgresql_where=where)
