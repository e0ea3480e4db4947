"""What agencies hand in and who was urged, as logs; and which figures rest on a reading told by telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "submission",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("known_ms", sa.BigInteger, nullable=False),
        *_texts("duty", 120, "period", 40, "did", 20, "who", 120, "agency", 120, "how", 20),
        sa.Column("of_id", sa.BigInteger, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("submission_period", "submission", ["duty", "period", "id"])
    op.create_table(
        "reminder",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("known_ms", sa.BigInteger, nullable=False),
        *_texts("duty", 120, "period", 40, "who", 120, "agency", 120),
        sa.Column("why", sa.Text, nullable=False),
    )
    for table in ("kpi_now", "kpi_log"):
        op.add_column(table, sa.Column("phoned", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("INSERT INTO version (topic, number, known_ms) VALUES ('handed', 0, 0)")


def _texts(*given: str | int) -> list[sa.Column[str]]:
    """Name and length, by turns."""
    pairs = zip(given[::2], given[1::2], strict=True)
    return [sa.Column(str(name), sa.String(int(length)), nullable=False) for name, length in pairs]
