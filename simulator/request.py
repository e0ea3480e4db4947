"""A request to a handler of the city, and an answer that is not JSON."""

from collections.abc import Mapping
from typing import NamedTuple

from simulator.city import SimulatedFeed


class SimulatedRequest(NamedTuple):
    """A request: times are answered `shift` seconds too late, items `copies` times; `base` is the feed's address."""

    feed: SimulatedFeed
    seed: int
    now: float
    shift: float
    copies: int
    base: str
    path: str
    query: Mapping[str, str]


class SimulatedResponse(NamedTuple):
    """The body of an answer."""

    body: bytes
    content_type: str


class PathNotFoundError(LookupError):
    """There is nothing at the path."""
