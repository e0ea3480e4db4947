"""Enrolled screens, and those that ask to be; of each secret only its hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from ioc.domain.base.times import from_ms, to_ms, when
from ioc.storage.access.schema import screen, screen_ask
from ioc.storage.db.dialect import inserting


@dataclass(frozen=True, slots=True)
class Screen:
    """`range`: networks that it may come from, separated by spaces, "" for any. `renewed`: since when its cookie is.

    `old`: the cookie before is good, too.
    """

    key: str
    shown: str
    page: str
    range: str
    renewed: datetime
    enrolled: datetime
    enrolled_by: str
    seen: datetime
    address: str
    revoked: datetime | None
    old: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """A screen that shows `code`; `screen`: as what it was enrolled, "" while it waits."""

    code: str
    address: str
    agent: str
    asked: datetime
    screen: str


def ask(conn: Connection, code: str, digest: str, address: str, agent: str, now: datetime) -> bool:
    """Whether the code was free."""
    row = {
        "code": code, "digest": digest, "address": address[:60], "agent": agent.replace("\x00", "")[:200],
        "asked_ms": to_ms(now), "screen": "",
    }  # fmt: skip
    asked = inserting(conn, screen_ask).values(row).on_conflict_do_nothing().returning(screen_ask.c.code)
    return conn.execute(asked).first() is not None


def asking(conn: Connection) -> list[Ask]:
    """Those that wait, the newest first."""
    return [_ask(row) for row in conn.execute(select(screen_ask).order_by(screen_ask.c.asked_ms.desc()))]


def asked(conn: Connection, code: str) -> Ask | None:
    """Who shows that code."""
    row = conn.execute(select(screen_ask).where(screen_ask.c.code == code)).first()
    return None if row is None else _ask(row)


def asked_with(conn: Connection, digest: str) -> Ask | None:
    """Whose secret has that hash."""
    row = conn.execute(select(screen_ask).where(screen_ask.c.digest == digest)).first()
    return None if row is None else _ask(row)


def give_way(conn: Connection, code: str) -> None:
    """It waits no more."""
    conn.execute(delete(screen_ask).where(screen_ask.c.code == code))


def granted(conn: Connection, code: str, key: str) -> bool:
    """Whether it still waited; now it is the screen `key`."""
    waits = update(screen_ask).where(screen_ask.c.code == code, screen_ask.c.screen == "")
    return conn.execute(waits.values(screen=key)).rowcount == 1


def collected(conn: Connection, digest: str) -> bool:
    """Whether it was there; now it is not."""
    return conn.execute(delete(screen_ask).where(screen_ask.c.digest == digest)).rowcount == 1


def sweep(conn: Connection, before: datetime) -> None:
    """Forgets who asked before that moment."""
    conn.execute(delete(screen_ask).where(screen_ask.c.asked_ms < to_ms(before)))


def add(conn: Connection, key: str, digest: str, now: datetime, by: str, **fields: str) -> bool:
    """A new screen, in the place of a revoked one of that key if there is one; False when the key is in use."""
    conn.execute(delete(screen).where(screen.c.key == key, screen.c.revoked_ms.is_not(None)))
    ms = to_ms(now)
    row = {
        "key": key, "digest": digest, "old_digest": "", "renewed_ms": ms, "enrolled_ms": ms, "seen_ms": ms,
        "enrolled_by": by[:60], **fields,
    }  # fmt: skip
    added = inserting(conn, screen).values(row).on_conflict_do_nothing().returning(screen.c.key)
    return conn.execute(added).first() is not None


def found(conn: Connection, digest: str) -> tuple[Screen, bool] | None:
    """The screen whose cookie has that hash, and whether that is its newest cookie."""
    known = or_(screen.c.digest == digest, screen.c.old_digest == digest)
    row = conn.execute(select(screen).where(known)).first()
    return None if row is None else (_screen(row), row.digest == digest)


def get(conn: Connection, key: str) -> Screen | None:
    """The screen of that key."""
    row = conn.execute(select(screen).where(screen.c.key == key)).first()
    return None if row is None else _screen(row)


def listed(conn: Connection) -> list[Screen]:
    """All screens, the revoked ones last."""
    order = (func.coalesce(screen.c.revoked_ms, 0), screen.c.shown)
    return [_screen(row) for row in conn.execute(select(screen).order_by(*order))]


def cookie(conn: Connection, key: str, digest: str, old: str, now: datetime) -> None:
    """A new cookie; the `old` one is good until the new one is shown."""
    fresh = {"digest": digest, "old_digest": old, "renewed_ms": to_ms(now)}
    conn.execute(update(screen).where(screen.c.key == key).values(fresh))


def shown(conn: Connection, digest: str) -> None:
    """The screen has its new cookie: the old one is void."""
    conn.execute(update(screen).where(screen.c.digest == digest).values(old_digest=""))


def seen(conn: Connection, key: str, address: str, now: datetime) -> None:
    """It was here."""
    conn.execute(update(screen).where(screen.c.key == key).values(seen_ms=to_ms(now), address=address[:60]))


def change(conn: Connection, key: str, **fields: str) -> None:
    """Sets shown, page, range."""
    conn.execute(update(screen).where(screen.c.key == key).values(fields))


def revoke(conn: Connection, key: str, now: datetime) -> bool:
    """Whether it was not revoked yet; now it is."""
    stands = update(screen).where(screen.c.key == key, screen.c.revoked_ms.is_(None))
    return conn.execute(stands.values(revoked_ms=to_ms(now), old_digest="")).rowcount == 1


def _screen(row: Row[Any]) -> Screen:
    return Screen(
        row.key, row.shown, row.page, row.range, from_ms(row.renewed_ms), from_ms(row.enrolled_ms), row.enrolled_by,
        from_ms(row.seen_ms), row.address, when(row.revoked_ms),
        row.old_digest != "",
    )  # fmt: skip


def _ask(row: Row[Any]) -> Ask:
    return Ask(row.code, row.address, row.agent, from_ms(row.asked_ms), row.screen)
