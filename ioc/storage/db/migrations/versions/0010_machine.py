"""How the machine under the centre was when, and which backups were made."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only."""
    op.create_table("machine_now", sa.Column("key", sa.String(140), primary_key=True), *_columns())
    op.create_table(
        "machine_log",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("key", sa.String(140), nullable=False),
        *_columns(),
    )
    op.create_index("machine_log_known", "machine_log", ["key", "known_ms", "id"])
    op.create_table(
        "backup_made",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.execute("INSERT INTO version (topic, number, known_ms) VALUES ('machine', 0, 0)")


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("known_ms", sa.BigInteger, nullable=False), sa.Column("part", sa.String(20), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False), sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double), sa.Column("share", sa.Double),
        sa.Column("about", sa.String(120), nullable=False), sa.Column("why", sa.String(20), nullable=False),
    )  # fmt: skip
