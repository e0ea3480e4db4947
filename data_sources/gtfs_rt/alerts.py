"""A service alert as an event."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from data_sources.gtfs_rt.text import to_text
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import Event

_LANGUAGES = ("vi", "", "en")
_SEVERITIES = {3: Severity.ATTENTION, 4: Severity.CRITICAL}  # WARNING, SEVERE


def alert_event(entity: Any, feed_time: datetime, kind: str, names: dict[str, dict[str, str]]) -> Event:
    """ValueError when a time of it is none."""
    alert = entity.alert
    start, end = _period(alert.active_period, feed_time)
    title, body = _translation(alert.header_text), _translation(alert.description_text)
    return Event(
        kind, to_text(entity.id), feed_time, title or body, text=body if title else "", started=start, expires=end,
        severity=_SEVERITIES.get(alert.severity_level, Severity.NORMAL), link=_translation(alert.url),
        facts=_facts(alert, names),
    )  # fmt: skip


def _translation(translated: Any) -> str:
    """In Vietnamese where it is, else in no named language, in English, in any."""
    found = {
        to_text(one.language).partition("-")[0].lower(): to_text(one.text) for one in reversed(translated.translation)
    }
    return next((found[one] for one in (*_LANGUAGES, *found) if one in found), "")


def _period(periods: Iterable[Any], feed: datetime) -> tuple[datetime | None, datetime | None]:
    """The period that holds at the feed's time, else the next, else the last; none: for as long as it is told."""
    known = [(_time(one.start), _time(one.end)) for one in periods]
    left = [one for one in known if one[1] is None or one[1] > feed]
    first = datetime.min.replace(tzinfo=UTC)
    if left:
        return min(left, key=lambda one: one[0] or first)
    return max(known, key=lambda one: one[1] or first, default=(None, None))


def _time(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _facts(alert: Any, names: dict[str, dict[str, str]]) -> dict[str, str]:
    told = {}
    for fact, table, attribute in (("routes", "routes", "route_id"), ("stops", "stops", "stop_id")):
        ids = dict.fromkeys(filter(None, (to_text(getattr(one, attribute)) for one in alert.informed_entity[:200])))
        told[fact] = ", ".join(names[table].get(one, one) for one in ids)
    if alert.HasField("effect"):
        told["effect"] = type(alert).Effect.Name(alert.effect).lower().replace("_", " ")
    return {name: said for name, said in told.items() if said}
