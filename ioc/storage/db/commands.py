"""Commands that were done, by idempotency key: one that is sent twice is done once, and both get the same answer.

The transaction that does a command claims its key before it does anything, and keeps the answer at its end. So nothing
is kept of a command that failed, and the second of two at once waits for the first.
"""

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, delete, select

from ioc.domain.base.failure import ErrorCode, FailureError
from ioc.domain.base.times import to_ms
from ioc.storage.db.dialect import insert_statement
from ioc.storage.db.schema import metadata

FORM_LIFETIME = timedelta(minutes=10)  # of the key of a form: a second press, or a browser that sends again
_MAX_KEY = 120  # characters
done_command = Table(
    "done_command", metadata,
    Column("actor", String(120), primary_key=True), Column("key", String(_MAX_KEY), primary_key=True),
    Column("known_ms", BigInteger, nullable=False), Column("until_ms", BigInteger),  # None: kept for ever
    Column("fingerprint", String(64), nullable=False), Column("answer", Text, nullable=False),
)  # fmt: skip


class CommandCode(ErrorCode):
    """Why a command was not done. Texts: components/messages/errors/command.toml."""

    KEY_REUSED = "command.key_reused"


class CommandError(FailureError):
    """The key belongs to another command."""


def claim(
    conn: Connection, actor: str, key: str, content: object, now: datetime, lifetime: timedelta | None = None
) -> str | None:
    """The answer to the command that `actor` did under `key`; None for a new one, whose answer `keep_answer` keeps.

    `content`: what the command says, as JSON. `key`: "" for a command that may be done again. `lifetime`: how long the
    key is known, None for ever. CommandError (KEY_REUSED) where the key belongs to another content.
    """
    if not key:
        return None
    column = done_command.c
    conn.execute(delete(done_command).where(column.actor == actor, column.until_ms < to_ms(now)))
    row = {
        "actor": actor, "key": _stored_key(key), "known_ms": to_ms(now),
        "until_ms": to_ms(now + lifetime) if lifetime else None, "fingerprint": _fingerprint(content), "answer": "",
    }  # fmt: skip
    claimed = insert_statement(conn, done_command).values(row).on_conflict_do_nothing().returning(column.key)
    if conn.execute(claimed).first() is not None:
        return None
    return find_answer(conn, actor, key, content)


def find_answer(conn: Connection, actor: str, key: str, content: object) -> str | None:
    """The answer to the command that `actor` did under `key`; None where none is known. CommandError: see `claim`."""
    column = done_command.c
    query = select(column.fingerprint, column.answer).where(column.actor == actor, column.key == _stored_key(key))
    stored = conn.execute(query).first()
    if stored is None:
        return None
    if stored.fingerprint != _fingerprint(content):
        raise CommandError(CommandCode.KEY_REUSED)
    return str(stored.answer)


def keep_answer(conn: Connection, actor: str, key: str, answer: str) -> None:
    """Keeps the answer to the command whose key this transaction has claimed."""
    column = done_command.c
    is_key = column.key == _stored_key(key)
    conn.execute(done_command.update().where(column.actor == actor, is_key).values(answer=answer))


def _fingerprint(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _stored_key(key: str) -> str:
    """The key, of a longer one its digest: a sender may name any."""
    return key if len(key) <= _MAX_KEY else hashlib.sha256(key.encode()).hexdigest()
