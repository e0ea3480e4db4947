"""The tables of access. No secret stands in them: of each there is a digest, or its cipher."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from ioc.storage.db.schema import big_serial, metadata

account = Table(
    "account", metadata,
    Column("id", big_serial(), primary_key=True), Column("name", String(60), nullable=False, unique=True),
    Column("display_name", String(200), nullable=False), Column("roles", String(200), nullable=False),
    Column("agency", String(120), nullable=False),
    Column("password_hash", Text, nullable=False),  # argon2id, "" for none
    Column("one_time_until_ms", BigInteger),  # until when the password is valid, if it is a one-time password
    Column("is_one_time_used", Boolean, nullable=False),
    Column("totp_secret", Text, nullable=False),  # enciphered; "" for none
    Column("pending_totp_secret", Text, nullable=False),  # not confirmed by its owner yet
    Column("last_totp_step", BigInteger, nullable=False),  # the last one that was used
    Column("is_mfa_required", Boolean, nullable=False),  # also of users who log in through OIDC
    Column("oidc_subject", String(400), nullable=False),  # "issuer|subject", "" for none
    Column("created_ms", BigInteger, nullable=False), Column("last_used_ms", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger), Column("disabled_reason", String(40), nullable=False),
    Column("last_login_ms", BigInteger), Column("last_login_address", String(60), nullable=False),
    Column("failed_logins", Integer, nullable=False),  # since the last login
    sqlite_autoincrement=True,  # the number of a deleted account is never given to another
)  # fmt: skip
_WITH_SUBJECT = text("oidc_subject <> ''")
Index(
    "account_oidc_subject", account.c.oidc_subject, unique=True,
    sqlite_where=_WITH_SUBJECT, postgresql_where=_WITH_SUBJECT,
)  # fmt: skip

recovery_code = Table(
    "recovery_code", metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), primary_key=True), Column("used_ms", BigInteger),
)  # fmt: skip

session = Table(
    "session", metadata,
    Column("id", big_serial(), primary_key=True), Column("digest", String(64), nullable=False, unique=True),
    Column("account_id", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False), Column("last_active_ms", BigInteger, nullable=False),
    Column("address", String(60), nullable=False), Column("user_agent", String(200), nullable=False),
    Column("has_second_factor", Boolean, nullable=False),  # given here or to the OIDC provider
    # What was known of the account when it began; unfamiliar: which of address, browser were new to it.
    Column("previous_login_ms", BigInteger), Column("previous_address", String(60), nullable=False),
    Column("failed_logins", Integer, nullable=False),
    Column("unfamiliar", String(40), nullable=False),
    Index("session_account", "account_id"),
    sqlite_autoincrement=True,
)  # fmt: skip

known_login = Table(  # addresses and browsers of earlier logins
    "known_login", metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), primary_key=True), Column("value", String(200), primary_key=True),
    Column("last_seen_ms", BigInteger, nullable=False),
    Index("known_login_value", "value", "kind"),
)  # fmt: skip

pending_login = Table(  # the password was right, the second factor is outstanding
    "pending_login", metadata,
    Column("digest", String(64), primary_key=True), Column("account_id", BigInteger, nullable=False),
    Column("address", String(60), nullable=False), Column("user_agent", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)  # fmt: skip

login_attempt = Table(  # failures in a row, by account (digest of the name as typed) and by address
    "login_attempt", metadata,
    Column("key_kind", String(20), primary_key=True), Column("key_digest", String(64), primary_key=True),
    Column("failures", Integer, nullable=False), Column("last_ms", BigInteger, nullable=False),
    Column("locked_until_ms", BigInteger, nullable=False),
)  # fmt: skip

display = Table(
    "display", metadata,
    Column("key", String(60), primary_key=True), Column("display_name", String(200), nullable=False),
    Column("page", String(200), nullable=False),
    Column("allowed_networks", String(400), nullable=False),  # CIDR, separated by spaces; "" for any
    Column("cookie_digest", String(64), nullable=False, unique=True),
    Column("cookie_renewed_ms", BigInteger, nullable=False),
    Column("old_cookie_digest", String(64), nullable=False),  # valid until the new one is shown
    Column("enrolled_ms", BigInteger, nullable=False), Column("enrolled_by", String(60), nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False), Column("last_address", String(60), nullable=False),
    Column("revoked_ms", BigInteger),
    Index("display_old_cookie", "old_cookie_digest"),
)  # fmt: skip

display_enrolment = Table(
    "display_enrolment", metadata,
    Column("code", String(12), primary_key=True), Column("digest", String(64), nullable=False, unique=True),
    Column("address", String(60), nullable=False), Column("user_agent", String(200), nullable=False),
    Column("requested_ms", BigInteger, nullable=False), Column("display_key", String(60), nullable=False),
)  # fmt: skip

api_key = Table(
    "api_key", metadata,
    Column("key", String(60), primary_key=True), Column("display_name", String(200), nullable=False),
    Column("scopes", String(200), nullable=False), Column("allowed_networks", String(400), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False), Column("created_by", String(60), nullable=False),
    Column("last_seen_ms", BigInteger), Column("last_address", String(60), nullable=False),
    Column("revoked_ms", BigInteger),
)  # fmt: skip

audit_entry = Table(
    "audit_entry", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # without a gap
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(60), nullable=False), Column("actor_kind", String(20), nullable=False),
    Column("action", String(60), nullable=False), Column("target", Text, nullable=False),
    Column("before", Text, nullable=False), Column("after", Text, nullable=False),
    Column("address", String(60), nullable=False), Column("result", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail_hash", String(64), nullable=False),  # of the entry in audit_detail, "" for none
    Column("hash", String(64), nullable=False),
    Index("audit_entry_at", "at_ms"), Index("audit_entry_actor", "actor", "id"),
    Index("audit_entry_action", "action", "id"),
    Index("audit_entry_address", "address", "id"), Index("audit_entry_result", "result", "id"),
)  # fmt: skip

TARGET_ORDER_LENGTH = 100  # PostgreSQL refuses an index entry beyond 2.7 kB
audit_search = Table(  # actor and target of each entry, folded: narrow rows, which a search for words reads quickly
    "audit_search", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", Text, nullable=False), Column("target", Text, nullable=False),
    Column("target_order", String(TARGET_ORDER_LENGTH), nullable=False),  # the beginning of the target
    Index("audit_search_target", "target_order", "id"),
    sqlite_with_rowid=False,
)  # fmt: skip

audit_detail = Table(  # the salt keeps a detail from being guessed by its hash
    "audit_detail", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False), Column("body", Text, nullable=False),
)  # fmt: skip

audit_chain_end = Table(  # "first": the last purged entry; "last": the newest entry
    "audit_chain_end", metadata,
    Column("position", String(10), primary_key=True), Column("id", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip
