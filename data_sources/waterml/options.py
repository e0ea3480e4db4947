"""The options of a source of gauges in WaterML."""

from collections.abc import Mapping
from functools import cached_property

from pydantic import Field

from data_sources._mapping import (
    MissingValue,
    NumberOptions,
    RequestOptions,
    SensorOptions,
    Template,
    UnitName,
    UnitOptions,
    ZoneOptions,
)


class Options(NumberOptions, SensorOptions, UnitOptions, ZoneOptions, RequestOptions):
    """`series`: template with {site}, {site_name}, {variable}, {variable_name}, {statistic}, {method}, {id}. "": site
    and variable, with statistic and method where the answer names them: one variable may have several sensors.

    `suspect`: qualifiers and quality codes of doubtful values; provisional values are not doubtful.
    """

    series: Template = ""
    missing: tuple[MissingValue, ...] = (-999999.0,)
    suspect: tuple[str, ...] = Field(("e", "estimate", "suspect", "poor"), max_length=50)
    unit: UnitName = ""

    def template(self, names: Mapping[str, str]) -> str:
        """The series template for a time series with these names."""
        optional = (f"-{{{name}}}" for name in ("statistic", "method") if names[name])
        return self.series or "{site}-{variable}" + "".join(optional)

    @cached_property
    def suspect_codes(self) -> frozenset[str]:
        """`suspect` in small letters."""
        return frozenset(code.casefold() for code in self.suspect)
