"""From which version of the topic "readings" on the newest reading of a series is known."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Forward only. What stands is known to every reader that begins after the upgrade."""
    op.add_column("latest", sa.Column("version", sa.BigInteger, nullable=False, server_default="0"))
