"""What a handler of the city is asked, and an answer that is no JSON."""

from collections.abc import Mapping
from typing import NamedTuple

from simulator.city import SimulatedFeed


class SimulatedRequest(NamedTuple):
    """A question: times are told `shift` seconds too late, everything `copies` times; `base` is the feed's address."""

    feed: SimulatedFeed
    seed: int
    now: float
    shift: float
    copies: int
    base: str
    path: str
    query: Mapping[str, str]


class SimulatedResponse(NamedTuple):
    """An answer as it goes out."""

    body: bytes
    content_type: str  # its content type


class PathNotFoundError(LookupError):
    """Nothing lies at the path."""
