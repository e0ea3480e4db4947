"""API keys of other programs. Only the digest of a key is stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.access.schema import api_key
from ioc.storage.db.dialect import greater_of, insert_statement


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key. `scopes`: what it permits. `allowed_networks`: in CIDR, separated by spaces, "" for any.

    `last_seen`: None for never.
    """

    key: str
    display_name: str
    scopes: frozenset[str]
    allowed_networks: str
    created_at: datetime
    created_by: str
    last_seen: datetime | None
    last_address: str
    revoked_at: datetime | None


def add(conn: Connection, key: str, digest: str, now: datetime, created_by: str, **fields: str) -> bool:
    """Adds a key, replacing a revoked one of that name; False when the name is in use."""
    conn.execute(delete(api_key).where(api_key.c.key == key, api_key.c.revoked_ms.is_not(None)))
    row = {
        "key": key,
        "digest": digest,
        "created_ms": to_ms(now),
        "created_by": created_by[:60],
        "last_address": "",
    } | fields
    added = insert_statement(conn, api_key).values(row).on_conflict_do_nothing().returning(api_key.c.key)
    return conn.execute(added).first() is not None


def get_by_digest(conn: Connection, digest: str) -> ApiKey | None:
    """The API key with that digest, also a revoked one."""
    row = conn.execute(select(api_key).where(api_key.c.digest == digest)).first()
    return None if row is None else _api_key(row)


def get(conn: Connection, key: str) -> ApiKey | None:
    """The API key of that short name, also a revoked one."""
    row = conn.execute(select(api_key).where(api_key.c.key == key)).first()
    return None if row is None else _api_key(row)


def list_all(conn: Connection) -> list[ApiKey]:
    """All API keys, the revoked ones last."""
    order = (func.coalesce(api_key.c.revoked_ms, 0), api_key.c.display_name)
    return [_api_key(row) for row in conn.execute(select(api_key).order_by(*order))]


def record_use(conn: Connection, key: str, address: str, now: datetime) -> None:
    """Notes when and from where the key was used; a clock that was set back makes no use an earlier one."""
    last_seen = greater_of(api_key.c.last_seen_ms, to_ms(now))
    conn.execute(update(api_key).where(api_key.c.key == key).values(last_seen_ms=last_seen, last_address=address[:60]))


def revoke(conn: Connection, key: str, now: datetime) -> bool:
    """Revokes the key; False when it was revoked already or does not exist."""
    valid = update(api_key).where(api_key.c.key == key, api_key.c.revoked_ms.is_(None))
    return conn.execute(valid.values(revoked_ms=to_ms(now))).rowcount == 1


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.key, row.display_name, frozenset(row.scopes.split()), row.allowed_networks, from_ms(row.created_ms),
        row.created_by, from_optional_ms(row.last_seen_ms), row.last_address, from_optional_ms(row.revoked_ms),
    )  # fmt: skip
