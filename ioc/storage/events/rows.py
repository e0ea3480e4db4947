"""Events as rows and back, and the current rows of a source: what queries select by is in columns, the rest is JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_

from ioc.domain.base.severity import Severity
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms, to_optional_ms
from ioc.domain.events.event import Area, Event, EventStage
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import event_current

_TIMES = ("started", "due", "closed", "expires")


def current_rows(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, LogRow]:
    """The current rows of a source's events by key."""
    rows: dict[str, LogRow] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        query = select(event_current).where(
            event_current.c.source == source, event_current.c.key.in_(keys[start : start + KEYS_PER_QUERY])
        )
        rows |= {row["key"]: dict(row) for row in conn.execute(query).mappings()}
    return rows


def is_open_clause(at_ms: int) -> ColumnElement[bool]:
    """That an event is open at that moment, and has not expired."""
    is_unexpired = or_(event_current.c.expires_ms.is_(None), event_current.c.expires_ms > at_ms)
    return and_(event_current.c.stage == EventStage.OPEN, is_unexpired)


def open_drill_marks(conn: Connection, at_ms: int) -> set[tuple[str, bool]]:
    """The sources that have open events, each with whether these are of an exercise; both may be."""
    marks = select(event_current.c.source, event_current.c.is_drill).where(is_open_clause(at_ms))
    return {(source, is_drill) for source, is_drill in conn.execute(marks.distinct())}


def is_open(row: Mapping[str, Any], at_ms: int) -> bool:
    """Whether the event of a row is open at that moment, and has not expired."""
    return row["stage"] == EventStage.OPEN and (row["expires_ms"] is None or row["expires_ms"] > at_ms)


def rows_with_labels(conn: Connection, labels: Iterable[str]) -> Iterator[LogRow]:
    """The current rows of the events with these labels, "source/key"."""
    own_key = event_current.c.source, event_current.c.key
    keys = [tuple(one.split("/", 1)) for one in sorted(labels) if "/" in one]  # all have it, unless a byte was damaged
    for start in range(0, len(keys), KEYS_PER_QUERY):
        is_one = tuple_(*own_key).in_(keys[start : start + KEYS_PER_QUERY])
        for row in conn.execute(select(event_current).where(is_one)).mappings():
            yield dict(row)


def event_to_row(event: Event) -> dict[str, Any]:
    """The columns of `event`, without its source, its known time and its personal data."""
    row = {f"{name}_ms": to_optional_ms(getattr(event, name)) for name in _TIMES}
    return row | {
        "kind": event.kind,
        "key": event.key,
        "observed_ms": to_ms(event.observed),
        "stage": event.stage.value,
        "source_status": event.source_status,
        "unit_code": event.place,
        "unit_codes": "\n".join(event.places),
        # Between line ends and tabs, so that a query finds a name with its value as a whole.
        "facts": "".join(f"\n{name}\t{value}\n" for name, value in sorted(event.facts.items())),
        "body": json_text(_body(event)),
        "shared_id": event.shared_id,
        "is_drill": event.is_drill,
    }


def event_from_row(row: Mapping[str, Any]) -> Event:
    """The event of a row, without its personal data."""
    body = json.loads(row["body"])
    started, due, closed, expires = (from_optional_ms(row[f"{name}_ms"]) for name in _TIMES)
    return Event(
        kind=row["kind"],
        key=row["key"],
        observed=from_ms(row["observed_ms"]),
        title=body["title"],
        stage=EventStage(row["stage"]),
        source_status=row["source_status"],
        severity=Severity(body["severity"]),
        text=body["text"],
        started=started,
        due=due,
        closed=closed,
        expires=expires,
        place=row["unit_code"],
        area=_area(body["area"]),
        link=body["link"],
        shared_id=row["shared_id"],
        replaces=tuple(body["replaces"]),
        facts=_facts(row["facts"]),
        places=parse_units(row["unit_codes"]),
        is_drill=row["is_drill"],
    )


def readable_event(row: Mapping[str, Any]) -> Event | None:
    """The event of a current row, None for one that was damaged: it is left out."""
    return next(readable("event_current", event_from_row, (row,)), None)


def area_from_row(row: Mapping[str, Any]) -> Area | None:
    """The place of the event of a row."""
    return _area(json.loads(row["body"])["area"])


def parse_units(column: str) -> tuple[str, ...]:
    """The unit codes of the column `unit_codes`."""
    return tuple(column.split("\n")) if column else ()


def _area(encoded: list[Any] | None) -> Area | None:
    if encoded is None:
        return None
    lon, lat, rings, radius = encoded
    return Area(lon, lat, tuple(tuple((x, y) for x, y in ring) for ring in rings), radius)


def _facts(text: str) -> dict[str, str]:
    pairs = (line.split("\t", 1) for line in text.split("\n") if line)
    return {name: value for name, value in pairs}  # noqa: C416 — a list of two is no tuple to a type checker


def json_text(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _body(event: Event) -> dict[str, Any]:
    area = event.area
    return {
        "title": event.title, "severity": event.severity.value, "text": event.text, "link": event.link,
        "replaces": list(event.replaces),
        "area": [area.lon, area.lat, [[list(corner) for corner in ring] for ring in area.rings], area.radius_km]
        if area else None,
    }  # fmt: skip
