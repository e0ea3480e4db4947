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
class Twins:
    """How alike events of one kind must be to be one thing; `facts` must agree where both have them."""

    kind: str
    metres: float
    within: timedelta
    facts: tuple[str, ...] = ()


def alike(one: Event, other: Event, rules: Iterable[Twins]) -> bool:
    """Whether two events of different sources are the same thing."""
    if one.kind != other.kind or one.drill is not other.drill:
        return False
    if one.same and other.same:
        return one.same == other.same
    return any(_near(one, other, rule) for rule in rules if rule.kind == one.kind)


def _near(one: Event, other: Event, rule: Twins) -> bool:
    if one.area is None or other.area is None:
        return False
    begun, begun_other = one.started or one.observed, other.started or other.observed
    return (
        abs(begun - begun_other) <= rule.within
        and metres(one.area.lon, one.area.lat, other.area.lon, other.area.lat) <= rule.metres
        and all(_agree(one.facts.get(name), other.facts.get(name)) for name in rule.facts)
    )


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.casefold() == other.casefold()


def metres(lon: float, lat: float, lon_other: float, lat_other: float) -> float:
    """The distance between two points on the ground."""
    up, up_other = radians(lat), radians(lat_other)
    half = sin((up_other - up) / 2) ** 2 + cos(up) * cos(up_other) * sin(radians(lon_other - lon) / 2) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(half)))


def differences(tellings: Sequence[Event]) -> tuple[str, ...]:
    """The names of what any two tellings of the same thing disagree on: stage, severity, due, closed.

    What one does not tell is no disagreement; who rates nothing has NORMAL for its severity.
    """
    names = ("stage", "severity", "due", "closed")
    return tuple(name for name in names if any(_apart(name, *two) for two in combinations(tellings, 2)))


def _apart(name: str, one: Event, other: Event) -> bool:
    here, there = getattr(one, name), getattr(other, name)
    return here != there and not {here, there} & {None, Severity.NORMAL}


def gravest(tellings: Sequence[Event]) -> Event:
    """The telling that asks for eyes the most; of equals the first."""
    return max(tellings, key=_gravity)


def as_grave(one: Event, other: Event) -> bool:
    """Whether one telling asks for eyes as much as another."""
    return _gravity(one) == _gravity(other)


def _gravity(one: Event) -> tuple[int, bool]:
    return RANK[one.severity], one.grave


def together(tellings: Sequence[Event]) -> Event:
    """One thing as its tellings have it, by their order alone, whenever each was told: what the first does not tell
    comes from the next that does; the severity, and what its issuer calls it, from the gravest.
    """  # fmt: skip
    first, worst = tellings[0], gravest(tellings)
    facts = {name: value for one in reversed(tellings) for name, value in one.facts.items()}
    if "severity" in worst.facts:
        facts["severity"] = worst.facts["severity"]
    names = ("title", "word", "text", "started", "due", "closed", "expires", "area", "link", "same", "replaces")
    told = {name: next(filter(None, (getattr(one, name) for one in tellings)), getattr(first, name)) for name in names}
    units = next(filter(None, (one.units for one in tellings)), ())
    return replace(first, severity=worst.severity, facts=facts, **told).within(units)
