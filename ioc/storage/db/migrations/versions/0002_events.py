"""Events beside readings: what stands, what was told, what is personal; and mail that waits for a poll."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only."""
    op.create_table("event_now", *_key(primary=True), *_columns(), postgresql_with={"fillfactor": 60})
    op.create_index("event_now_kind", "event_now", ["source", "kind", "stage"])
    op.create_index("event_now_seen", "event_now", ["stage", "observed_ms"])
    op.create_index("event_now_same", "event_now", ["kind", "same"])
    op.create_table("event_log", sa.Column("id", SERIAL, primary_key=True), *_key(primary=False), *_columns())
    op.create_index("event_log_known", "event_log", ["source", "key", "known_ms", "id"])
    op.create_table(
        "event_personal",
        *_key(primary=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("known_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "mail",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(120), nullable=False),
        sa.Column("charset", sa.String(40), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("mail_source", "mail", ["source", "id"])
    op.execute("INSERT INTO version (topic, number, known_ms) VALUES ('events', 0, 0)")


def _key(*, primary: bool) -> list[sa.Column[Any]]:
    return [
        sa.Column("source", sa.String(120), primary_key=primary, nullable=False),
        sa.Column("key", sa.String(200), primary_key=primary, nullable=False),
    ]


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("known_ms", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("observed_ms", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("word", sa.String(120), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("started_ms", sa.BigInteger),
        sa.Column("due_ms", sa.BigInteger),
        sa.Column("closed_ms", sa.BigInteger),
        sa.Column("expires_ms", sa.BigInteger),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("same", sa.String(240), nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("twin", sa.String(330), nullable=False),
    ]
