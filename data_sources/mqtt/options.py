"""The options of an MQTT source."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from data_sources._mapping import MappingOptions, RowOptions, SeriesName, Template, ValueMapping
from data_sources._mapping.path_use import PathUse
from data_sources.mqtt import senml
from data_sources.mqtt.topics import TopicFilter, has_wildcard
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.parsing import placeholders

# The mapping of formats with a fixed shape, for what the row does not give itself.
_RECORD_MAPPING = {"series": "{name}", "value": "value", "time": "time", "time_format": "unix"}
_FORMAT_DEFAULTS: dict[str, dict[str, Any]] = {
    "senml": _RECORD_MAPPING,
    "sparkplug": {**_RECORD_MAPPING, "series": "{path}", "time_format": "unix_ms"},
}
_UNIT_CODES: Mapping[str, Mapping[str, str]] = {"senml": {**senml.UNIT_CODES, "": ""}, "sparkplug": {"": ""}}
UPLINK_ITEMS = "measured"  # where the numbers of an uplink of ChirpStack are found
_UPLINK_MAPPING = {"items": UPLINK_ITEMS, "series": "{deviceInfo.devEui}-{name}", "value": "value"}


def _is_of_record(value: ValueMapping) -> bool:
    return value.path == _RECORD_MAPPING["value"] and not value.unit_path


class LastWill(RowOptions):
    """The topic of a gateway's last will, and the bodies that mean that it is offline.

    `series`: patterns of the series that have no value from then on ("{mqtt.levels[1]}-*"); empty: all of the source.
    """

    topic: TopicFilter
    offline: Annotated[tuple[str, ...], Field(min_length=1)]
    series: tuple[Template, ...] = ()

    @model_validator(mode="after")
    def _validate_series(self) -> Self:
        if has_wildcard(self.topic) and not self.series:
            raise ConfigValueError(OptionCode.SERIES_OF_GATEWAYS)
        return self


class Options(MappingOptions):
    """Topics, format and credentials, and the mapping of a message.

    `receive_maximum`: how many messages a server of MQTT 5 may send before they are committed. `retained`: messages
    without a time that the server has retained, or kept while nobody received, count as of their receipt. `rebirth`:
    ask Sparkplug nodes for their birth message when it is missing.
    """

    topics: Annotated[tuple[TopicFilter, ...], Field(min_length=1, max_length=100)]
    format: Literal["json", "senml", "chirpstack", "sparkplug"] = "json"
    qos: Literal[0, 1] = 1
    user: str = ""
    password: str = ""
    client: Annotated[str, Field(max_length=100)] = ""
    version: Literal["5", "3.1.1"] = "5"
    session: bool = True
    receive_maximum: Annotated[int, Field(ge=1, le=60_000)] = 20_000
    retained: bool = False
    will: LastWill | None = None
    rebirth: bool = False

    @model_validator(mode="after")
    def _validate_events(self) -> Self:
        if self.events is not None and self.events.complete:
            raise ConfigValueError(OptionCode.EVENTS_NOT_WHOLE)
        return self

    @property
    def unit_codes(self) -> Mapping[str, str]:
        """The symbols of SenML. Neither it nor Sparkplug demands a unit."""
        return _UNIT_CODES.get(self.format, {})

    def series_name(self, template: str, lookup: Callable[[str], Any]) -> SeriesName:
        """As everywhere, with {unit} of a SenML record in a text of its own.

        Without {unit} in `template` the unit is part of the name: a device may give one name to several quantities.
        """
        if self.format != "senml":
            return super().series_name(template, lookup)
        series = super().series_name(
            template, lambda name: senml.placeholder_text(lookup(name)) if name == "unit" else lookup(name)
        )
        unit = lookup("unit")
        if "unit" in placeholders(template) or not unit:
            return series
        return series._replace(name=f"{series.name} {unit}", unit=str(unit))

    @cached_property
    def value_mappings(self) -> tuple[tuple[str, ValueMapping], ...]:
        """As everywhere; the value of a record of SenML or Sparkplug has the unit of the record, where it has one."""
        mappings = super().value_mappings
        if self.format not in _FORMAT_DEFAULTS:
            return mappings
        return tuple(
            (template, value.model_copy(update={"unit_path": "unit"}) if _is_of_record(value) else value)
            for template, value in mappings
        )

    @cached_property
    def path_use(self) -> PathUse:
        """As everywhere; formats with names fix the fields of a record, and a record may lack some."""
        return PathUse(()) if self.format in _FORMAT_DEFAULTS else super().path_use

    def column(self, item: Any, path: str) -> str:
        """As everywhere; the records of formats with names are a column for each name."""
        return f"{path} {item.get('name')}" if self.format != "json" else path

    @property
    def is_timeless(self) -> bool:
        """Whether the mapping finds no time in a message."""
        has_timeless_readings = bool(self.value_mappings) and not self.time and not self.page_time
        return has_timeless_readings or (self.events is not None and not self.events.time)

    @property
    def is_partial(self) -> bool:
        """Whether a message has only the values that changed."""
        return self.format in ("json", "chirpstack")

    @model_validator(mode="before")
    @classmethod
    def _apply_format_defaults(cls, row: Any) -> Any:
        """Add the mapping of the format where the row does not give its own."""
        if not isinstance(row, dict):
            return row
        defaults = dict(_FORMAT_DEFAULTS.get(str(row.get("format")), {}))
        if row.get("format") == "chirpstack":
            has_own_mapping = {"value", "values", "events"} & set(row) or {"items", "series"} <= set(row)
            defaults = {"time": "time"} if has_own_mapping else {"time": "time", **_UPLINK_MAPPING}
        elif defaults and row.get("values"):
            defaults = {key: value for key, value in defaults.items() if key not in ("series", "value")}
        return {**defaults, **row}
