"""Briefings (giao ban): an append-only log of acts, from which each follows."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, exists, func, not_, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.directives.briefing import (
    Briefing,
    BriefingAct,
    BriefingEvent,
    BriefingFields,
    BriefingSubject,
    Conclusion,
    SubjectKind,
    fold_briefing,
)
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.directives.schema import directive_briefing_event

_E = directive_briefing_event.c
_NO_CONCLUSION = '"conclusion":' + orjson.dumps(Conclusion()).decode()  # in a body, as `append` writes it


def append(conn: Connection, event: BriefingEvent) -> BriefingEvent:
    """Appends an act; returns it with its number."""
    row = {
        "briefing": event.briefing, "known_ms": to_ms(event.at), "act": event.act.value, "actor": event.actor,
        "position": event.position, "on_behalf_of": event.on_behalf_of, "item": event.item,
        "body": orjson.dumps(event.stated, option=orjson.OPT_SORT_KEYS).decode(),
    }  # fmt: skip
    inserted = directive_briefing_event.insert().returning(_E.id)
    return replace(event, id=int(conn.execute(inserted, row).scalar_one()))


def find_briefing(conn: Connection, key: str) -> Briefing | None:
    """The briefing of that key as it is now."""
    query = select(directive_briefing_event).where(_E.briefing == key).order_by(_E.id)
    return fold_briefing(_read(row) for row in conn.execute(query))


def count_briefings(conn: Connection) -> int:
    """How many were ever opened."""
    opened = select(func.count()).select_from(directive_briefing_event).where(_E.act == BriefingAct.OPEN.value)
    return int(conn.execute(opened).scalar_one())


def newest_briefings(conn: Connection, limit: int) -> list[Briefing]:
    """The briefings that were opened last, the newest first."""
    opened = select(_E.briefing).where(_E.act == BriefingAct.OPEN.value).order_by(_E.id.desc()).limit(limit)
    return _briefings(conn, conn.execute(opened).scalars().all())


def open_briefings(conn: Connection) -> list[Briefing]:
    """Those that have not ended, the oldest first."""
    ended = select(_E.briefing).where(_E.act == BriefingAct.END.value)
    opened = select(_E.briefing).where(_E.act == BriefingAct.OPEN.value, _E.briefing.not_in(ended)).order_by(_E.id)
    return _briefings(conn, conn.execute(opened).scalars().all())


def awaiting_notice(conn: Connection) -> list[Briefing]:
    """Those that ended with conclusions which no document holds yet, the oldest first: drafts of the Office."""
    return _briefings(conn, conn.execute(_awaiting().order_by(_E.id)).scalars().all())


def count_awaiting_notice(conn: Connection) -> int:
    """How many briefings `awaiting_notice` has, without reading them."""
    return int(conn.execute(select(func.count()).select_from(_awaiting().subquery())).scalar_one())


def _awaiting() -> Select[Any]:
    """Keys of those that have ended with a conclusion, as `Briefing.awaits_notice`, by their events of the end."""
    later = directive_briefing_event.alias()
    same_item = (later.c.briefing == _E.briefing, later.c.item == _E.item, later.c.id > _E.id)
    is_replaced = exists().where(*same_item, later.c.act.in_([BriefingAct.CONCLUDE.value, BriefingAct.REMOVE.value]))
    is_empty = _E.body.contains(_NO_CONCLUSION, autoescape=True)
    concluded = select(_E.briefing).where(_E.act == BriefingAct.CONCLUDE.value, not_(is_empty), not_(is_replaced))
    entered = select(_E.briefing).where(_E.act == BriefingAct.ENTER.value)
    is_ended = _E.act == BriefingAct.END.value
    return select(_E.briefing).where(is_ended, _E.briefing.not_in(entered), _E.briefing.in_(concluded))


def _briefings(conn: Connection, keys: Sequence[str]) -> list[Briefing]:
    query = select(directive_briefing_event).where(_E.briefing.in_(keys)).order_by(_E.id)
    acts = dict[str, list[BriefingEvent]]()
    for row in conn.execute(query):
        acts.setdefault(row.briefing, []).append(_read(row))
    found = (fold_briefing(acts.get(key, ())) for key in keys)
    return [briefing for briefing in found if briefing is not None]


@reads_records
def read_fields(text: str) -> BriefingFields:
    """What a body states."""
    body = json.loads(text)
    day, subject, conclusion = body["day"], body["subject"], body["conclusion"]
    return BriefingFields(
        date.fromisoformat(day) if day else None, _subject(subject) if subject else None,
        Conclusion(**conclusion) if conclusion else None, body["document"],
    )  # fmt: skip


def _subject(body: dict[str, Any]) -> BriefingSubject:
    kind, at, proposed = SubjectKind(body["kind"]), datetime.fromisoformat(body["at"]), Conclusion(**body["proposed"])
    return BriefingSubject(**body | {"kind": kind, "at": at, "proposed": proposed})


def _read(row: Row[Any]) -> BriefingEvent:
    return BriefingEvent(
        row.id, row.briefing, BriefingAct(row.act), from_ms(row.known_ms), row.actor, row.position, row.on_behalf_of,
        row.item, read_fields(row.body),
    )  # fmt: skip
