"""The options of a GTFS-Realtime feed."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from data_sources._mapping import LocalTimeOptions, NameOptions, RequestOptions, Template
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.parsing import placeholders


class Options(LocalTimeOptions, RequestOptions, NameOptions):
    """`static`: address of the GTFS zip (may be relative: /gtfs.zip), fetched every `static_hours`.

    `delay`: series of the mean delay in s, placeholder {route}. `vehicles`, `alerts`: the kinds of these events; kinds
    that the row does not declare are left out. `lasting`: seconds for which a vehicle is shown after its position.
    `zone`: of the timetable.
    """

    static: str = ""
    static_hours: int = Field(24, ge=1, le=720)
    delay: Template = ""
    vehicles: str = "vehicle"
    alerts: str = "alert"
    lasting: int = Field(90, ge=10, le=3600)

    @property
    def stated_kinds(self) -> Mapping[tuple[str, ...], str]:
        """Those that the row sets: of the others none needs to be declared."""
        return {(name,): getattr(self, name) for name in ("vehicles", "alerts") if name in self.model_fields_set}

    @model_validator(mode="after")
    def _validate_delay(self) -> Self:
        if unknown := set(placeholders(self.delay)) - {"route"}:
            raise ConfigValueError(OptionCode.DELAY_PLACEHOLDER, placeholder=min(unknown))
        return self
