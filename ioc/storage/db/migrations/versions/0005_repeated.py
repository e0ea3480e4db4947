"""How much an answer told more than once, beside what was kept and refused."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Forward only."""
    for table in ("source_now", "source_log"):
        op.add_column(table, sa.Column("repeated", sa.Integer, nullable=False, server_default="0"))
