"""The same thing told by two sources: recognised by a declared key, or by kind, place and time within limits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

from domain.event import Event

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


def differences(one: Event, other: Event) -> tuple[str, ...]:
    """The names of what two tellings of the same thing disagree on: stage, severity, due, closed."""
    names = ("stage", "severity", "due", "closed")
    pairs = ((name, getattr(one, name), getattr(other, name)) for name in names)
    return tuple(name for name, here, there in pairs if here != there and None not in (here, there))
