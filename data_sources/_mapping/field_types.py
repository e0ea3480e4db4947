"""Field types of options, each validated with the configuration."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from data_sources._mapping.expressions import validate_expression
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.units import canonical_unit
from ioc.domain.ingest.parsing import placeholders


def _validate_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise ConfigValueError(OptionCode.UNKNOWN_TIME_ZONE, zone=text) from None
    return text


def _validate_unit(text: str) -> str:
    return canonical_unit(text) if text else text


def _validate_template(text: str) -> str:
    for placeholder in placeholders(text):
        validate_expression(placeholder)
    return text


def _validate_time_format(text: str) -> str:
    if text not in ("iso", "unix", "unix_ms") and "%" not in text:
        raise ConfigValueError(OptionCode.INVALID_TIME_FORMAT)
    return text


def _boolean_as_word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value  # pydantic would make 1 of true


Zone = Annotated[str, AfterValidator(_validate_zone)]
UnitName = Annotated[str, AfterValidator(_validate_unit)]  # "": as the answer or the series says
Expression = Annotated[str, AfterValidator(validate_expression)]  # JMESPath, "" for none
Template = Annotated[str, AfterValidator(_validate_template)]  # holes are JMESPath on the item: "speed-{code}"
MissingValue = Annotated[float | str, BeforeValidator(_boolean_as_word)]  # a number or a word that means "no value"
TimeFormat = Annotated[str, AfterValidator(_validate_time_format)]
