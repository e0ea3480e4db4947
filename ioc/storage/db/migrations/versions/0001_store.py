"""The first store: readings in the order of time, roll-ups, logs, versions, jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _bucket_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("low_at", sa.BigInteger, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("high_at", sa.BigInteger, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("first", sa.Double, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last", sa.Double, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
    ]


def _kpi_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("known_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("level", sa.String(120), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("data_ms", sa.BigInteger),
        sa.Column("last_value", sa.Double),
        sa.Column("change", sa.Double),
        sa.Column("age_limit_ms", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    ]


def _health_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("known_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("last_try_ms", sa.BigInteger),
        sa.Column("last_good_ms", sa.BigInteger),
        sa.Column("data_ms", sa.BigInteger),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.String(120), nullable=False),
    ]


def upgrade() -> None:
    """Forward only."""
    _readings()
    _rollups()
    _logs()
    _rest()
    op.execute("INSERT INTO writer (id, token) VALUES (1, '')")
    for topic in ("", "readings", "kpis", "sources", "config", "jobs"):
        op.execute(f"INSERT INTO version (topic, number, known_ms) VALUES ('{topic}', 0, 0)")  # our own words # nosec B608


def _readings() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(120), nullable=False, unique=True),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("keep", sa.String(40), nullable=False),
        sa.Column("swept_ms", sa.BigInteger, nullable=False),
        sa.Column("thinned_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "reading",
        sa.Column("observed_ms", sa.BigInteger, primary_key=True),
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Double),
        sa.Column("quality", sa.SmallInteger, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "reading_none",
        "reading",
        ["series_id", "observed_ms"],
        sqlite_where=sa.text("value IS NULL"),
        postgresql_where=sa.text("value IS NULL"),
    )
    op.create_table(
        "revision",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("series_id", sa.Integer, nullable=False),
        sa.Column("observed_ms", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("quality", sa.SmallInteger, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("replaced_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("revision_series", "revision", ["series_id", "observed_ms"])
    op.create_table(
        "latest",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("observed_ms", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("quality", sa.SmallInteger, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 60},
    )


def _rollups() -> None:
    op.create_table(
        "rollup_minute",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bucket", sa.BigInteger, primary_key=True, autoincrement=False),
        *_bucket_columns(),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_hour",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bucket", sa.BigInteger, primary_key=True, autoincrement=False),
        *_bucket_columns(),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_day",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bucket", sa.BigInteger, primary_key=True, autoincrement=False),
        *_bucket_columns(),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "filling",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("bucket", sa.BigInteger, nullable=False),
        *_bucket_columns(),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 60},
    )
    op.create_table(
        "writer",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("token", sa.String(40), nullable=False),
    )


def _logs() -> None:
    op.create_table(
        "kpi_now",
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("place", sa.String(40), primary_key=True),
        *_kpi_columns(),
        postgresql_with={"fillfactor": 60},
    )
    op.create_table(
        "kpi_log",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        *_kpi_columns(),
    )
    op.create_index("kpi_log_known", "kpi_log", ["key", "place", "known_ms", "id"])
    op.create_table(
        "source_now",
        sa.Column("source", sa.String(120), primary_key=True),
        *_health_columns(),
        postgresql_with={"fillfactor": 60},
    )
    op.create_table(
        "source_log",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("source", sa.String(120), nullable=False),
        *_health_columns(),
    )
    op.create_index("source_log_known", "source_log", ["source", "known_ms", "id"])


def _rest() -> None:
    op.create_table(
        "version",
        sa.Column("topic", sa.String(40), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("known_ms", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": 60},
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "config_body",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "config_log",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("known_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("config_log_known", "config_log", ["known_ms", "id"])
    op.create_table(
        "refused_item",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sample", sa.Text, nullable=False),
    )
    op.create_index("refused_item_source", "refused_item", ["source", "id"])
    op.create_table(
        "job",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("started_ms", sa.BigInteger),
        sa.Column("finished_ms", sa.BigInteger),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_index(
        "job_open",
        "job",
        ["key"],
        unique=True,
        sqlite_where=sa.text("key <> '' AND state IN ('queued', 'running')"),
        postgresql_where=sa.text("key <> '' AND state IN ('queued', 'running')"),
    )
    op.create_index("job_state", "job", ["state", "id"])
