"""Request and response of a protocol handler."""

from collections.abc import Mapping
from typing import NamedTuple

from simulator.city import SimulatedFeed


class SimulatedRequest(NamedTuple):
    """A GET request at `now`, seconds since 1970. `base`: address of the feed; `path`: below it.

    Faults: `shift` seconds are added to every time, every item appears `copies` times.
    """

    feed: SimulatedFeed
    seed: int
    now: float
    shift: float
    copies: int
    base: str
    path: str
    query: Mapping[str, str]


class SimulatedResponse(NamedTuple):
    """A response body that is not JSON."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = {}


class PathNotFoundError(LookupError):
    """Nothing exists at the path: answered with 404."""
