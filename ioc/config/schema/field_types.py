"""Kinds of values that the rows of the yaml files hold."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from ioc.domain.kpis.kpi import Target

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_TARGET = re.compile(r"(>=|<=|≥|≤)\s*(-?\d+(?:\.\d+)?)")
_EACH = re.compile(r"units|stations\([a-z0-9-]+\)")
_ID = re.compile(r"[a-z0-9-]{1,100}")
MAX_DURATION = timedelta(days=400)


def _parse_duration(given: object) -> object:
    if isinstance(given, timedelta):
        return given
    match = _DURATION.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f"{str(given)[:40]!r} is no duration: write it as 60s, 10m, 1h or 1d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not 0 < seconds <= MAX_DURATION.total_seconds():
        raise ValueError(f"{given[:40]!r} is outside 1ms..400d" if isinstance(given, str) else "")
    return timedelta(seconds=seconds)


def parse_target(value: object) -> object:
    """A target as it is written: >= 95."""
    match = _TARGET.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'{str(value)[:40]!r} is no target: write it as ">= 95" or "<= 50"')
    return Target(">=" if match[1] in (">=", "≥") else "<=", float(match[2]))


def as_bilingual(value: object) -> object:
    """A bare text is Vietnamese."""
    return {"vi": value} if isinstance(value, str) else value


def _coerce_text(given: object) -> object:
    """yaml reads 31135 and 1.0 as numbers where a word is meant."""
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


def _check_rising(given: tuple[float, float]) -> tuple[float, float]:
    if not given[0] < given[1]:
        raise ValueError("range must be [low, high] with low < high")
    return given


def _parse_each(given: object) -> object:
    if given is None or (isinstance(given, str) and _EACH.fullmatch(given)):
        return given
    if isinstance(given, list) and given and all(_ID.fullmatch(str(_coerce_text(one))) for one in given):
        return [str(one) for one in given]
    raise ValueError(f"{str(given)[:40]!r} is nothing to repeat over: write units, stations(kind) or a list of ids")


Duration = Annotated[
    timedelta,
    BeforeValidator(_parse_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$"}),
]
Word = Annotated[str, BeforeValidator(_coerce_text), Field(max_length=300)]
Id = Annotated[str, BeforeValidator(_coerce_text), Field(pattern=r"^[a-z0-9-]+$", max_length=100)]
Template = Annotated[str, Field(pattern=r"^([a-z0-9-]|\{each\})+$", max_length=100)]
Range = Annotated[tuple[float, float], AfterValidator(_check_rising)]
RepeatOver = Annotated[
    str | list[str] | None,
    PlainValidator(_parse_each),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^(units|stations\([a-z0-9-]+\))$"},
                {"type": "array", "items": {"type": "string", "pattern": "^[a-z0-9-]+$"}, "minItems": 1},
            ]
        }
    ),
]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
