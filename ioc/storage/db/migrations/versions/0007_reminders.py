"""An index of the reminders among the acts: the ledger and the ladder read these alone."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_REMINDER = sa.text("act = 'remind'")


def upgrade() -> None:
    """Forward only."""
    op.create_index(
        "directive_event_reminder", "directive_event", ["known_ms", "task_id", "position"],
        sqlite_where=_REMINDER, postgresql_where=_REMINDER,
    )  # fmt: skip
