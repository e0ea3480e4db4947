"""The tables of who may see and do what. No secret stands in them: of each there is a hash, or its cipher."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from ioc.storage.db.schema import big_serial, metadata

account = Table(
    "account", metadata,
    Column("id", big_serial(), primary_key=True), Column("name", String(60), nullable=False, unique=True),
    Column("shown", String(200), nullable=False), Column("roles", String(200), nullable=False),
    Column("agency", String(120), nullable=False),
    Column("password", Text, nullable=False),  # argon2id, "" for none
    Column("once_ms", BigInteger),  # until when the password is good, if it is a one-time one
    Column("once_used", Boolean, nullable=False),
    Column("factor", Text, nullable=False),  # the TOTP secret, enciphered; "" for none
    Column("factor_next", Text, nullable=False),  # one that is not confirmed yet
    Column("factor_step", BigInteger, nullable=False),  # the last one that was used
    Column("asks_factor", Boolean, nullable=False),  # also of whom a provider vouches for
    Column("subject", String(400), nullable=False),  # "issuer|subject" at a provider, "" for none
    Column("created_ms", BigInteger, nullable=False), Column("used_ms", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger), Column("disabled_why", String(40), nullable=False),
    Column("signed_ms", BigInteger), Column("signed_address", String(60), nullable=False, server_default=""),
    Column("missed", Integer, nullable=False, server_default="0"),  # tries since then that came to nothing
)  # fmt: skip
_HAS_SUBJECT = text("subject <> ''")
Index("account_subject", account.c.subject, unique=True, sqlite_where=_HAS_SUBJECT, postgresql_where=_HAS_SUBJECT)

recovery_code = Table(
    "recovery", metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), primary_key=True), Column("used_ms", BigInteger),
)  # fmt: skip

session = Table(
    "session", metadata,
    Column("id", big_serial(), primary_key=True), Column("digest", String(64), nullable=False, unique=True),
    Column("account_id", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False), Column("active_ms", BigInteger, nullable=False),
    Column("address", String(60), nullable=False), Column("agent", String(200), nullable=False),
    Column("factor", Boolean, nullable=False),  # a second factor was shown, here or to a provider
    # What was known of the account when it began; `strange`: which of address, browser was new to it.
    Column("before_ms", BigInteger), Column("before_address", String(60), nullable=False, server_default=""),
    Column("missed", Integer, nullable=False, server_default="0"),
    Column("strange", String(40), nullable=False, server_default=""),
    Index("session_account", "account_id"),
)  # fmt: skip

known_login = Table(  # addresses and browsers that somebody has come from
    "familiar", metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), primary_key=True), Column("value", String(200), primary_key=True),
    Column("seen_ms", BigInteger, nullable=False),
    Index("familiar_value", "value", "kind"),
)  # fmt: skip

pending_login = Table(  # a password was right, the second factor is still to be shown
    "waiting", metadata,
    Column("digest", String(64), primary_key=True), Column("account_id", BigInteger, nullable=False),
    Column("address", String(60), nullable=False), Column("agent", String(200), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)  # fmt: skip

login_attempt = Table(  # failures in a row, by account (a hash of what was typed) and by address
    "attempt", metadata,
    Column("kind", String(20), primary_key=True), Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False), Column("last_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)  # fmt: skip

display = Table(
    "screen", metadata,
    Column("key", String(60), primary_key=True), Column("shown", String(200), nullable=False),
    Column("page", String(200), nullable=False),
    Column("range", String(400), nullable=False),  # CIDR, separated by spaces; "" for any
    Column("digest", String(64), nullable=False, unique=True), Column("renewed_ms", BigInteger, nullable=False),
    Column("old_digest", String(64), nullable=False),  # good until the new one is shown
    Column("enrolled_ms", BigInteger, nullable=False), Column("enrolled_by", String(60), nullable=False),
    Column("seen_ms", BigInteger, nullable=False), Column("address", String(60), nullable=False),
    Column("revoked_ms", BigInteger),
    Index("screen_old", "old_digest"),
)  # fmt: skip

display_enrolment = Table(
    "screen_ask", metadata,
    Column("code", String(12), primary_key=True), Column("digest", String(64), nullable=False, unique=True),
    Column("address", String(60), nullable=False), Column("agent", String(200), nullable=False),
    Column("asked_ms", BigInteger, nullable=False), Column("screen", String(60), nullable=False),
)  # fmt: skip

api_key = Table(
    "program", metadata,
    Column("key", String(60), primary_key=True), Column("shown", String(200), nullable=False),
    Column("scopes", String(200), nullable=False), Column("range", String(400), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("made_ms", BigInteger, nullable=False), Column("made_by", String(60), nullable=False),
    Column("seen_ms", BigInteger), Column("address", String(60), nullable=False), Column("revoked_ms", BigInteger),
)  # fmt: skip

audit_entry = Table(
    "trail", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # without a gap
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String(60), nullable=False), Column("kind", String(20), nullable=False),
    Column("action", String(60), nullable=False), Column("about", Text, nullable=False),
    Column("before", Text, nullable=False), Column("after", Text, nullable=False),
    Column("address", String(60), nullable=False), Column("result", String(20), nullable=False),
    Column("why", Text, nullable=False),
    Column("detail", String(64), nullable=False),  # hash of what stands in trail_detail, "" for nothing
    Column("hash", String(64), nullable=False),
    Index("trail_at", "at_ms"), Index("trail_who", "who", "id"), Index("trail_action", "action", "id"),
)  # fmt: skip

audit_detail = Table(  # what must be erasable; the salt keeps its hash from being guessed once it is gone
    "trail_detail", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False), Column("body", Text, nullable=False),
)  # fmt: skip

audit_chain_end = Table(  # both ends of the chain: "first", the last row that was swept away; "last", the newest
    "trail_end", metadata,
    Column("which", String(10), primary_key=True), Column("id", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip
