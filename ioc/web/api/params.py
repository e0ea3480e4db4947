"""The parameters of an API call: bounded, checked, and refused in clear sentences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.base.times import parse_time
from ioc.web.errors.json_errors import both

LONGEST = timedelta(days=3700)
POINTS = (2, 5000)
_MOST = 200  # characters of a value
# "+07:00" typed into an address arrives as " 07:00".
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")


class Refusal(Exception):
    """The call cannot be answered. `error`: a short word; the sentence is message `api.<key>`."""

    def __init__(self, status: int, error: str, key: str, **parts: object) -> None:
        super().__init__(key)
        self.status, self.error = status, error
        self.detail = both(f"api.{key}", **parts)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, and at most how many points."""

    start: datetime
    end: datetime
    points: int


def known(given: Mapping[str, str], *names: str) -> None:
    """Refuses a parameter that is none of `names`, and one that is too long."""
    for key, value in given.items():
        if key not in names:
            raise _bad("unknown_parameter", name=key[:40], known=", ".join(names) or "–")
        if len(value) > _MOST:
            raise _bad("too_long", name=key)


def moment(given: Mapping[str, str], key: str) -> datetime | None:
    """The parameter as an aware time, None where it is not given; a zone-less one is the city's."""
    text = given.get(key, "").strip()
    if not text:
        return None
    try:
        return parse_time(_LOST_PLUS.sub(r"+\1", text) if "T" in text else text)
    except (ValueError, OverflowError):
        raise _bad("bad_time", name=key) from None


def past(given: Mapping[str, str], now: datetime) -> datetime | None:
    """The moment `luc` that is asked for, None for now."""
    at = moment(given, "luc")
    if at is not None and at > now + timedelta(minutes=1):
        raise _bad("future", name="luc")
    return at


def span(given: Mapping[str, str], now: datetime) -> Span:
    """`from`, `to` and `points`: the last 24 hours in 500 points unless said otherwise."""
    end = moment(given, "to") or now
    try:
        start = moment(given, "from") or end - timedelta(hours=24)
    except OverflowError:
        raise _bad("bad_span", days=LONGEST.days) from None
    if not start < end or end - start > LONGEST:
        raise _bad("bad_span", days=LONGEST.days)
    return Span(start, end, _points(given.get("points", "500")))


def _points(text: str) -> int:
    low, high = POINTS
    if not (text.isascii() and text.isdigit() and len(text) < 8 and low <= int(text) <= high):
        raise _bad("bad_points", low=low, high=high)
    return int(text)


def _bad(key: str, **parts: object) -> Refusal:
    return Refusal(400, "bad-parameter", key, **parts)
