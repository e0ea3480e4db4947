"""An event as a row and back: what is asked for in columns, the rest as JSON."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ioc.domain.base.severity import Severity
from ioc.domain.base.times import from_ms, to_ms, when
from ioc.domain.events.event import Area, Event, Stage

_TIMES = ("started", "due", "closed", "expires")


def packed(event: Event) -> dict[str, Any]:
    """The columns of `event`, without its source, its known time and what is personal."""
    row = {f"{name}_ms": _ms(getattr(event, name)) for name in _TIMES}
    return row | {
        "kind": event.kind,
        "key": cleaned(event.key),
        "observed_ms": to_ms(event.observed),
        "stage": event.stage.value,
        "word": cleaned(event.word),
        "place": event.place,
        "places": cleaned("\n".join(event.places)),
        # Between line ends and tabs, so that a name with its value is found whole.
        "facts": cleaned("".join(f"\n{name}\t{value}\n" for name, value in sorted(event.facts.items()))),
        "body": text_of(_body(event)),
        "same": cleaned(event.same),
        "drill": event.drill,
    }


def event_of(row: Mapping[str, Any]) -> Event:
    """The event of a row."""
    body = json.loads(row["body"])
    started, due, closed, expires = (when(row[f"{name}_ms"]) for name in _TIMES)
    return Event(
        row["kind"], row["key"], from_ms(row["observed_ms"]), body["title"], Stage(row["stage"]), row["word"],
        Severity(body["severity"]), body["text"], started, due, closed, expires, row["place"], _area(body["area"]),
        body["link"], row["same"], tuple(body["replaces"]), _facts(row["facts"]), {}, units_of(row["places"]),
        row["drill"],
    )  # fmt: skip


def units_of(places: str) -> tuple[str, ...]:
    """The codes of the units that a column names."""
    return tuple(places.split("\n")) if places else ()


def _area(held: list[Any] | None) -> Area | None:
    if held is None:
        return None
    lon, lat, rings, radius = held
    return Area(lon, lat, tuple(tuple((x, y) for x, y in ring) for ring in rings), radius)


def _facts(text: str) -> dict[str, str]:
    pairs = (line.split("\t", 1) for line in text.split("\n") if line)
    return {name: value for name, value in pairs}  # noqa: C416 — a list of two is no tuple to a type checker


def text_of(value: Any) -> str:
    """JSON that both databases keep."""
    return cleaned(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _body(event: Event) -> dict[str, Any]:
    area = event.area
    return {
        "title": event.title, "severity": event.severity.value, "text": event.text, "link": event.link,
        "replaces": list(event.replaces),
        "area": [area.lon, area.lat, [[list(corner) for corner in ring] for ring in area.rings], area.radius_km]
        if area else None,
    }  # fmt: skip


def _ms(time: datetime | None) -> int | None:
    return None if time is None else to_ms(time)


def cleaned(given: str) -> str:
    """`given` as it may be kept. Texts come from strangers: PostgreSQL takes neither NUL nor half a surrogate pair."""
    return given.replace("\0", "�").encode("utf-8", "replace").decode()
