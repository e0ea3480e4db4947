"""What is counted of a task besides its state: time until received, returns, open petitions."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_COUNTED = (
    "assigned_agency", "holder", "due", "first_due", "stopped_on", "office_days", "is_reported", "is_starred",
    "received_s", "returns", "open_petitions",
)  # fmt: skip
_FIRST = {
    "begin": ("valid_from_ms", "valid_to_ms", "kind", "work_state"),
    "end": ("valid_to_ms", "work_state", "valid_from_ms", "kind"),
}  # fmt: skip


def upgrade() -> None:
    """Forward only. `Store.migrate` derives the rows again."""
    op.add_column("directive_interval", sa.Column("received_s", sa.Integer))
    for name in ("returns", "open_petitions"):
        column = sa.Column(name, sa.SmallInteger, nullable=False, server_default="0")
        op.add_column("directive_interval", column)
    for name, first in _FIRST.items():
        op.drop_index(f"directive_interval_{name}", "directive_interval")
        op.create_index(f"directive_interval_{name}", "directive_interval", [*first, *_COUNTED])
