"""Parameters and bodies of requests to the API: parsed, bounded, and rejected with a code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request

from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import replace_lone_surrogates
from ioc.domain.base.times import parse_moment
from ioc.web.errors.codes import ApiCode
from ioc.web.errors.request_error import RequestError
from ioc.web.json_values import has_more_values

MAX_PERIOD = timedelta(days=3700)
POINTS_RANGE = (2, 5000)
_MAX_VALUE_LENGTH = 200  # characters
_MAX_QUOTED_NAME = 40  # characters of an unknown name that are quoted
MAX_VALUES = 120_000  # of a body: 500 tasks with 200 coordinating agencies each have some 110,000
_MAX_MEMBERS = 100  # of an object: a schema collects an error for each that it does not know


class ApiError(RequestError):
    """A request that cannot be answered."""

    def __init__(self, code: ApiCode, /, **params: Parameter) -> None:
        super().__init__(Failure(code, params))


@dataclass(frozen=True, slots=True)
class ReadingsRange:
    """The period of a request for readings, and the largest number of points."""

    start: datetime
    end: datetime
    points: int


def query_params(*names: str) -> Mapping[str, str]:
    """The parameters of the request. ApiError for one that is none of `names`, is given twice, or has too long a value.

    Of two values, proxies and programs take the one or the other.
    """
    for key, values in request.args.lists():
        if key not in names:
            known = ", ".join(names) or "–"
            raise ApiError(ApiCode.UNKNOWN_PARAMETER, name=key[:_MAX_QUOTED_NAME], known=known)
        if len(values) > 1:
            raise ApiError(ApiCode.DOUBLED_NAME, name=key)
        if "\0" in values[0]:  # PostgreSQL cannot look it up
            raise ApiError(ApiCode.BAD_REQUEST)
        if len(values[0]) > _MAX_VALUE_LENGTH:
            raise ApiError(ApiCode.VALUE_TOO_LONG, name=key)
    return request.args.to_dict()


def json_body(body: bytes) -> bytes:
    """The JSON of `body` with lone surrogates replaced by U+FFFD, which no parser of ours reads.

    ApiError where an object has a name twice (RFC 8259, 4): readers differ in which value counts; for too many values.
    """
    if has_more_values(body, MAX_VALUES):
        raise ApiError(ApiCode.TOO_MANY_VALUES, limit=MAX_VALUES)

    def check_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(pairs) > _MAX_MEMBERS:
            raise ApiError(ApiCode.BAD_REQUEST)
        members: dict[str, object] = {}
        for name, value in pairs:
            if name in members:
                raise ApiError(ApiCode.DOUBLED_NAME, name=name[:_MAX_QUOTED_NAME])
            members[name] = value
        return members

    try:
        text = json.dumps(json.loads(body, object_pairs_hook=check_pairs), ensure_ascii=False)
    except (ValueError, RecursionError):
        raise ApiError(ApiCode.BAD_REQUEST) from None
    replaced = replace_lone_surrogates(text)
    return body if replaced == text else replaced.encode()


def time_param(params: Mapping[str, str], key: str) -> datetime | None:
    """The parameter as an aware time, None where it is absent; city time where no zone is named. ApiError."""
    try:
        return parse_moment(params.get(key, ""))
    except ValueError:
        raise ApiError(ApiCode.BAD_TIME, name=key) from None


def as_of(params: Mapping[str, str], now: datetime) -> datetime | None:
    """The moment `luc`, None for the present. ApiError."""
    moment = time_param(params, "luc")
    if moment is not None and moment > now:
        raise ApiError(ApiCode.FUTURE_TIME, name="luc")
    return moment


def readings_range(params: Mapping[str, str], now: datetime) -> ReadingsRange:
    """`from`, `to` and `points`; by default the last 24 hours in 500 points. ApiError."""
    end = time_param(params, "to") or now
    try:
        start = time_param(params, "from") or end - timedelta(hours=24)
    except OverflowError:
        raise ApiError(ApiCode.BAD_PERIOD, days=MAX_PERIOD.days) from None
    if not start < end or end - start > MAX_PERIOD:
        raise ApiError(ApiCode.BAD_PERIOD, days=MAX_PERIOD.days)
    return ReadingsRange(start, end, _points(params.get("points", "500")))


def _points(text: str) -> int:
    low, high = POINTS_RANGE
    if not (text.isascii() and text.isdigit() and len(text) < 8 and low <= int(text) <= high):
        raise ApiError(ApiCode.BAD_POINTS, low=low, high=high)
    return int(text)
