"""How much was given up of each source."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "given_up",
        sa.Column("way", sa.String(20), primary_key=True),
        sa.Column("source", sa.String(120), primary_key=True),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("recent", sa.BigInteger, nullable=False),
        sa.Column("began_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
    )
