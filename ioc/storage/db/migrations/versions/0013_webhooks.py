"""How far each system was told of acts by webhook."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "directive_webhook",
        sa.Column("system", sa.String(120), primary_key=True), sa.Column("cursor_event", sa.BigInteger, nullable=False),
        sa.Column("sent_event", sa.BigInteger, nullable=False), sa.Column("sent_ms", sa.BigInteger),
        sa.Column("failing_since_ms", sa.BigInteger), sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text, nullable=False), sa.Column("retry_ms", sa.BigInteger),
        sa.Column("sender", sa.String(40), nullable=False), sa.Column("sender_until_ms", sa.BigInteger, nullable=False),
    )  # fmt: skip
