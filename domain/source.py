"""A source of readings: what it is, how often it is asked, and which series it may bring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.text import Text


@dataclass(frozen=True, slots=True)
class Series:
    """One line of values over time. `unit` is the unit kept; `low`..`high` the plausible range in it."""

    key: str
    name: Text
    unit: str
    low: float = float("-inf")
    high: float = float("inf")
    place: str = ""  # code of the commune-level unit, "" for the whole city
    station: str = ""  # key of the map point that it belongs to, "" for none
    keep: str = "normal"  # retention class


@dataclass(frozen=True, slots=True)
class Source:
    """A row of sources.yaml, checked. `fingerprint` changes whenever the row does."""

    key: str
    name: Text
    protocol: str
    address: str
    every: timedelta
    deadline: timedelta
    age_limit: timedelta
    owner: str
    licence: str
    simulated: bool
    enabled: bool
    fingerprint: str
    hosts: tuple[str, ...] = ()  # hosts that a redirect or a next-link may lead to, besides the address's own
    series: tuple[Series, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)  # validated by its protocol

    def wanted(self) -> Mapping[str, Series]:
        """Its series by key."""
        return {one.key: one for one in self.series}
