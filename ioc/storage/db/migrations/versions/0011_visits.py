"""The last visit of each account to its list of work."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "directive_visit",
        sa.Column("account", sa.String(120), primary_key=True), sa.Column("began_ms", sa.BigInteger, nullable=False),
        sa.Column("since_event", sa.BigInteger, nullable=False), sa.Column("last_event", sa.BigInteger, nullable=False),
    )  # fmt: skip
