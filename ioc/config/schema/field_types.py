"""Types of the fields of the yaml files' rows."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, LiteralString

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ioc.config.row_codes import ID_PATTERN, MAX_ID_LENGTH, TEMPLATE_PATTERN, RowCode
from ioc.config.written_number import WrittenFloat
from ioc.domain.base.option_errors import ConfigValueError
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.base.units import canonical_unit
from ioc.domain.directives.document_checks import FIRST_YEAR, LAST_YEAR
from ioc.domain.kpis.kpi import Target

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_TARGET = re.compile(r"(>=|<=|≥|≤)\s*(-?\d+(?:\.\d+)?)")
_EACH = re.compile(r"units|stations\([a-z0-9-]+\)")
_ID = re.compile(rf"[a-z0-9-]{{1,{MAX_ID_LENGTH}}}")
_DIGITS_ONLY = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_SECRET = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
MAX_DURATION = timedelta(days=400)
_SHOWN = 40  # characters of a wrong value that a fault repeats


def _parse_duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ConfigValueError(RowCode.NOT_A_DURATION, value=str(value)[:_SHOWN])
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not 0 < seconds <= MAX_DURATION.total_seconds():
        raise ConfigValueError(RowCode.DURATION_OUT_OF_RANGE, value=str(value)[:_SHOWN])
    return timedelta(seconds=seconds)


def parse_target(value: object) -> object:
    """The Target of a text such as ">= 95". ConfigValueError when it is none."""
    match = _TARGET.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ConfigValueError(RowCode.NOT_A_TARGET, value=str(value)[:_SHOWN])
    return Target(">=" if match[1] in (">=", "≥") else "<=", float(match[2]))


def secret_name(reference: str) -> str:
    """The name in "${NAME}", "" for "". ConfigValueError for a secret itself."""
    match = _SECRET.fullmatch(reference)
    if reference and match is None:
        raise ConfigValueError(RowCode.SECRET_IN_FILE)
    return match[1] if match else ""


def as_bilingual(value: object) -> object:
    """A bare text is Vietnamese. A number or a date where a text is meant is reported as such."""
    return {"vi": value} if isinstance(value, str | int | float | date) else value


def _coerce_text(value: object) -> object:
    """yaml reads 31135 and 1.0 as numbers where a word is meant, and 1.10 as 1.1, which is another word."""
    if isinstance(value, WrittenFloat):
        return value.text
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _check_rising(bounds: tuple[float, float]) -> tuple[float, float]:
    if not bounds[0] < bounds[1]:
        raise ConfigValueError(RowCode.RANGE_NOT_RISING, low=f"{bounds[0]:g}", high=f"{bounds[1]:g}")
    return bounds


def _parse_each(value: object) -> object:
    if value is None or (isinstance(value, str) and _EACH.fullmatch(value)):
        return value
    if isinstance(value, list) and value and all(_ID.fullmatch(str(_coerce_text(item))) for item in value):
        return [str(item) for item in value]
    raise ConfigValueError(RowCode.NOT_REPEATABLE, value=str(value)[:_SHOWN])


def _refuse_number(error_type: LiteralString) -> BeforeValidator:
    """yaml reads 20261124 as a number, which pydantic would take for seconds since 1970; so a text of digits."""

    def refuse(value: object) -> object:
        if isinstance(value, int | float) or (isinstance(value, str) and _DIGITS_ONLY.fullmatch(value.strip())):
            raise PydanticCustomError(error_type, "a number is neither a day nor a time")
        return value

    return BeforeValidator(refuse)


def _check_year(day: date) -> date:
    """What commands take, so that a later sum of days stays within the calendar."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ConfigValueError(
            RowCode.DAY_OUT_OF_RANGE, value=str(day)[:_SHOWN], first=str(FIRST_YEAR), last=str(LAST_YEAR)
        )
    return day


def _in_utc(moment: datetime) -> datetime:
    """A time without a zone is the city's."""
    _check_year(moment)
    return (moment if moment.tzinfo else moment.replace(tzinfo=CITY_ZONE)).astimezone(UTC)


Day = Annotated[date, _refuse_number("date_type"), AfterValidator(_check_year)]
Moment = Annotated[datetime, _refuse_number("datetime_type"), AfterValidator(_in_utc)]
Duration = Annotated[
    timedelta,
    BeforeValidator(_parse_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$"}),
]
Word = Annotated[str, BeforeValidator(_coerce_text), Field(max_length=300)]
Id = Annotated[str, BeforeValidator(_coerce_text), Field(pattern=ID_PATTERN, max_length=MAX_ID_LENGTH)]
Unit = Annotated[str, AfterValidator(canonical_unit)]
Template = Annotated[str, Field(pattern=TEMPLATE_PATTERN, max_length=MAX_ID_LENGTH)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
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
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
