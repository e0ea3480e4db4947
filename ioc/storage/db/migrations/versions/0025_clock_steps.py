"""Steps of the clock back, so that a process that starts later can undo them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Forward only. Steps of before it are not known."""
    op.create_table(
        "clock_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("before_ms", sa.BigInteger, nullable=False),
        sa.Column("log_ids", sa.Text, nullable=False),
    )
