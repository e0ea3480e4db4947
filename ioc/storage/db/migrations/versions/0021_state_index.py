"""The index of intervals by their end begins with the state, by which lists look up present tasks."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Forward only."""
    op.drop_index("directive_interval_end", "directive_interval")
    op.create_index(
        "directive_interval_end",
        "directive_interval",
        [
            "valid_to_ms", "work_state", "valid_from_ms", "kind", "assigned_agency", "holder", "due", "first_due",
            "stopped_on", "office_days", "is_reported", "is_starred",
        ],
    )  # fmt: skip
