"""The tables. Times are milliseconds since 1970 UTC; series have small integer ids. Why so: docs/adr/0001-store.md."""

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
    false,
    text,
)  # fmt: skip
from sqlalchemy.types import TypeEngine

from ioc.storage.timeseries.rollup_math import Level

metadata = MetaData()
_HOT_ROWS = {"fillfactor": 60}  # rows that change at every poll find room on their own page


def big_serial() -> TypeEngine[int]:
    """A growing number."""
    return BigInteger().with_variant(Integer(), "sqlite")


series = Table(
    "series", metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(120), nullable=False, unique=True),
    Column("source", String(120), nullable=False),
    Column("unit", String(40), nullable=False),
    Column("keep", String(40), nullable=False),
    Column("swept_ms", BigInteger, nullable=False),  # raw readings before it are gone
    Column("thinned_ms", BigInteger, nullable=False),  # minute buckets before it are gone
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
    "reading_none", reading.c.series_id, reading.c.observed_ms,
    sqlite_where=text("value IS NULL"), postgresql_where=text("value IS NULL"),
)  # fmt: skip

revision = Table(
    "revision", metadata,
    Column("id", big_serial(), primary_key=True),
    Column("series_id", Integer, nullable=False),
    Column("observed_ms", BigInteger, nullable=False),
    Column("value", Double),
    Column("quality", SmallInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
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
    sqlite_with_rowid=False, postgresql_with=_HOT_ROWS,
)  # fmt: skip


def _bucket_columns() -> tuple[Column[int] | Column[float], ...]:
    return (
        Column("low", Double, nullable=False), Column("low_at", BigInteger, nullable=False),
        Column("high", Double, nullable=False), Column("high_at", BigInteger, nullable=False),
        Column("total", Double, nullable=False), Column("count", BigInteger, nullable=False),
        Column("first", Double, nullable=False), Column("first_at", BigInteger, nullable=False),
        Column("last", Double, nullable=False), Column("last_at", BigInteger, nullable=False),
        Column("received_ms", BigInteger, nullable=False),
    )  # fmt: skip


def _rollup(name: str) -> Table:
    return Table(
        name, metadata,
        Column("series_id", Integer, primary_key=True, autoincrement=False),
        Column("bucket", BigInteger, primary_key=True, autoincrement=False),
        *_bucket_columns(), sqlite_with_rowid=False,
    )  # fmt: skip


# The newest bucket of each series and level stands in `filling`, without what the finer levels still fill; all older
# ones in their roll-up (rollups.py).
rollups = {level: _rollup(f"rollup_{level.name.lower()}") for level in Level}
open_bucket = Table(
    "filling", metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("bucket", BigInteger, nullable=False),
    *_bucket_columns(), sqlite_with_rowid=False, postgresql_with=_HOT_ROWS,
)  # fmt: skip

writer = Table(
    "writer", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("token", String(40), nullable=False),
)  # fmt: skip


def _kpi_columns() -> tuple[Column[int] | Column[float] | Column[str] | Column[bool], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("state", String(20), nullable=False),
        Column("since_ms", BigInteger, nullable=False), Column("value", Double),
        Column("level", String(120), nullable=False), Column("severity", String(20), nullable=False),
        Column("simulated", Boolean, nullable=False), Column("data_ms", BigInteger),
        Column("last_value", Double), Column("change", Double),
        Column("age_limit_ms", BigInteger, nullable=False), Column("reason", Text, nullable=False),
        Column("phoned", Boolean, nullable=False, server_default=false()),
    )  # fmt: skip


kpi_current = Table(
    "kpi_now", metadata,
    Column("key", String(120), primary_key=True), Column("place", String(40), primary_key=True), *_kpi_columns(),
    postgresql_with=_HOT_ROWS,
)  # fmt: skip
kpi_log = Table(
    "kpi_log", metadata,
    Column("id", big_serial(), primary_key=True),
    Column("key", String(120), nullable=False), Column("place", String(40), nullable=False), *_kpi_columns(),
    Index("kpi_log_known", "key", "place", "known_ms", "id"),
)  # fmt: skip


def _source_columns() -> tuple[Column[int] | Column[str], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("state", String(20), nullable=False),
        Column("since_ms", BigInteger, nullable=False), Column("last_try_ms", BigInteger),
        Column("last_good_ms", BigInteger), Column("data_ms", BigInteger),
        Column("last_error", Text, nullable=False), Column("failures", Integer, nullable=False),
        Column("kept", Integer, nullable=False), Column("refused", Integer, nullable=False),
        Column("fingerprint", String(120), nullable=False),
        Column("surprise", Text, nullable=False, server_default=""), Column("surprised_ms", BigInteger),
        Column("repeated", Integer, nullable=False, server_default="0"),
        Column("last_surprise", Text, nullable=False, server_default=""),
    )  # fmt: skip


source_current = Table(
    "source_now",
    metadata,
    Column("source", String(120), primary_key=True),
    *_source_columns(),
    postgresql_with=_HOT_ROWS,
)
source_log = Table(
    "source_log", metadata,
    Column("id", big_serial(), primary_key=True), Column("source", String(120), nullable=False), *_source_columns(),
    Index("source_log_known", "source", "known_ms", "id"),
)  # fmt: skip


def _event_columns() -> tuple[Column[int] | Column[str] | Column[bool], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("kind", String(60), nullable=False),
        Column("observed_ms", BigInteger, nullable=False), Column("stage", String(20), nullable=False),
        Column("word", String(120), nullable=False), Column("place", String(40), nullable=False),
        Column("started_ms", BigInteger), Column("due_ms", BigInteger), Column("closed_ms", BigInteger),
        Column("expires_ms", BigInteger), Column("facts", Text, nullable=False), Column("body", Text, nullable=False),
        Column("same", String(240), nullable=False), Column("drill", Boolean, nullable=False),
        Column("twin", String(330), nullable=False),  # "source/key" of the event that is the same thing, told first
        Column("revision", Integer, nullable=False, server_default="1"),  # 1 for the first telling
        Column("places", Text, nullable=False, server_default=""),  # codes of several units, a line each
        Column("first_ms", BigInteger, nullable=False, server_default="0"),  # when it was told first
    )  # fmt: skip


event_current = Table(
    "event_now", metadata,
    Column("source", String(120), primary_key=True), Column("key", String(200), primary_key=True), *_event_columns(),
    Index("event_now_kind", "source", "kind", "stage"), Index("event_now_seen", "stage", "observed_ms"),
    Index("event_now_same", "kind", "same"),
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
event_tombstone = Table(  # events that others have replaced, told or not
    "event_ended", metadata,
    Column("source", String(120), primary_key=True), Column("key", String(200), primary_key=True),
    Column("known_ms", BigInteger, nullable=False),
)  # fmt: skip
schema_profile = Table(  # what the answers of a source look like, as it is believed
    "source_shape", metadata,
    Column("source", String(120), primary_key=True), Column("body", Text, nullable=False),
)  # fmt: skip
webhook_message = Table(  # what was pushed to us and waits for its source's next poll
    "mail", metadata,
    Column("id", big_serial(), primary_key=True), Column("source", String(120), nullable=False),
    Column("received_ms", BigInteger, nullable=False), Column("kind", String(120), nullable=False),
    Column("charset", String(40), nullable=False), Column("body", LargeBinary, nullable=False),
    Index("mail_source", "source", "id"),
)  # fmt: skip
camera_image = Table(  # the last of each camera; the digest tells whether the next one differs
    "picture", metadata,
    Column("source", String(120), primary_key=True), Column("key", String(200), primary_key=True),
    Column("taken_ms", BigInteger, nullable=False), Column("kind", String(40), nullable=False),
    Column("digest", String(64), nullable=False), Column("body", LargeBinary, nullable=False),
)  # fmt: skip

change_counter = Table(
    "version", metadata,
    Column("topic", String(40), primary_key=True),  # "" is the store's own
    Column("number", BigInteger, nullable=False), Column("known_ms", BigInteger, nullable=False),
    postgresql_with=_HOT_ROWS,
)  # fmt: skip
heartbeat = Table(
    "heartbeat", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("at_ms", BigInteger, nullable=False),
)  # fmt: skip

config_body = Table(
    "config_body", metadata, Column("hash", String(64), primary_key=True), Column("body", Text, nullable=False)
)
config_log = Table(
    "config_log", metadata,
    Column("id", big_serial(), primary_key=True), Column("hash", String(64), nullable=False),
    Column("known_ms", BigInteger, nullable=False), Index("config_log_known", "known_ms", "id"),
)  # fmt: skip

rejected_item = Table(
    "refused_item", metadata,
    Column("id", big_serial(), primary_key=True), Column("source", String(120), nullable=False),
    Column("received_ms", BigInteger, nullable=False), Column("place", Text, nullable=False),
    Column("reason", Text, nullable=False), Column("sample", Text, nullable=False),
    Index("refused_item_source", "source", "id"),
)  # fmt: skip
drop_counter = Table(
    "given_up", metadata, Column("way", String(20), primary_key=True), Column("source", String(120), primary_key=True),
    Column("total", BigInteger, nullable=False), Column("recent", BigInteger, nullable=False),
    Column("began_ms", BigInteger, nullable=False), Column("last_ms", BigInteger, nullable=False),
)  # fmt: skip

job = Table(
    "job", metadata,
    Column("id", big_serial(), primary_key=True), Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False), Column("key", String(200), nullable=False),
    Column("state", String(20), nullable=False), Column("created_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger), Column("finished_ms", BigInteger),
    Column("result", Text, nullable=False), Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
)  # fmt: skip
_OPEN = text("key <> '' AND state IN ('queued', 'running')")
Index("job_open", job.c.key, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("job_state", job.c.state, job.c.id)


def _host_health_columns() -> tuple[Column[int] | Column[float] | Column[str], ...]:
    return (
        Column("known_ms", BigInteger, nullable=False), Column("part", String(20), nullable=False),
        Column("severity", String(20), nullable=False), Column("since_ms", BigInteger, nullable=False),
        Column("value", Double), Column("share", Double),
        Column("about", String(120), nullable=False), Column("why", String(20), nullable=False),
    )  # fmt: skip


host_health_current = Table(
    "machine_now", metadata, Column("key", String(140), primary_key=True), *_host_health_columns()
)
host_health_log = Table(
    "machine_log", metadata,
    Column("id", big_serial(), primary_key=True), Column("key", String(140), nullable=False), *_host_health_columns(),
    Index("machine_log_known", "key", "known_ms", "id"),
)  # fmt: skip
backup_log = Table(
    "backup_made", metadata,
    Column("id", big_serial(), primary_key=True), Column("at_ms", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False), Column("digest", String(64), nullable=False),
)  # fmt: skip
