"""The tables of what agencies hand in. Both are logs: lines are added, none is ever changed."""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

from ioc.storage.db.schema import big_serial, metadata

submission_event = Table(
    "submission", metadata,
    Column("id", big_serial(), primary_key=True), Column("known_ms", BigInteger, nullable=False),
    Column("duty", String(120), nullable=False), Column("period", String(40), nullable=False),
    Column("did", String(20), nullable=False), Column("who", String(120), nullable=False),
    Column("agency", String(120), nullable=False), Column("how", String(20), nullable=False),
    Column("of_id", BigInteger, nullable=False), Column("open", Boolean, nullable=False),
    Column("why", Text, nullable=False), Column("body", Text, nullable=False),  # the figures; of a verdict nothing
    Index("submission_period", "duty", "period", "id"),
)  # fmt: skip
reminder = Table(
    "reminder", metadata,
    Column("id", big_serial(), primary_key=True), Column("known_ms", BigInteger, nullable=False),
    Column("duty", String(120), nullable=False), Column("period", String(40), nullable=False),
    Column("who", String(120), nullable=False), Column("agency", String(120), nullable=False),
    Column("why", Text, nullable=False),
)  # fmt: skip
