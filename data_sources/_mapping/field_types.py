"""Kinds of values that options hold, each checked when the configuration is."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from data_sources._mapping.expressions import compiles
from ioc.domain.base.units import known
from ioc.domain.ingest.parsing import holes


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"{text!r} is no time zone; right would be Asia/Ho_Chi_Minh or UTC") from None
    return text


def _unit(text: str) -> str:
    return known(text) if text else text


def _template(text: str) -> str:
    for hole in holes(text):
        compiles(hole)
    return text


def _time_form(text: str) -> str:
    if text not in ("iso", "unix", "unix_ms") and "%" not in text:
        raise ValueError("time_format is iso, unix, unix_ms or a pattern such as %H:%M:%S %d/%m/%Y")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
UnitName = Annotated[str, AfterValidator(_unit)]  # "": as the answer or the series says
Expression = Annotated[str, AfterValidator(compiles)]  # JMESPath, "" for none
Template = Annotated[str, AfterValidator(_template)]  # holes are JMESPath on the item: "speed-{code}"
TimeForm = Annotated[str, AfterValidator(_time_form)]
