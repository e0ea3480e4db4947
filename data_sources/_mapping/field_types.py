"""Field types of options, each validated with the configuration."""

import re
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from data_sources._mapping.expressions import validate_expression
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.units import canonical_unit
from ioc.domain.ingest.parsing import fill_placeholders, placeholders
from ioc.domain.ingest.pattern_zone import states_impossible_offset
from ioc.domain.ingest.periods import PERIOD_FORMATS

_ANY_TIME = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)


def _validate_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise ConfigValueError(OptionCode.UNKNOWN_TIME_ZONE, zone=text) from None
    return text


def _validate_unit(text: str) -> str:
    return canonical_unit(text) if text else text


def _validate_template(text: str) -> str:
    if set("{}") & set(fill_placeholders(text, lambda _: "x")):
        raise ConfigValueError(OptionCode.UNPAIRED_BRACE, template=text)
    for placeholder in placeholders(text):
        validate_expression(placeholder)
    return text


def _validate_time_format(text: str) -> str:
    return text if text in ("iso", "unix", "unix_ms", *PERIOD_FORMATS) else _validate_time_pattern(text)


def _validate_time_pattern(text: str) -> str:
    """`text`, when it is empty or a pattern that reads back a time that it has written, at least its year."""
    try:
        if text:
            if "%" not in text:
                raise ValueError
            time = datetime.strptime(_ANY_TIME.strftime(text), text)  # noqa: DTZ007 — the zone is not used
            if time.year != _ANY_TIME.year:  # a time of day alone is read as one of 1900
                raise ValueError
            hours = {"H", "I", "p"} & set(re.findall("%(.)", text))
            if hours & {"I", "p"} and hours != {"I", "p"}:  # strptime would ignore %p, or read the afternoon as morning
                raise ConfigValueError(OptionCode.HALF_DAY_CLOCK, pattern=text)
            if states_impossible_offset(text):
                raise ConfigValueError(OptionCode.IMPOSSIBLE_OFFSET, pattern=text)
    except ConfigValueError:
        raise
    except (ValueError, re.error):  # re.error: a directive that stands twice
        raise ConfigValueError(OptionCode.INVALID_TIME_FORMAT, pattern=text) from None
    return text


def _boolean_as_word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value  # pydantic would make 1 of true


Zone = Annotated[str, AfterValidator(_validate_zone)]
UnitName = Annotated[str, AfterValidator(_validate_unit)]  # "": as the answer or the series says
Expression = Annotated[str, AfterValidator(validate_expression)]  # JMESPath, "" for none
Template = Annotated[str, AfterValidator(_validate_template)]  # holes are JMESPath on the item: "speed-{code}"
MissingValue = Annotated[float | str, BeforeValidator(_boolean_as_word)]  # a number or a word that means "no value"
TimeFormat = Annotated[str, Field(min_length=1), AfterValidator(_validate_time_format)]
TimePattern = Annotated[str, AfterValidator(_validate_time_pattern)]  # strptime, "" for none
