"""Which events others have ended: remembered by key, so that one that is told again stays ended."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forward only. What the events of the store say that they replace is taken over."""
    op.create_table(
        "event_ended",
        sa.Column("source", sa.String(120), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("known_ms", sa.BigInteger, nullable=False),
    )
    conn = op.get_bind()
    told = conn.execute(sa.text("SELECT source, body, known_ms FROM event_now WHERE body NOT LIKE '%\"replaces\":[]%'"))
    ended = {(row.source, key[:200]): row.known_ms for row in told for key in json.loads(row.body)["replaces"]}
    for (source, key), known in ended.items():
        conn.execute(
            sa.text("INSERT INTO event_ended (source, key, known_ms) VALUES (:source, :key, :known)"),
            {"source": source, "key": key, "known": known},
        )
