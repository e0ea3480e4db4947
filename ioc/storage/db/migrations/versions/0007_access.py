"""Who may see and do what: accounts, sessions, locks, screens, and the trail."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only."""
    _people()
    _sessions()
    _screens()
    _trail()
    op.execute("INSERT INTO version (topic, number, known_ms) VALUES ('access', 0, 0)")


def _text(name: str, length: int = 0, *, primary: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False, primary_key=primary)


def _ms(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _people() -> None:
    op.create_table(
        "account",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("name", sa.String(60), nullable=False, unique=True),
        _text("shown", 200),
        _text("roles", 200),
        _text("agency", 120),
        _text("password"),
        _ms("once_ms", nullable=True),
        sa.Column("once_used", sa.Boolean, nullable=False),
        _text("factor"),
        _text("factor_next"),
        _ms("factor_step"),
        sa.Column("asks_factor", sa.Boolean, nullable=False),
        _text("subject", 400),
        _ms("created_ms"),
        _ms("used_ms"),
        _ms("disabled_ms", nullable=True),
        _text("disabled_why", 40),
        sqlite_autoincrement=True,
    )
    outside = sa.text("subject <> ''")
    op.create_index(
        "account_subject", "account", ["subject"], unique=True, sqlite_where=outside, postgresql_where=outside
    )
    op.create_table("recovery", _key("account_id"), _text("digest", 64, primary=True), _ms("used_ms", nullable=True))
    op.create_table(
        "attempt",
        _text("kind", 20, primary=True),
        _text("key", 64, primary=True),
        sa.Column("failures", sa.Integer, nullable=False),
        _ms("last_ms"),
        _ms("until_ms"),
    )


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        _ms("account_id"),
        _ms("created_ms"),
        _ms("active_ms"),
        _text("address", 60),
        _text("agent", 200),
        sa.Column("factor", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("session_account", "session", ["account_id"])
    op.create_table(
        "waiting",
        _text("digest", 64, primary=True),
        _ms("account_id"),
        _text("address", 60),
        _text("agent", 200),
        _ms("made_ms"),
    )


def _screens() -> None:
    op.create_table(
        "screen",
        _text("key", 60, primary=True),
        _text("shown", 200),
        _text("page", 200),
        _text("range", 400),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        _ms("renewed_ms"),
        _text("old_digest", 64),
        _ms("enrolled_ms"),
        _text("enrolled_by", 60),
        _ms("seen_ms"),
        _text("address", 60),
        _ms("revoked_ms", nullable=True),
    )
    op.create_index("screen_old", "screen", ["old_digest"])
    op.create_table(
        "screen_ask",
        _text("code", 12, primary=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        _text("address", 60),
        _text("agent", 200),
        _ms("asked_ms"),
        _text("screen", 60),
    )


def _trail() -> None:
    op.create_table(
        "trail",
        _key("id"),
        _ms("at_ms"),
        _text("who", 60),
        _text("kind", 20),
        _text("action", 60),
        _text("about"),
        _text("before"),
        _text("after"),
        _text("address", 60),
        _text("result", 20),
        _text("why"),
        _text("detail", 64),
        _text("hash", 64),
    )
    op.create_index("trail_at", "trail", ["at_ms"])
    op.create_index("trail_who", "trail", ["who", "id"])
    op.create_index("trail_action", "trail", ["action", "id"])
    op.create_table("trail_detail", _key("id"), _text("salt", 32), _text("body"))
    op.create_table("trail_end", _text("which", 10, primary=True), _ms("id"), _text("hash", 64))
