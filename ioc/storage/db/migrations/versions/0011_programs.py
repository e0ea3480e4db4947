"""Programs of other machines that may read."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "program",
        sa.Column("key", sa.String(60), primary_key=True),
        sa.Column("shown", sa.String(200), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("range", sa.String(400), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.Column("seen_ms", sa.BigInteger),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger),
    )
