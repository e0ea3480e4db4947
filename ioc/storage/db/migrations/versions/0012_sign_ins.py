"""What whoever signs in is told: of the last sign-in, of failures since, of places that they never came from."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Forward only."""
    op.add_column("account", sa.Column("signed_ms", sa.BigInteger))
    op.add_column("account", _text("signed_address", 60))
    op.add_column("account", _number("missed"))
    op.add_column("session", sa.Column("before_ms", sa.BigInteger))
    op.add_column("session", _text("before_address", 60))
    op.add_column("session", _number("missed"))
    op.add_column("session", _text("strange", 40))
    op.create_table(
        "familiar",
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("value", sa.String(200), primary_key=True),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
    )


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")
