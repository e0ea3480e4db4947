"""A service alert as an event."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from data_sources.gtfs_rt.names import route_id_of
from data_sources.gtfs_rt.text import to_text
from data_sources.gtfs_rt.times import time_of
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import Event, EventMoment

_KEY_PREFIX = "alert:"
_LANGUAGES = ("vi", "", "en")
_MAX_ENTITIES = 200  # of an alert that are named
_SEVERITIES = {3: Severity.ATTENTION, 4: Severity.CRITICAL}  # WARNING, SEVERE


def alert_event(entity: Any, feed_time: datetime, kind: str, names: dict[str, dict[str, str]]) -> Event:
    """The event of an alert. Raises ParseError for a bad time."""
    alert = entity.alert
    start, end = _period(alert.active_period, feed_time)
    title, body = _translation(alert.header_text), _translation(alert.description_text)
    return Event(
        *alert_moment(entity, feed_time, kind), title or body, text=body if title else "", started=start, expires=end,
        severity=_SEVERITIES.get(alert.severity_level, Severity.NORMAL), link=_translation(alert.url),
        facts=_facts(alert, names),
    )  # fmt: skip


def alert_moment(entity: Any, feed_time: datetime, kind: str) -> EventMoment:
    """The alert and the time of its state. Its id may be that of a vehicle too."""
    return EventMoment(kind, _KEY_PREFIX + to_text(entity.id), feed_time)


def _translation(translated: Any) -> str:
    """The text in Vietnamese, else without a language, in English, in any."""
    by_language = {
        to_text(translation.language).partition("-")[0].lower(): to_text(translation.text)
        for translation in reversed(translated.translation)
    }
    return next((by_language[language] for language in (*_LANGUAGES, *by_language) if language in by_language), "")


def _period(periods: Iterable[Any], feed_time: datetime) -> tuple[datetime | None, datetime | None]:
    """Start and end at the feed's time, else of the next period, else of the last; without periods None for both."""
    spans = [(_time(period.start), _time(period.end)) for period in periods]
    not_ended = [span for span in spans if span[1] is None or span[1] > feed_time]
    earliest = datetime.min.replace(tzinfo=UTC)
    if not_ended:
        return min(not_ended, key=lambda span: span[0] or earliest)
    return max(spans, key=lambda span: span[1] or earliest, default=(None, None))


def _time(seconds: int) -> datetime | None:
    return time_of(seconds) if seconds else None


def _facts(alert: Any, names: dict[str, dict[str, str]]) -> dict[str, str]:
    entities = alert.informed_entity[:_MAX_ENTITIES]
    ids = {
        "routes": [to_text(entity.route_id) or route_id_of(entity.trip, names) for entity in entities],
        "stops": [to_text(entity.stop_id) for entity in entities],
    }
    facts = {
        fact: ", ".join(names[fact].get(id_, id_) for id_ in dict.fromkeys(filter(None, ids[fact]))) for fact in ids
    }
    if alert.HasField("effect"):
        facts["effect"] = type(alert).Effect.Name(alert.effect).lower().replace("_", " ")
    return {name: text for name, text in facts.items() if text}
