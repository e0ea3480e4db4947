"""The tables. Times are milliseconds since 1970 UTC; series have small integer ids. Reasons: docs/adr/0001-store.md."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)  # fmt: skip
from sqlalchemy.types import TypeEngine

from ioc.storage.timeseries.rollup_math import Level

metadata = MetaData()
_HOT_ROWS = {"fillfactor": 60}  # rows that change at every poll find room on their own page


def big_serial() -> TypeEngine[int]:
    """The type of a row number on both databases. SQLite gives the number of a deleted row again, where the deleted
    row was the newest one; tables whose numbers are kept elsewhere forbid that (`sqlite_autoincrement`).
    """
    return BigInteger().with_variant(Integer(), "sqlite")


series = Table(
    "series", metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(120), nullable=False, unique=True),
    Column("source", String(120), nullable=False),
    Column("unit", String(40), nullable=False),
    Column("retention_class", String(40), nullable=False),
    Column("raw_since_ms", BigInteger, nullable=False),  # raw readings before it are deleted
    Column("minutes_since_ms", BigInteger, nullable=False),  # minute buckets before it are deleted
)  # fmt: skip

reading = Table(
    "reading", metadata,
    Column("observed_ms", BigInteger, primary_key=True),
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("value", Double),
    Column("quality", SmallInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
Index(
    "reading_missing", reading.c.series_id, reading.c.observed_ms,
    sqlite_where=text("value IS NULL"), postgresql_where=text("value IS NULL"),
)  # fmt: skip

revision = Table(
    "revision", metadata,
    Column("id", big_serial(), primary_key=True), Column("series_id", Integer, nullable=False),
    Column("observed_ms", BigInteger, nullable=False), Column("value", Double),
    Column("quality", SmallInteger, nullable=False), Column("received_ms", BigInteger, nullable=False),
    Column("replaced_ms", BigInteger, nullable=False),
    Index("revision_series", "series_id", "observed_ms"),
)  # fmt: skip

latest = Table(
    "latest", metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("observed_ms", BigInteger, nullable=False),
    Column("value", Double),
    Column("quality", SmallInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),  # of "readings"; see readings.latest
    sqlite_with_rowid=False, postgresql_with=_HOT_ROWS,
)  # fmt: skip


def _bucket_columns() -> tuple[Column[int] | Column[float], ...]:
    return (
        Column("low", Double, nullable=False), Column("low_ms", BigInteger, nullable=False),
        Column("high", Double, nullable=False), Column("high_ms", BigInteger, nullable=False),
        Column("total", Double, nullable=False), Column("count", BigInteger, nullable=False),
        Column("first", Double, nullable=False), Column("first_ms", BigInteger, nullable=False),
        Column("last", Double, nullable=False), Column("last_ms", BigInteger, nullable=False),
        Column("received_ms", BigInteger, nullable=False),
    )  # fmt: skip


def _rollup(name: str) -> Table:
    return Table(
        name, metadata,
        Column("series_id", Integer, primary_key=True, autoincrement=False),
        Column("bucket_ms", BigInteger, primary_key=True, autoincrement=False),
        *_bucket_columns(), sqlite_with_rowid=False,
    )  # fmt: skip


# `open_bucket`: the newest bucket of each series and level, without what the finer levels still fill. All older ones
# are in their roll-up (rollups.py).
rollups = {level: _rollup(f"rollup_{level.name.lower()}") for level in Level}
open_bucket = Table(
    "open_bucket", metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("bucket_ms", BigInteger, nullable=False),
    *_bucket_columns(), sqlite_with_rowid=False, postgresql_with=_HOT_ROWS,
)  # fmt: skip

writer = Table(
    "writer", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("token", String(40), nullable=False),
    Column("epoch", BigInteger, nullable=False), Column("commits", BigInteger, nullable=False, server_default="0"),
    Column("lease_until_ms", BigInteger, nullable=False),  # see leader_lease.py
)  # fmt: skip


def _kpi_columns() -> tuple[Column[int] | Column[float] | Column[str] | Column[bool], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("state", String(20), nullable=False),
        Column("since_ms", BigInteger, nullable=False), Column("value", Double),
        Column("level", String(120), nullable=False), Column("severity", String(20), nullable=False),
        Column("is_simulated", Boolean, nullable=False), Column("data_time_ms", BigInteger),
        Column("last_value", Double), Column("change", Double),
        Column("age_limit_ms", BigInteger, nullable=False), Column("reason", Text, nullable=False),
        Column("is_phoned", Boolean, nullable=False), Column("is_target_met", Boolean),
        Column("expiring_source", String(120), nullable=False),
    )  # fmt: skip


kpi_current = Table(
    "kpi_current", metadata,
    Column("key", String(120), primary_key=True), Column("unit_code", String(40), primary_key=True), *_kpi_columns(),
    postgresql_with=_HOT_ROWS,
)  # fmt: skip
kpi_log = Table(
    "kpi_log", metadata,
    Column("id", big_serial(), primary_key=True),
    Column("key", String(120), nullable=False), Column("unit_code", String(40), nullable=False), *_kpi_columns(),
    Index("kpi_log_known", "key", "unit_code", "known_ms", "id"),
)  # fmt: skip


def _source_columns() -> tuple[Column[int] | Column[str], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("state", String(20), nullable=False),
        Column("since_ms", BigInteger, nullable=False), Column("last_attempt_ms", BigInteger),
        Column("last_success_ms", BigInteger), Column("data_time_ms", BigInteger),
        Column("last_error", Text, nullable=False), Column("consecutive_failures", Integer, nullable=False),
        Column("accepted_count", Integer, nullable=False), Column("rejected_count", Integer, nullable=False),
        Column("config_fingerprint", String(120), nullable=False),
        Column("drift", Text, nullable=False), Column("drift_since_ms", BigInteger),
        Column("duplicate_count", Integer, nullable=False),
        Column("last_drift", Text, nullable=False),
    )  # fmt: skip


source_current = Table(
    "source_current", metadata, Column("source", String(120), primary_key=True), *_source_columns(),
    postgresql_with=_HOT_ROWS,
)  # fmt: skip
source_log = Table(
    "source_log", metadata,
    Column("id", big_serial(), primary_key=True), Column("source", String(120), nullable=False), *_source_columns(),
    Index("source_log_known", "source", "known_ms", "id"),
)  # fmt: skip


def _event_columns() -> tuple[Column[int] | Column[str] | Column[bool], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("kind", String(60), nullable=False),
        Column("observed_ms", BigInteger, nullable=False), Column("stage", String(20), nullable=False),
        Column("source_status", String(120), nullable=False), Column("unit_code", String(40), nullable=False),
        Column("started_ms", BigInteger), Column("due_ms", BigInteger), Column("closed_ms", BigInteger),
        Column("expires_ms", BigInteger), Column("facts", Text, nullable=False), Column("body", Text, nullable=False),
        Column("shared_id", String(240), nullable=False), Column("is_drill", Boolean, nullable=False),
        Column("duplicate_of", String(330), nullable=False),  # "source/key" of the event reported first
        Column("revision", Integer, nullable=False),  # 1 for the first report
        Column("unit_codes", Text, nullable=False),  # codes of several units, one a line
        Column("first_reported_ms", BigInteger, nullable=False),
    )  # fmt: skip


event_current = Table(
    "event_current", metadata,
    Column("source", String(120), primary_key=True), Column("key", String(200), primary_key=True), *_event_columns(),
    Index("event_current_kind", "source", "kind", "stage"), Index("event_current_observed", "stage", "observed_ms"),
    Index("event_current_shared_id", "kind", "shared_id"),
    postgresql_with=_HOT_ROWS,
)  # fmt: skip
event_log = Table(
    "event_log", metadata,
    Column("id", big_serial(), primary_key=True),
    Column("source", String(120), nullable=False), Column("key", String(200), nullable=False), *_event_columns(),
    Index("event_log_known", "source", "key", "known_ms", "id"),
)  # fmt: skip
event_personal = Table(
    "event_personal", metadata,
    Column("source", String(120), primary_key=True), Column("key", String(200), primary_key=True),
    Column("body", Text, nullable=False), Column("known_ms", BigInteger, nullable=False),
)  # fmt: skip
event_tombstone = Table(  # keys that another event has replaced, whether that event was ever reported or not
    "event_tombstone", metadata,
    Column("source", String(120), primary_key=True), Column("key", String(200), primary_key=True),
    Column("known_ms", BigInteger, nullable=False),
)  # fmt: skip
schema_profile = Table(  # the accepted structure of each source's answers
    "schema_profile", metadata,
    Column("source", String(120), primary_key=True), Column("body", Text, nullable=False),
)  # fmt: skip
webhook_message = Table(  # pushed to us, kept until the next poll of its source is committed
    "webhook_message", metadata,
    Column("id", big_serial(), primary_key=True), Column("source", String(120), nullable=False),
    Column("received_ms", BigInteger, nullable=False), Column("content_type", String(120), nullable=False),
    Column("charset", String(40), nullable=False), Column("body", LargeBinary, nullable=False),
    Index("webhook_message_source", "source", "id"),
    sqlite_autoincrement=True,  # a poll that waits to be committed holds numbers: a new message must not get one
)  # fmt: skip
webhook_receipt = Table(  # when the newest message that was taken was received
    "webhook_receipt", metadata,
    Column("source", String(120), primary_key=True), Column("received_ms", BigInteger, nullable=False),
)  # fmt: skip
camera_image = Table(  # the last one of each camera; the digest shows whether the next one differs
    "camera_image", metadata,
    Column("source", String(120), primary_key=True), Column("key", String(200), primary_key=True),
    Column("taken_ms", BigInteger, nullable=False), Column("content_type", String(40), nullable=False),
    Column("digest", String(64), nullable=False), Column("body", LargeBinary, nullable=False),
)  # fmt: skip
change_counter = Table(
    "change_counter", metadata,
    Column("topic", String(40), primary_key=True),  # "" for the store as a whole
    Column("value", BigInteger, nullable=False), Column("known_ms", BigInteger, nullable=False),
    postgresql_with=_HOT_ROWS,
)  # fmt: skip
heartbeat = Table(
    "heartbeat", metadata, Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
)  # fmt: skip
clock_step = Table(  # the clock was set back and has not shown `before_ms` since
    "clock_step", metadata, Column("id", big_serial(), primary_key=True),
    Column("before_ms", BigInteger, nullable=False), Column("log_ids", Text, nullable=False),  # newest rows of the logs
)  # fmt: skip
config_body = Table(
    "config_body", metadata, Column("config_hash", String(64), primary_key=True), Column("body", Text, nullable=False)
)
config_log = Table(
    "config_log", metadata,
    Column("id", big_serial(), primary_key=True), Column("config_hash", String(64), nullable=False),
    Column("known_ms", BigInteger, nullable=False), Index("config_log_known", "known_ms", "id"),
)  # fmt: skip

rejected_item = Table(
    "rejected_item", metadata,
    Column("id", big_serial(), primary_key=True), Column("source", String(120), nullable=False),
    Column("received_ms", BigInteger, nullable=False), Column("location", Text, nullable=False),
    Column("code", String(120), nullable=False), Column("params", Text, nullable=False),
    Column("external", Text, nullable=False), Column("sample", Text, nullable=False),
    Index("rejected_item_source", "source", "id"),
)  # fmt: skip
drop_counter = Table(
    "drop_counter", metadata,
    Column("reason", String(20), primary_key=True), Column("source", String(120), primary_key=True),
    Column("total", BigInteger, nullable=False), Column("recent", BigInteger, nullable=False),
    Column("recent_since_ms", BigInteger, nullable=False), Column("last_ms", BigInteger, nullable=False),
)  # fmt: skip

job = Table(
    "job", metadata, Column("id", big_serial(), primary_key=True), Column("kind", String(40), nullable=False),
    Column("params", Text, nullable=False), Column("key", String(200), nullable=False),
    Column("state", String(20), nullable=False), Column("created_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger), Column("finished_ms", BigInteger),
    Column("result", Text, nullable=False), Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False), Column("owner", String(200), nullable=False),
)  # fmt: skip
_OPEN = text("key <> '' AND state IN ('queued', 'running')")
Index("job_open", job.c.key, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("job_state", job.c.state, job.c.id)


def _host_health_columns() -> tuple[Column[int] | Column[float] | Column[str], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("component", String(20), nullable=False),
        Column("severity", String(20), nullable=False), Column("since_ms", BigInteger, nullable=False),
        Column("value", Double), Column("free_percent", Double),
        Column("subject", String(120), nullable=False), Column("reason", String(20), nullable=False),
    )  # fmt: skip


host_health_current = Table(
    "host_health_current", metadata, Column("key", String(140), primary_key=True), *_host_health_columns()
)
host_health_log = Table(
    "host_health_log", metadata,
    Column("id", big_serial(), primary_key=True), Column("key", String(140), nullable=False), *_host_health_columns(),
    Index("host_health_log_known", "key", "known_ms", "id"),
)  # fmt: skip
backup_log = Table(
    "backup_log", metadata, Column("id", big_serial(), primary_key=True), Column("at_ms", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False), Column("digest", String(64), nullable=False),
)  # fmt: skip
