"""Commands of every subject by idempotency key, with their answers; until now those on directives only."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "done_command",
        sa.Column("actor", sa.String(120), primary_key=True), sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("known_ms", sa.BigInteger, nullable=False), sa.Column("until_ms", sa.BigInteger),
        sa.Column("fingerprint", sa.String(64), nullable=False), sa.Column("answer", sa.Text, nullable=False),
    )  # fmt: skip
    op.execute(
        "INSERT INTO done_command (actor, key, known_ms, fingerprint, answer)"
        " SELECT actor, key, known_ms, fingerprint, CAST(event_id AS TEXT) FROM directive_command"
    )
    op.drop_table("directive_command")
