"""Places that anybody has signed in from are found by themselves."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Forward only."""
    op.create_index("familiar_value", "familiar", ["value", "kind"])
