"""Directives that people work in: documents, tasks, acts, what is derived from them, positions, commands."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Boolean, Double, Integer, SmallInteger, String, Text

revision = "0004"
down_revision = "0003"
_EXTERNAL = sa.text("external_id <> ''")


def upgrade() -> None:
    """Forward only."""
    _documents()
    _events()
    _positions()
    counter = sa.table("change_counter", sa.column("topic"), sa.column("value"), sa.column("known_ms"))
    op.bulk_insert(counter, [{"topic": "directives", "value": 0, "known_ms": 0}])


def _serial() -> sa.Column[int]:
    return sa.Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _column(name: str, kind: Any, *, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, unique=unique or None)


def _bigint(name: str) -> sa.Column[int]:
    return sa.Column(name, BigInteger, nullable=False)


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    return sa.Column(name, String(length) if length else Text(), nullable=False)


def _optional(name: str, kind: Any = BigInteger) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _external(name: str, table: str, column: str) -> None:
    op.create_index(
        name, table, [column, "external_id"], unique=True, sqlite_where=_EXTERNAL, postgresql_where=_EXTERNAL
    )


def _documents() -> None:
    op.create_table(
        "directive_document",
        _serial(), _column("key", String(120), unique=True), _text("number", 120), _optional("issued_on", Integer),
        _text("source", 40), _text("sphere", 120), _text("visibility", 40), _column("is_simulated", Boolean),
        _text("master", 120), _text("external_id", 200), _optional("synchronized_ms"), _bigint("changed_ms"),
        _optional("origin_given_ms"), _text("origin_position", 120), _text("body"),
    )  # fmt: skip
    _external("directive_document_external", "directive_document", "master")
    op.create_table("directive_parent", _key("document", String(120)), _key("parent", String(120)))
    op.create_index("directive_parent_parent", "directive_parent", ["parent"])
    op.create_table(
        "directive_task",
        _serial(), _column("key", String(250), unique=True), _bigint("document_id"), _bigint("order_id"),
        _column("kind", SmallInteger), _column("position", Integer), _text("external_id", 200), _text("horizon", 20),
        _text("place", 40), _text("search_text"), _bigint("version"), _optional("changed_ms"),
        _text("last_act", 40), _optional("percent", Double), _optional("reported_ms"),
        _optional("paused_until", Integer), _optional("effect_on", Integer), _column("extensions", Integer),
    )  # fmt: skip
    op.create_index("directive_task_document", "directive_task", ["document_id", "position"])
    op.create_index("directive_task_order", "directive_task", ["order_id"])
    op.create_index("directive_task_paused", "directive_task", ["paused_until"])
    op.create_index("directive_task_effect", "directive_task", ["effect_on"])
    op.create_table("directive_task_body", _key("task_id", BigInteger), _text("body"))


def _events() -> None:
    op.create_table(
        "directive_event",
        _serial(), _bigint("task_id"), _bigint("known_ms"), _text("act", 40), _text("actor", 120),
        _text("position", 120), _text("on_behalf_of", 120), _text("external_id", 200), _text("body"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("directive_event_task", "directive_event", ["task_id", "id"])
    _external("directive_event_external", "directive_event", "task_id")
    op.create_table(
        "directive_interval",
        _key("task_id", BigInteger), _key("valid_from_ms", BigInteger), _bigint("valid_to_ms"),
        _column("kind", SmallInteger), _column("work_state", SmallInteger), _text("assigned_agency", 120),
        _text("holder", 120), _optional("due", Integer), _optional("first_due", Integer),
        _optional("stopped_on", Integer), _column("office_days", Integer), _column("is_reported", Boolean),
        _column("is_starred", Boolean), sqlite_with_rowid=False,
    )  # fmt: skip
    counted = [
        "kind", "work_state", "assigned_agency", "holder", "due", "first_due", "stopped_on", "office_days",
        "is_reported", "is_starred",
    ]  # fmt: skip
    op.create_index("directive_interval_begin", "directive_interval", ["valid_from_ms", "valid_to_ms", *counted])
    op.create_index("directive_interval_end", "directive_interval", ["valid_to_ms", "valid_from_ms", *counted])
    op.create_index("directive_interval_holder", "directive_interval", ["valid_to_ms", "holder"])
    op.create_table(
        "directive_open_item",
        _key("task_id", BigInteger), _key("event_id", BigInteger), _text("kind", 40), _text("agency", 120),
        _bigint("since_ms"), _optional("due", Integer), _column("is_late", Boolean), _text("actor", 120),
    )  # fmt: skip
    op.create_index("directive_open_item_kind", "directive_open_item", ["kind", "agency"])


def _positions() -> None:
    op.create_table("directive_position", _key("key", String(120)), _text("holder", 120), _text("body"))
    op.create_index("directive_position_holder", "directive_position", ["holder"])
    op.create_table("directive_mandate", _serial(), _text("body"))
    op.create_table(
        "directive_command",
        _key("actor", String(120)), _key("key", String(120)), _bigint("known_ms"), _text("fingerprint", 64),
        _bigint("event_id"),
    )  # fmt: skip
