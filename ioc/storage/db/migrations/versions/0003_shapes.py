"""The shape that is believed of each source, and what differs from it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "source_shape",
        sa.Column("source", sa.String(120), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    for table in ("source_now", "source_log"):
        op.add_column(table, sa.Column("surprise", sa.Text, nullable=False, server_default=""))
        op.add_column(table, sa.Column("surprised_ms", sa.BigInteger))
