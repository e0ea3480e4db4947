"""Acts on briefings (giao ban)."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "directive_briefing_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("briefing", sa.String(40), nullable=False), sa.Column("known_ms", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(40), nullable=False), sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("position", sa.String(120), nullable=False),
        sa.Column("on_behalf_of", sa.String(120), nullable=False),
        sa.Column("item", sa.BigInteger, nullable=False), sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )  # fmt: skip
    for column in ("briefing", "act"):
        op.create_index(f"directive_briefing_event_{column}", "directive_briefing_event", [column, "id"])
