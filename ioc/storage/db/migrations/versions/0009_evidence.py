"""Files that acts carry as evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "directive_evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("task_id", sa.BigInteger, nullable=False), sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(120), nullable=False), sa.Column("file_type", sa.String(10), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False), sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False), sa.Column("known_ms", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )  # fmt: skip
    for name, column in (("event", "event_id"), ("task", "task_id"), ("content", "sha256")):
        op.create_index(f"directive_evidence_{name}", "directive_evidence", [column])
