"""What the clock showed when an act on a task was done after the clock was set back."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Forward only. Of older rows nothing but the known time is known."""
    op.add_column("directive_event", sa.Column("clock_ms", sa.BigInteger, nullable=True))
