"""The same thing told by two sources: recognised by a declared key, or by kind, place and time within limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations
from math import asin, cos, radians, sin, sqrt

from ioc.domain.base.severity import RANK, Severity
from ioc.domain.events.event import Event

_EARTH_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class DeduplicationRule:
    """How alike events of one kind must be to be one thing; `facts` must agree where both have them."""

    kind: str
    max_metres: float
    max_time_apart: timedelta
    facts: tuple[str, ...] = ()


def is_duplicate(one: Event, other: Event, rules: Iterable[DeduplicationRule]) -> bool:
    """Whether two events of different sources are the same thing."""
    if one.kind != other.kind or one.is_drill is not other.is_drill:
        return False
    if one.shared_id and other.shared_id:
        return one.shared_id == other.shared_id
    return any(_matches_rule(one, other, rule) for rule in rules if rule.kind == one.kind)


def _matches_rule(one: Event, other: Event, rule: DeduplicationRule) -> bool:
    if one.area is None or other.area is None:
        return False
    begun, begun_other = one.started or one.observed, other.started or other.observed
    return (
        abs(begun - begun_other) <= rule.max_time_apart
        and distance_metres(one.area.lon, one.area.lat, other.area.lon, other.area.lat) <= rule.max_metres
        and all(_values_agree(one.facts.get(name), other.facts.get(name)) for name in rule.facts)
    )


def _values_agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.casefold() == other.casefold()


def distance_metres(lon: float, lat: float, lon_other: float, lat_other: float) -> float:
    """The distance between two points on the ground."""
    up, up_other = radians(lat), radians(lat_other)
    half = sin((up_other - up) / 2) ** 2 + cos(up) * cos(up_other) * sin(radians(lon_other - lon) / 2) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(half)))


def conflicting_fields(reports: Sequence[Event]) -> tuple[str, ...]:
    """The names of what any two tellings of the same thing disagree on: stage, severity, due, closed.

    What one does not tell is no disagreement; who rates nothing has NORMAL for its severity.
    """
    names = ("stage", "severity", "due", "closed")
    return tuple(name for name in names if any(_differs(name, *two) for two in combinations(reports, 2)))


def _differs(name: str, one: Event, other: Event) -> bool:
    here, there = getattr(one, name), getattr(other, name)
    return here != there and not {here, there} & {None, Severity.NORMAL}


def most_severe(reports: Sequence[Event]) -> Event:
    """The telling that asks for eyes the most; of equals the first."""
    return max(reports, key=_severity_rank)


def is_equally_severe(one: Event, other: Event) -> bool:
    """Whether one telling asks for eyes as much as another."""
    return _severity_rank(one) == _severity_rank(other)


def _severity_rank(one: Event) -> tuple[int, bool]:
    return RANK[one.severity], one.is_severe


def merge_reports(reports: Sequence[Event]) -> Event:
    """One thing as its tellings have it, by their order alone, whenever each was told: what the first does not tell
    comes from the next that does; the severity, and what its issuer calls it, from the gravest.
    """  # fmt: skip
    first, worst = reports[0], most_severe(reports)
    facts = {name: value for one in reversed(reports) for name, value in one.facts.items()}
    if "severity" in worst.facts:
        facts["severity"] = worst.facts["severity"]
    names = (
        "title",
        "source_status",
        "text",
        "started",
        "due",
        "closed",
        "expires",
        "area",
        "link",
        "shared_id",
        "replaces",
    )
    told = {name: next(filter(None, (getattr(one, name) for one in reports)), getattr(first, name)) for name in names}
    units = next(filter(None, (one.unit_codes for one in reports)), ())
    return replace(first, severity=worst.severity, facts=facts, **told).with_units(units)
