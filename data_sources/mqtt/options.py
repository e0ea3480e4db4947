"""What a row may say about its MQTT source."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from data_sources._mapping import MappingOptions, RowOptions, Template
from data_sources.mqtt.topics import TopicFilter, has_wildcard
from ioc.domain.base.option_errors import ConfigValueError, OptionCode

# What the mapping says where the row does not: these formats say themselves where things lie.
_RECORD_MAPPING = {"series": "{name}", "value": "value", "time": "time", "time_format": "unix"}
_FORMAT_DEFAULTS: dict[str, dict[str, Any]] = {
    "senml": _RECORD_MAPPING,
    "sparkplug": {**_RECORD_MAPPING, "series": "{path}", "time_format": "unix_ms"},
}
_UPLINK_MAPPING = {"items": "measured", "series": "{deviceInfo.devEui}-{name}", "value": "value"}


class LastWill(RowOptions):
    """The topic by which a gateway says that it is gone, and the texts that say so.

    `series`: patterns of the series that then have no value ("{mqtt.levels[1]}-*"); left out: all of the row.
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
    """What is listened to, in which format, as whom; and where the readings lie in a message."""

    topics: Annotated[tuple[TopicFilter, ...], Field(min_length=1, max_length=100)]
    format: Literal["json", "senml", "chirpstack", "sparkplug"] = "json"
    qos: Literal[0, 1] = 1
    user: str = ""
    password: str = ""
    client: Annotated[str, Field(max_length=100)] = ""
    version: Literal["5", "3.1.1"] = "5"
    session: bool = True
    held: Annotated[int, Field(ge=0, le=60_000)] = 8
    retained: bool = False
    will: LastWill | None = None
    rebirth: bool = False

    @model_validator(mode="after")
    def _validate_events(self) -> Self:
        if self.events is not None and self.events.whole:
            raise ConfigValueError(OptionCode.EVENTS_NOT_WHOLE)
        return self

    @property
    def is_timeless(self) -> bool:
        """Whether a message has no time of its own."""
        readings = bool(self.value_mappings) and not self.time and not self.page_time
        return readings or (self.events is not None and not self.events.time)

    @property
    def is_partial(self) -> bool:
        """Whether a message tells what moved and is silent about the rest."""
        return self.format in ("json", "chirpstack")

    @model_validator(mode="before")
    @classmethod
    def _apply_format_defaults(cls, given: Any) -> Any:
        """The mapping that a format brings along, under what the row says itself."""
        if not isinstance(given, dict):
            return given
        added = dict(_FORMAT_DEFAULTS.get(str(given.get("format")), {}))
        if given.get("format") == "chirpstack":
            own = {"series", "value", "values", "events"} & set(given)
            added = {"time": "time"} if own else {"time": "time", **_UPLINK_MAPPING}
        elif added and given.get("values"):
            added = {key: value for key, value in added.items() if key not in ("series", "value")}
        elif added and not given.get("unit"):
            added["unit_path"] = "unit"
        return {**added, **given}
