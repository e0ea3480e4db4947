"""Programs of other machines that may read; of each key only its hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.access.schema import api_key
from ioc.storage.db.dialect import insert_statement


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`scopes`: what its key is good for. `range`: networks that it may come from, separated by spaces, "" for any.

    `seen`: when it last came, None for never.
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
    """A new program, in the place of a revoked one of that key if there is one; False when the key is in use."""
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
    """The program whose key has that hash."""
    row = conn.execute(select(api_key).where(api_key.c.digest == digest)).first()
    return None if row is None else _api_key(row)


def list_all(conn: Connection) -> list[ApiKey]:
    """All programs, the revoked ones last."""
    order = (func.coalesce(api_key.c.revoked_ms, 0), api_key.c.display_name)
    return [_api_key(row) for row in conn.execute(select(api_key).order_by(*order))]


def record_use(conn: Connection, key: str, address: str, now: datetime) -> None:
    """It was here."""
    conn.execute(update(api_key).where(api_key.c.key == key).values(last_seen_ms=to_ms(now), last_address=address[:60]))


def revoke(conn: Connection, key: str, now: datetime) -> bool:
    """Whether it was not revoked yet; now it is."""
    stands = update(api_key).where(api_key.c.key == key, api_key.c.revoked_ms.is_(None))
    return conn.execute(stands.values(revoked_ms=to_ms(now))).rowcount == 1


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.key, row.display_name, frozenset(row.scopes.split()), row.allowed_networks, from_ms(row.created_ms),
        row.created_by, from_optional_ms(row.last_seen_ms), row.last_address, from_optional_ms(row.revoked_ms),
    )  # fmt: skip
