"""The first schema: every table, the topics of the change counter and the row of the writer."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Boolean, Double, Integer, LargeBinary, SmallInteger, String, Text

revision = "0001"
down_revision = None
_HOT_ROWS = {"fillfactor": 60}  # rows that change at every poll find room on their own page
_TOPICS = (
    "", "readings", "kpis", "sources", "events", "config", "jobs", "access", "submissions", "host_health", "history",
)  # fmt: skip


def upgrade() -> None:
    """Forward only."""
    _timeseries()
    _logs()
    _events()
    _store()
    _accounts()
    _devices()
    _audit_log()
    op.execute("INSERT INTO writer (id, token, epoch, lease_until_ms) VALUES (1, '', 0, 0)")
    counter = sa.table("change_counter", sa.column("topic"), sa.column("value"), sa.column("known_ms"))
    op.bulk_insert(counter, [{"topic": topic, "value": 0, "known_ms": 0} for topic in _TOPICS])


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


def _bucket_columns() -> list[sa.Column[Any]]:
    return [
        _column("low", Double), _bigint("low_ms"), _column("high", Double), _bigint("high_ms"),
        _column("total", Double), _bigint("count"), _column("first", Double), _bigint("first_ms"),
        _column("last", Double), _bigint("last_ms"), _bigint("received_ms"),
    ]  # fmt: skip


def _kpi_columns() -> list[sa.Column[Any]]:
    return [
        _bigint("known_ms"), _text("state", 20), _bigint("since_ms"), _optional("value", Double), _text("level", 120),
        _text("severity", 20), _column("is_simulated", Boolean), _optional("data_time_ms"),
        _optional("last_value", Double), _optional("change", Double), _bigint("age_limit_ms"), _text("reason"),
        _column("is_phoned", Boolean), _optional("is_target_met", Boolean), _text("expiring_source", 120),
    ]  # fmt: skip


def _source_columns() -> list[sa.Column[Any]]:
    return [
        _bigint("known_ms"), _text("state", 20), _bigint("since_ms"), _optional("last_attempt_ms"),
        _optional("last_success_ms"), _optional("data_time_ms"), _text("last_error"),
        _column("consecutive_failures", Integer), _column("accepted_count", Integer),
        _column("rejected_count", Integer), _text("config_fingerprint", 120), _text("drift"),
        _optional("drift_since_ms"), _column("duplicate_count", Integer), _text("last_drift"),
    ]  # fmt: skip


def _event_columns() -> list[sa.Column[Any]]:
    return [
        _bigint("known_ms"), _text("kind", 60), _bigint("observed_ms"), _text("stage", 20),
        _text("source_status", 120), _text("unit_code", 40), _optional("started_ms"), _optional("due_ms"),
        _optional("closed_ms"), _optional("expires_ms"), _text("facts"), _text("body"), _text("shared_id", 240),
        _column("is_drill", Boolean), _text("duplicate_of", 330), _column("revision", Integer), _text("unit_codes"),
        _bigint("first_reported_ms"),
    ]  # fmt: skip


def _host_health_columns() -> list[sa.Column[Any]]:
    return [
        _bigint("known_ms"), _text("component", 20), _text("severity", 20), _bigint("since_ms"),
        _optional("value", Double), _optional("free_percent", Double), _text("subject", 120), _text("reason", 20),
    ]  # fmt: skip


def _timeseries() -> None:
    op.create_table(
        "series",
        sa.Column("id", Integer, primary_key=True), _column("key", String(120), unique=True), _text("source", 120),
        _text("unit", 40), _text("retention_class", 40), _bigint("raw_since_ms"), _bigint("minutes_since_ms"),
    )  # fmt: skip
    op.create_table(
        "reading",
        _key("observed_ms", BigInteger), _key("series_id", Integer), _optional("value", Double),
        _column("quality", SmallInteger), _bigint("received_ms"), sqlite_with_rowid=False,
    )  # fmt: skip
    where = sa.text("value IS NULL")
    op.create_index(
        "reading_missing", "reading", ["series_id", "observed_ms"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "revision",
        _serial(), _column("series_id", Integer), _bigint("observed_ms"), _optional("value", Double),
        _column("quality", SmallInteger), _bigint("received_ms"), _bigint("replaced_ms"),
    )  # fmt: skip
    op.create_index("revision_series", "revision", ["series_id", "observed_ms"])
    op.create_table(
        "latest",
        _key("series_id", Integer), _bigint("observed_ms"), _optional("value", Double),
        _column("quality", SmallInteger), _bigint("received_ms"), sqlite_with_rowid=False, postgresql_with=_HOT_ROWS,
    )  # fmt: skip
    for level in ("minute", "hour", "day"):
        op.create_table(
            f"rollup_{level}",
            _key("series_id", Integer), _key("bucket_ms", BigInteger), *_bucket_columns(), sqlite_with_rowid=False,
        )  # fmt: skip
    op.create_table(
        "open_bucket",
        _key("series_id", Integer), _key("level", SmallInteger), _bigint("bucket_ms"), *_bucket_columns(),
        sqlite_with_rowid=False, postgresql_with=_HOT_ROWS,
    )  # fmt: skip
    op.create_table("writer", _key("id", Integer), _text("token", 40), _bigint("epoch"), _bigint("lease_until_ms"))


def _logs() -> None:
    op.create_table(
        "kpi_current",
        _key("key", String(120)), _key("unit_code", String(40)), *_kpi_columns(), postgresql_with=_HOT_ROWS,
    )  # fmt: skip
    op.create_table("kpi_log", _serial(), _text("key", 120), _text("unit_code", 40), *_kpi_columns())
    op.create_index("kpi_log_known", "kpi_log", ["key", "unit_code", "known_ms", "id"])
    op.create_table("source_current", _key("source", String(120)), *_source_columns(), postgresql_with=_HOT_ROWS)
    op.create_table("source_log", _serial(), _text("source", 120), *_source_columns())
    op.create_index("source_log_known", "source_log", ["source", "known_ms", "id"])
    op.create_table("host_health_current", _key("key", String(140)), *_host_health_columns())
    op.create_table("host_health_log", _serial(), _text("key", 140), *_host_health_columns())
    op.create_index("host_health_log_known", "host_health_log", ["key", "known_ms", "id"])
    op.create_table(
        "submission_event",
        _serial(), _bigint("known_ms"), _text("obligation", 120), _text("period", 40), _text("event_type", 20),
        _text("actor", 120), _text("agency", 120), _text("channel", 20), _bigint("refers_to"),
        _column("awaits_approval", Boolean), _text("reason"), _text("reported_values"),
    )  # fmt: skip
    op.create_index("submission_event_period", "submission_event", ["obligation", "period", "id"])
    op.create_table(
        "reminder",
        _serial(), _bigint("known_ms"), _text("obligation", 120), _text("period", 40), _text("actor", 120),
        _text("agency", 120), _text("reason"),
    )  # fmt: skip


def _events() -> None:
    op.create_table(
        "event_current",
        _key("source", String(120)), _key("key", String(200)), *_event_columns(), postgresql_with=_HOT_ROWS,
    )  # fmt: skip
    op.create_index("event_current_kind", "event_current", ["source", "kind", "stage"])
    op.create_index("event_current_observed", "event_current", ["stage", "observed_ms"])
    op.create_index("event_current_shared_id", "event_current", ["kind", "shared_id"])
    op.create_table("event_log", _serial(), _text("source", 120), _text("key", 200), *_event_columns())
    op.create_index("event_log_known", "event_log", ["source", "key", "known_ms", "id"])
    op.create_table(
        "event_personal",
        _key("source", String(120)), _key("key", String(200)), _text("body"), _bigint("known_ms"),
    )  # fmt: skip
    op.create_table("event_tombstone", _key("source", String(120)), _key("key", String(200)), _bigint("known_ms"))
    op.create_table(
        "camera_image",
        _key("source", String(120)), _key("key", String(200)), _bigint("taken_ms"), _text("content_type", 40),
        _text("digest", 64), _column("body", LargeBinary),
    )  # fmt: skip
    op.create_table(
        "webhook_message",
        _serial(), _text("source", 120), _bigint("received_ms"), _text("content_type", 120), _text("charset", 40),
        _column("body", LargeBinary), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("webhook_message_source", "webhook_message", ["source", "id"])


def _store() -> None:
    op.create_table(
        "change_counter",
        _key("topic", String(40)), _bigint("value"), _bigint("known_ms"), postgresql_with=_HOT_ROWS,
    )  # fmt: skip
    op.create_table("heartbeat", _key("id", Integer), _bigint("at_ms"))
    op.create_table("config_body", _key("config_hash", String(64)), _text("body"))
    op.create_table("config_log", _serial(), _text("config_hash", 64), _bigint("known_ms"))
    op.create_index("config_log_known", "config_log", ["known_ms", "id"])
    op.create_table("schema_profile", _key("source", String(120)), _text("body"))
    op.create_table(
        "rejected_item",
        _serial(), _text("source", 120), _bigint("received_ms"), _text("location"), _text("code", 120),
        _text("params"), _text("external"), _text("sample"),
    )  # fmt: skip
    op.create_index("rejected_item_source", "rejected_item", ["source", "id"])
    op.create_table(
        "drop_counter",
        _key("reason", String(20)), _key("source", String(120)), _bigint("total"), _bigint("recent"),
        _bigint("recent_since_ms"), _bigint("last_ms"),
    )  # fmt: skip
    op.create_table(
        "job",
        _serial(), _text("kind", 40), _text("params"), _text("key", 200), _text("state", 20), _bigint("created_ms"),
        _optional("started_ms"), _optional("finished_ms"), _text("result"), _text("error"),
        _column("attempts", Integer), _text("owner", 200),
    )  # fmt: skip
    where = sa.text("key <> '' AND state IN ('queued', 'running')")
    op.create_index("job_open", "job", ["key"], unique=True, sqlite_where=where, postgresql_where=where)
    op.create_index("job_state", "job", ["state", "id"])
    op.create_table("backup_log", _serial(), _bigint("at_ms"), _bigint("size"), _text("digest", 64))


def _accounts() -> None:
    op.create_table(
        "account",
        _serial(), _column("name", String(60), unique=True), _text("display_name", 200), _text("roles", 200),
        _text("agency", 120), _text("password_hash"), _optional("one_time_until_ms"),
        _column("is_one_time_used", Boolean), _text("totp_secret"), _text("pending_totp_secret"),
        _bigint("last_totp_step"), _column("is_mfa_required", Boolean), _text("oidc_subject", 400),
        _bigint("created_ms"), _bigint("last_used_ms"), _optional("disabled_ms"), _text("disabled_reason", 40),
        _optional("last_login_ms"), _text("last_login_address", 60), _column("failed_logins", Integer),
        sqlite_autoincrement=True,
    )  # fmt: skip
    where = sa.text("oidc_subject <> ''")
    op.create_index(
        "account_oidc_subject", "account", ["oidc_subject"], unique=True, sqlite_where=where, postgresql_where=where
    )
    op.create_table("recovery_code", _key("account_id", BigInteger), _key("digest", String(64)), _optional("used_ms"))
    op.create_table(
        "session",
        _serial(), _column("digest", String(64), unique=True), _bigint("account_id"), _bigint("created_ms"),
        _bigint("last_active_ms"), _text("address", 60), _text("user_agent", 200),
        _column("has_second_factor", Boolean), _optional("previous_login_ms"), _text("previous_address", 60),
        _column("failed_logins", Integer), _text("unfamiliar", 40), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("session_account", "session", ["account_id"])
    op.create_table(
        "known_login",
        _key("account_id", BigInteger), _key("kind", String(20)), _key("value", String(200)), _bigint("last_seen_ms"),
    )  # fmt: skip
    op.create_index("known_login_value", "known_login", ["value", "kind"])
    op.create_table(
        "pending_login",
        _key("digest", String(64)), _bigint("account_id"), _text("address", 60), _text("user_agent", 200),
        _bigint("created_ms"),
    )  # fmt: skip
    op.create_table(
        "login_attempt",
        _key("key_kind", String(20)), _key("key_digest", String(64)), _column("failures", Integer),
        _bigint("last_ms"), _bigint("locked_until_ms"),
    )  # fmt: skip


def _devices() -> None:
    op.create_table(
        "display",
        _key("key", String(60)), _text("display_name", 200), _text("page", 200), _text("allowed_networks", 400),
        _column("cookie_digest", String(64), unique=True), _bigint("cookie_renewed_ms"),
        _text("old_cookie_digest", 64), _bigint("enrolled_ms"), _text("enrolled_by", 60), _bigint("last_seen_ms"),
        _text("last_address", 60), _optional("revoked_ms"),
    )  # fmt: skip
    op.create_index("display_old_cookie", "display", ["old_cookie_digest"])
    op.create_table(
        "display_enrolment",
        _key("code", String(12)), _column("digest", String(64), unique=True), _text("address", 60),
        _text("user_agent", 200), _bigint("requested_ms"), _text("display_key", 60),
    )  # fmt: skip
    op.create_table(
        "api_key",
        _key("key", String(60)), _text("display_name", 200), _text("scopes", 200), _text("allowed_networks", 400),
        _column("digest", String(64), unique=True), _bigint("created_ms"), _text("created_by", 60),
        _optional("last_seen_ms"), _text("last_address", 60), _optional("revoked_ms"),
    )  # fmt: skip


def _audit_log() -> None:
    op.create_table(
        "audit_entry",
        _key("id", BigInteger), _bigint("at_ms"), _text("actor", 60), _text("actor_kind", 20), _text("action", 60),
        _text("target"), _text("before"), _text("after"), _text("address", 60), _text("result", 20), _text("reason"),
        _text("detail_hash", 64), _text("hash", 64),
    )  # fmt: skip
    op.create_index("audit_entry_action", "audit_entry", ["action", "id"])
    op.create_index("audit_entry_actor", "audit_entry", ["actor", "id"])
    op.create_index("audit_entry_at", "audit_entry", ["at_ms"])
    op.create_table("audit_detail", _key("id", BigInteger), _text("salt", 32), _text("body"))
    op.create_table("audit_chain_end", _key("position", String(10)), _bigint("id"), _text("hash", 64))
