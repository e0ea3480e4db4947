"""The tables of what agencies hand in. Both are logs: lines are added, none is ever changed."""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

from ioc.storage.db.schema import big_serial, metadata

submission_event = Table(
    "submission_event", metadata,
    Column("id", big_serial(), primary_key=True), Column("known_ms", BigInteger, nullable=False),
    Column("obligation", String(120), nullable=False), Column("period", String(40), nullable=False),
    Column("event_type", String(20), nullable=False), Column("actor", String(120), nullable=False),
    Column("agency", String(120), nullable=False), Column("channel", String(20), nullable=False),
    Column("refers_to", BigInteger, nullable=False), Column("awaits_approval", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reported_values", Text, nullable=False),  # JSON; of a verdict {}
    Index("submission_event_period", "obligation", "period", "id"),
)  # fmt: skip
reminder = Table(
    "reminder", metadata,
    Column("id", big_serial(), primary_key=True), Column("known_ms", BigInteger, nullable=False),
    Column("obligation", String(120), nullable=False), Column("period", String(40), nullable=False),
    Column("actor", String(120), nullable=False), Column("agency", String(120), nullable=False),
    Column("reason", Text, nullable=False),
)  # fmt: skip
