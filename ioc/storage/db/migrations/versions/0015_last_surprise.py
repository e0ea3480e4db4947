"""How the answers of a source differed when they last did, after they are as they were again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Forward only."""
    for table in ("source_now", "source_log"):
        op.add_column(table, sa.Column("last_surprise", sa.Text, nullable=False, server_default=""))
