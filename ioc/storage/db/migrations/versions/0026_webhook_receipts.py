"""When the newest webhook message that was taken was received: a later one is received after it."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Forward only. What was taken before is not known."""
    op.create_table(
        "webhook_receipt",
        sa.Column("source", sa.String(120), primary_key=True),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
    )
