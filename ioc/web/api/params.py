"""The parameters of an API call: bounded, checked, and refused in clear sentences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.base.times import parse_time
from ioc.web.errors.json_errors import bilingual

MAX_SPAN = timedelta(days=3700)
POINTS_RANGE = (2, 5000)
_MAX_VALUE_LENGTH = 200  # characters of a value
# "+07:00" typed into an address arrives as " 07:00".
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")


class ApiError(Exception):
    """The call cannot be answered. `error`: a short word; the sentence is message `api.<key>`."""

    def __init__(self, status: int, error: str, key: str, **parts: object) -> None:
        super().__init__(key)
        self.status, self.error = status, error
        self.detail = bilingual(f"api.{key}", **parts)


@dataclass(frozen=True, slots=True)
class ReadingsRange:
    """From when to when, and at most how many points."""

    start: datetime
    end: datetime
    points: int


def reject_unknown(params: Mapping[str, str], *names: str) -> None:
    """Refuses a parameter that is none of `names`, and one that is too long."""
    for key, value in params.items():
        if key not in names:
            raise _bad_parameter("unknown_parameter", name=key[:40], known=", ".join(names) or "–")
        if len(value) > _MAX_VALUE_LENGTH:
            raise _bad_parameter("too_long", name=key)


def time_param(params: Mapping[str, str], key: str) -> datetime | None:
    """The parameter as an aware time, None where it is not given; a zone-less one is the city's."""
    text = params.get(key, "").strip()
    if not text:
        return None
    try:
        return parse_time(_LOST_PLUS.sub(r"+\1", text) if "T" in text else text)
    except (ValueError, OverflowError):
        raise _bad_parameter("bad_time", name=key) from None


def as_of(params: Mapping[str, str], now: datetime) -> datetime | None:
    """The moment `luc` that is asked for, None for now."""
    at = time_param(params, "luc")
    if at is not None and at > now + timedelta(minutes=1):
        raise _bad_parameter("future", name="luc")
    return at


def readings_range(params: Mapping[str, str], now: datetime) -> ReadingsRange:
    """`from`, `to` and `points`: the last 24 hours in 500 points unless said otherwise."""
    end = time_param(params, "to") or now
    try:
        start = time_param(params, "from") or end - timedelta(hours=24)
    except OverflowError:
        raise _bad_parameter("bad_span", days=MAX_SPAN.days) from None
    if not start < end or end - start > MAX_SPAN:
        raise _bad_parameter("bad_span", days=MAX_SPAN.days)
    return ReadingsRange(start, end, _points(params.get("points", "500")))


def _points(text: str) -> int:
    low, high = POINTS_RANGE
    if not (text.isascii() and text.isdigit() and len(text) < 8 and low <= int(text) <= high):
        raise _bad_parameter("bad_points", low=low, high=high)
    return int(text)


def _bad_parameter(key: str, **parts: object) -> ApiError:
    return ApiError(400, "bad-parameter", key, **parts)
