"""Which stored events of a cell may match a new one, all compared at once: near in place and time, with no other facts.

One by one that takes a hundred times as long: thousands of near but different events would hold up the store.
"""

from collections.abc import Mapping, Sequence
from math import cos, pi, radians, sin
from typing import Any

import numpy as np

from ioc.domain.base.times import to_ms
from ioc.domain.events.deduplication import EARTH_RADIUS_METRES, DeduplicationRule
from ioc.domain.events.event import Area, Event

_MARGIN_METRES, _MARGIN_MS = 0.001, 1.0  # above what rounding changes: `is_duplicate` decides
_ANY, _OTHER = -1, -2  # codes of a fact: of an event without it; of a value that no stored event of the cell has
_Codes = dict[str, int]


class NearCandidates:
    """The places, times and facts of events, in their order."""

    def __init__(
        self, areas: Sequence[Area], times_ms: Sequence[int], facts: Sequence[Mapping[str, str]], names: Sequence[str]
    ) -> None:
        self._points = np.array([_point(area) for area in areas])
        self._times = np.array(times_ms, dtype=np.float64)
        self._codes: dict[str, _Codes] = {name: {} for name in names}  # of each fact: value, without case -> code
        self._facts = {name: np.array([self._add_code(name, one) for one in facts]) for name in names}

    def _add_code(self, name: str, facts: Mapping[str, str]) -> int:
        value, codes = facts.get(name), self._codes[name]
        return _ANY if value is None else codes.setdefault(value.casefold(), len(codes))

    def possible(self, event: Event, rules: Sequence[DeduplicationRule], limit: int) -> list[tuple[int, int]]:
        """The nearest `limit` events that match `event`, which has an area, by place, time and facts.

        Distance in cm and position of each, in this order.
        """
        assert event.area is not None
        offsets = self._points - _point(event.area)
        squares = np.einsum("ij,ij->i", offsets, offsets)
        apart = np.abs(self._times - to_ms(event.started or event.observed))
        matches = np.zeros(len(self._times), dtype=bool)
        for rule in rules:
            is_near = (squares <= _chord(rule.max_metres) ** 2) & (
                apart <= rule.max_time_apart.total_seconds() * 1000 + _MARGIN_MS
            )
            for name in rule.facts:
                if (value := event.facts.get(name)) is not None:
                    code = self._codes[name].get(value.casefold(), _OTHER)
                    is_near &= (self._facts[name] == code) | (self._facts[name] == _ANY)
            matches |= is_near
        found = np.nonzero(matches)[0]
        distances = np.rint(100 * np.sqrt(squares[found])).astype(np.int64)
        nearest = np.lexsort((found, distances))[:limit]
        return [(int(distances[n]), int(found[n])) for n in nearest]


def _point(area: Area) -> Any:
    """The place in metres from the earth's centre."""
    phi, theta = radians(area.lat), radians(area.lon)
    return EARTH_RADIUS_METRES * np.array((cos(phi) * cos(theta), cos(phi) * sin(theta), sin(phi)))


def _chord(metres: float) -> float:
    """The straight way between two places that are `metres` apart over the surface, and a margin."""
    return 2 * EARTH_RADIUS_METRES * sin(min(metres / (2 * EARTH_RADIUS_METRES), pi / 2)) + _MARGIN_METRES
