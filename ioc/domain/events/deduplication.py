"""Event deduplication: reports of one event by several sources, matched by a shared id, or by place and time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

from ioc.domain.base.severity import RANK, Severity
from ioc.domain.events.event import Event

EARTH_RADIUS_METRES = 6_371_000.0


@dataclass(frozen=True, slots=True)
class DeduplicationRule:
    """When two events of a kind are the same; `facts`: names of facts that must be equal where both have them."""

    kind: str
    max_metres: float
    max_time_apart: timedelta
    facts: tuple[str, ...] = ()


def is_duplicate(event: Event, other: Event, rules: Iterable[DeduplicationRule]) -> bool:
    """Whether two events of different sources are the same event."""
    if event.kind != other.kind or event.is_drill is not other.is_drill:
        return False
    if event.shared_id and other.shared_id:
        return event.shared_id == other.shared_id
    return any(_matches_rule(event, other, rule) for rule in rules if rule.kind == event.kind)


def _matches_rule(event: Event, other: Event, rule: DeduplicationRule) -> bool:
    if event.area is None or other.area is None:
        return False
    started, other_started = event.started or event.observed, other.started or other.observed
    return (
        abs(started - other_started) <= rule.max_time_apart
        and distance_metres(event.area.lon, event.area.lat, other.area.lon, other.area.lat) <= rule.max_metres
        and all(_values_agree(event.facts.get(name), other.facts.get(name)) for name in rule.facts)
    )


def _values_agree(value: str | None, other: str | None) -> bool:
    return value is None or other is None or value.casefold() == other.casefold()


def distance_metres(lon: float, lat: float, lon_other: float, lat_other: float) -> float:
    """The great-circle distance of two points in degrees, by the haversine formula."""
    phi, phi_other = radians(lat), radians(lat_other)
    haversine = sin((phi_other - phi) / 2) ** 2 + cos(phi) * cos(phi_other) * sin(radians(lon_other - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * asin(min(1.0, sqrt(haversine)))


def conflicting_fields(reports: Sequence[Event]) -> tuple[str, ...]:
    """The fields in which two reports of the same event disagree: of stage, severity, due and closed.

    A field that one report does not have is no conflict; NORMAL counts as no severity.
    """
    if len(reports) == 1:
        return ()
    names = ("stage", "severity", "due", "closed")
    return tuple(name for name in names if len({getattr(one, name) for one in reports} - {None, Severity.NORMAL}) > 1)


def most_severe(reports: Sequence[Event]) -> Event:
    """The report with the highest severity; of equals the first."""
    return max(reports, key=_severity_rank)


def is_equally_severe(event: Event, other: Event) -> bool:
    """Whether two reports have the same severity."""
    return _severity_rank(event) == _severity_rank(other)


def _severity_rank(report: Event) -> tuple[int, bool]:
    return RANK[report.severity], report.is_severe


_MERGED_FIELDS = (
    "title", "source_status", "text", "started", "due", "closed", "expires", "area", "link", "shared_id", "replaces",
)  # fmt: skip


def merge_reports(reports: Sequence[Event]) -> Event:
    """One event from its reports, by their order alone, whatever their times.

    A field that the first report does not have comes from the next one that has it. The severity, and the issuer's word
    for it, come from the most severe report.
    """
    first = reports[0]
    if len(reports) == 1:  # nearly always: of 5,000 events the rest of this took 0.1 s
        return first.with_units(first.places) if first.places else first
    worst = most_severe(reports)
    facts = {name: value for report in reversed(reports) for name, value in report.facts.items()}
    if "severity" in worst.facts:
        facts["severity"] = worst.facts["severity"]
    fields = {
        name: next(filter(None, (getattr(report, name) for report in reports)), getattr(first, name))
        for name in _MERGED_FIELDS
    }
    units = next(filter(None, (report.unit_codes for report in reports)), ())
    return replace(first, severity=worst.severity, facts=facts, **fields).with_units(units)
