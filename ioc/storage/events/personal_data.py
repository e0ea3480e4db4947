"""Personal data of events, kept apart from them: far more is of events that have ended."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Event
from ioc.storage.db.dialect import KEYS_PER_QUERY, upsert
from ioc.storage.db.schema import event_personal
from ioc.storage.events.rows import json_text

_P = event_personal.c


def save(conn: Connection, source: str, events: Iterable[Event], known_at: datetime) -> None:
    """Keep what events of a source came with; one without leaves what is kept of it."""
    rows: list[dict[str, Any]] = [
        {"source": source, "key": event.key, "body": json_text(dict(event.personal)), "known_ms": to_ms(known_at)}
        for event in events
        if event.personal
    ]
    upsert(conn, event_personal, rows)


def read(conn: Connection, source: str, key: str) -> Mapping[str, str]:
    """The personal data of an event; empty when there is none, or when it is deleted. Check the permission first."""
    body = conn.execute(select(_P.body).where(_P.source == source, _P.key == key)).scalar()
    return json.loads(body) if body else {}


def kept_for(conn: Connection, events: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of `events`, by source and key, of which personal data is kept."""
    by_source, found = defaultdict[str, list[str]](list), set[tuple[str, str]]()
    for source, key in events:
        by_source[source].append(key)
    for source, keys in by_source.items():
        for start in range(0, len(keys), KEYS_PER_QUERY):
            these = select(_P.key).where(_P.source == source, _P.key.in_(keys[start : start + KEYS_PER_QUERY]))
            found |= {(source, key) for key in conn.execute(these).scalars()}
    return found
