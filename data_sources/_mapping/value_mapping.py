"""Where one of several values of an item is, with its unit."""

from typing import Annotated

from pydantic import Field

from data_sources._mapping.field_types import Expression, UnitName
from data_sources._mapping.options import RowOptions
from ioc.domain.base.option_errors import ConfigValueError, OptionCode


class ValueMapping(RowOptions):
    """One of several values of an item. Without a unit of its own it has the unit of the mapping.

    With both, `unit` is that of values for which `unit_path` finds nothing.
    """

    path: Annotated[Expression, Field(min_length=1)]
    unit: UnitName = ""
    unit_path: Expression = ""


def expand_value(value: object) -> object:
    """A path alone, as the options of the ValueMapping that it stands for."""
    if isinstance(value, int | float):
        raise ConfigValueError(OptionCode.VALUES_NOT_NUMBERS)
    return {"path": value} if isinstance(value, str) else value
