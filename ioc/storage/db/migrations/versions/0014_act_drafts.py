"""Drafts of acts, which an agency's officer writes and its leader sends."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "directive_act_draft",
        sa.Column("task_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("act", sa.String(40), primary_key=True), sa.Column("agency", sa.String(120), nullable=False),
        sa.Column("known_ms", sa.BigInteger, nullable=False), sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("position", sa.String(120), nullable=False), sa.Column("body", sa.Text, nullable=False),
    )  # fmt: skip
    op.create_index("directive_act_draft_agency", "directive_act_draft", ["agency"])
