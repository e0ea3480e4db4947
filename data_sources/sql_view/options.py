"""The options of a row over another database."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from data_sources._mapping import MappingOptions
from data_sources.sql_view.statement import parameter_names, validate_select
from ioc.domain.base.option_errors import ConfigValueError, OptionCode

SINCE = "since"


class Options(MappingOptions):
    """`query` is one SELECT; each of its rows is an item of the mapping, by the names of its columns.

    `parameters` are the values of the :names in it. `:since` is where the last poll ended, less `overlap_minutes`; at
    first `first_hours` ago.
    """

    query: Annotated[str, Field(max_length=20_000), AfterValidator(validate_select)]
    parameters: dict[str, str | int | float] = {}
    overlap_minutes: int = Field(60, ge=0, le=100_000)
    first_hours: int = Field(24, ge=1, le=10_000)

    @model_validator(mode="after")
    def _validate_parameters(self) -> Self:
        named = set(parameter_names(self.query))
        if lacking := sorted(named - set(self.parameters) - {SINCE}):
            raise ConfigValueError(OptionCode.PARAMETER_MISSING, parameter=lacking[0])
        if idle := sorted(set(self.parameters) - named):
            raise ConfigValueError(OptionCode.PARAMETER_UNUSED, parameter=idle[0])
        return self

    @property
    def is_incremental(self) -> bool:
        """Whether the query asks for what is new."""
        return SINCE in parameter_names(self.query)
