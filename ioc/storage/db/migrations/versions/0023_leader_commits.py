"""The number of the leader's last commit: it notices a server that took over without it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Forward only."""
    op.add_column("writer", sa.Column("commits", sa.BigInteger, nullable=False, server_default="0"))
