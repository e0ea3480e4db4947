"""The options of a row over another database."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from data_sources._mapping import MappingOptions
from data_sources.sql_view.statement import columns_compared_with, parameter_names, validate_select
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.periods import PERIOD_FORMATS

SINCE = "since"


class Options(MappingOptions):
    """`query`: one SELECT; each of its rows is an item of the mapping, by the names of its columns.

    `parameters`: the values of its :names. `:since` is filled in by the program: the newest time of the last poll less
    `overlap_minutes`; at the first poll `first_hours` ago, or earlier after a longer stop (after_stop.py).
    """

    query: Annotated[str, Field(max_length=20_000), AfterValidator(validate_select)]
    parameters: dict[str, str | int | float] = {}
    overlap_minutes: int = Field(60, ge=0, le=100_000)
    first_hours: int = Field(24, ge=1, le=10_000)

    @model_validator(mode="after")
    def _validate_parameters(self) -> Self:
        used = set(parameter_names(self.query))
        if missing := sorted(used - set(self.parameters) - {SINCE}):
            raise ConfigValueError(OptionCode.PARAMETER_MISSING, parameter=missing[0])
        if unused := sorted(set(self.parameters) - used):
            raise ConfigValueError(OptionCode.PARAMETER_UNUSED, parameter=unused[0])
        return self

    @model_validator(mode="after")
    def _validate_since(self) -> Self:
        """Texts with the day first, or of periods, are in no order: a comparison with :since would lose rows."""
        is_pattern = self.time_format.startswith("%") and not self.time_format.startswith("%Y")
        if is_pattern or self.time_format in PERIOD_FORMATS:
            for column in columns_compared_with(self.query, SINCE):
                if re.search(rf"\b{column}\b", self.time, re.IGNORECASE):
                    raise ConfigValueError(OptionCode.SINCE_OF_TEXT, column=column, pattern=self.time_format)
        return self

    @model_validator(mode="after")
    def _validate_complete(self) -> Self:
        """A query with :since brings what changed: an event that it does not bring has not ended."""
        if self.is_incremental and self.events and self.events.complete:
            raise ConfigValueError(OptionCode.COMPLETE_WITH_SINCE)
        return self

    @property
    def is_incremental(self) -> bool:
        """Whether the query names :since."""
        return SINCE in parameter_names(self.query)
