"""Enrolled displays and requests for enrolment. Only digests of cookies and codes' secrets are stored."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.access.schema import display, display_enrolment
from ioc.storage.db.dialect import greater_of, insert_statement


@dataclass(frozen=True, slots=True)
class Display:
    """An enrolled display. `allowed_networks`: in CIDR, separated by spaces, "" for any.

    `has_old_cookie`: the cookie before the newest one is still valid.
    """

    key: str
    display_name: str
    page: str
    allowed_networks: str
    cookie_renewed_at: datetime
    enrolled_at: datetime
    enrolled_by: str
    last_seen: datetime
    last_address: str
    revoked_at: datetime | None
    has_old_cookie: bool

    @property
    def version(self) -> str:
        """Differs when what `change` sets differs."""
        return json.dumps([self.display_name, self.page, self.allowed_networks])


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """A display that shows `code` and waits. `display_key`: as which display it was enrolled, "" while it waits."""

    code: str
    address: str
    user_agent: str
    requested_at: datetime
    display_key: str


def request_enrolment(conn: Connection, code: str, digest: str, address: str, user_agent: str, now: datetime) -> bool:
    """Adds a request; False when the code is in use."""
    row = {
        "code": code, "digest": digest, "address": address[:60], "user_agent": user_agent.replace("\x00", "")[:200],
        "requested_ms": to_ms(now), "display_key": "",
    }  # fmt: skip
    inserted = (
        insert_statement(conn, display_enrolment)
        .values(row)
        .on_conflict_do_nothing()
        .returning(display_enrolment.c.code)
    )
    return conn.execute(inserted).first() is not None


def list_requests(conn: Connection) -> list[EnrolmentRequest]:
    """All requests, the newest first."""
    return [
        _enrolment_request(row)
        for row in conn.execute(select(display_enrolment).order_by(display_enrolment.c.requested_ms.desc()))
    ]


def get_request(conn: Connection, code: str) -> EnrolmentRequest | None:
    """The request with that code."""
    row = conn.execute(select(display_enrolment).where(display_enrolment.c.code == code)).first()
    return None if row is None else _enrolment_request(row)


def get_request_by_digest(conn: Connection, digest: str) -> EnrolmentRequest | None:
    """The request whose secret has that digest."""
    row = conn.execute(select(display_enrolment).where(display_enrolment.c.digest == digest)).first()
    return None if row is None else _enrolment_request(row)


def delete_request(conn: Connection, code: str) -> None:
    """Deletes the request with that code."""
    conn.execute(delete(display_enrolment).where(display_enrolment.c.code == code))


def grant_request(conn: Connection, code: str, key: str) -> bool:
    """Grants the request as display `key`; False when it was granted before or does not exist."""
    waiting = update(display_enrolment).where(display_enrolment.c.code == code, display_enrolment.c.display_key == "")
    return conn.execute(waiting.values(display_key=key)).rowcount == 1


def end_request(conn: Connection, key: str) -> None:
    """Deletes the request of a display that has its cookie, or gets none any more."""
    conn.execute(delete(display_enrolment).where(display_enrolment.c.display_key == key))


def sweep_requests(conn: Connection, before: datetime) -> None:
    """Deletes requests made before that moment."""
    conn.execute(delete(display_enrolment).where(display_enrolment.c.requested_ms < to_ms(before)))


def add(conn: Connection, key: str, digest: str, now: datetime, enrolled_by: str, **fields: str) -> bool:
    """Adds a display, replacing a revoked one of that key; False when the key is in use."""
    conn.execute(delete(display).where(display.c.key == key, display.c.revoked_ms.is_not(None)))
    ms = to_ms(now)
    row = {
        "key": key, "cookie_digest": digest, "old_cookie_digest": "", "cookie_renewed_ms": ms, "enrolled_ms": ms,
        "last_seen_ms": ms, "enrolled_by": enrolled_by[:60], **fields,
    }  # fmt: skip
    added = insert_statement(conn, display).values(row).on_conflict_do_nothing().returning(display.c.key)
    return conn.execute(added).first() is not None


def get_by_digest(conn: Connection, digest: str) -> tuple[Display, bool] | None:
    """The display with that cookie digest, also a revoked one; and whether that is its newest cookie."""
    matches = or_(display.c.cookie_digest == digest, display.c.old_cookie_digest == digest)
    row = conn.execute(select(display).where(matches)).first()
    return None if row is None else (_display(row), row.cookie_digest == digest)


def get(conn: Connection, key: str) -> Display | None:
    """The display of that key."""
    row = conn.execute(select(display).where(display.c.key == key)).first()
    return None if row is None else _display(row)


def list_all(conn: Connection) -> list[Display]:
    """All displays, the revoked ones last."""
    order = (func.coalesce(display.c.revoked_ms, 0), display.c.display_name)
    return [_display(row) for row in conn.execute(select(display).order_by(*order))]


def renew_cookie(conn: Connection, key: str, digest: str, old_digest: str, now: datetime) -> None:
    """Sets a new cookie. The old one stays valid until the display shows the new one."""
    cookies = {"cookie_digest": digest, "old_cookie_digest": old_digest, "cookie_renewed_ms": to_ms(now)}
    conn.execute(update(display).where(display.c.key == key).values(cookies))


def confirm_cookie(conn: Connection, digest: str) -> None:
    """Invalidates the old cookie: the display has shown its new one."""
    conn.execute(update(display).where(display.c.cookie_digest == digest).values(old_cookie_digest=""))


def record_use(conn: Connection, key: str, address: str, now: datetime) -> None:
    """Notes when and from where the display was used; a clock that was set back makes no use an earlier one."""
    last_seen = greater_of(display.c.last_seen_ms, to_ms(now))
    conn.execute(update(display).where(display.c.key == key).values(last_seen_ms=last_seen, last_address=address[:60]))


def change(conn: Connection, key: str, **fields: str) -> None:
    """Sets display_name, page or allowed_networks."""
    conn.execute(update(display).where(display.c.key == key).values(fields))


def revoke(conn: Connection, key: str, now: datetime) -> bool:
    """Revokes the display, also a cookie that it has not collected; False when it was revoked or does not exist."""
    end_request(conn, key)
    valid = update(display).where(display.c.key == key, display.c.revoked_ms.is_(None))
    return conn.execute(valid.values(revoked_ms=to_ms(now), old_cookie_digest="")).rowcount == 1


def _display(row: Row[Any]) -> Display:
    return Display(
        row.key, row.display_name, row.page, row.allowed_networks, from_ms(row.cookie_renewed_ms),
        from_ms(row.enrolled_ms), row.enrolled_by, from_ms(row.last_seen_ms), row.last_address,
        from_optional_ms(row.revoked_ms), row.old_cookie_digest != "",
    )  # fmt: skip


def _enrolment_request(row: Row[Any]) -> EnrolmentRequest:
    return EnrolmentRequest(row.code, row.address, row.user_agent, from_ms(row.requested_ms), row.display_key)
