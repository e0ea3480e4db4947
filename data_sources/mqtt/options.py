"""What a row may say about its MQTT source."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from data_sources._mapping import MappingOptions, RowOptions, Template
from data_sources.mqtt.topics import Filter, wild

# What the mapping says where the row does not: these formats say themselves where things lie.
_RECORDS = {"series": "{name}", "value": "value", "time": "time", "time_format": "unix"}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "senml": _RECORDS,
    "sparkplug": {**_RECORDS, "series": "{path}", "time_format": "unix_ms"},
}
_UPLINK = {"items": "measured", "series": "{deviceInfo.devEui}-{name}", "value": "value"}


class Will(RowOptions):
    """The topic by which a gateway says that it is gone, and the texts that say so.

    `series`: patterns of the series that then have no value ("{mqtt.levels[1]}-*"); left out: all of the row.
    """

    topic: Filter
    offline: Annotated[tuple[str, ...], Field(min_length=1)]
    series: tuple[Template, ...] = ()

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if wild(self.topic) and not self.series:
            raise ValueError('several gateways have such a topic: say by series: ["{mqtt.levels[1]}-*"] what is whose')
        return self


class Options(MappingOptions):
    """What is listened to, in which format, as whom; and where the readings lie in a message."""

    topics: Annotated[tuple[Filter, ...], Field(min_length=1, max_length=100)]
    format: Literal["json", "senml", "chirpstack", "sparkplug"] = "json"
    qos: Literal[0, 1] = 1
    user: str = ""
    password: str = ""
    client: Annotated[str, Field(max_length=100)] = ""
    version: Literal["5", "3.1.1"] = "5"
    session: bool = True
    held: Annotated[int, Field(ge=0, le=60_000)] = 8
    retained: bool = False
    will: Will | None = None
    rebirth: bool = False

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.events is not None and self.events.whole:
            raise ValueError("a message tells of one thing at a time, never of all that stand: leave `whole` out")
        return self

    @property
    def timeless(self) -> bool:
        """Whether a message has no time of its own."""
        readings = bool(self.parts) and not self.time and not self.page_time
        return readings or (self.events is not None and not self.events.time)

    @property
    def partial(self) -> bool:
        """Whether a message tells what moved and is silent about the rest."""
        return self.format in ("json", "chirpstack")

    @model_validator(mode="before")
    @classmethod
    def _by_format(cls, given: Any) -> Any:
        """The mapping that a format brings along, under what the row says itself."""
        if not isinstance(given, dict):
            return given
        added = dict(_DEFAULTS.get(str(given.get("format")), {}))
        if given.get("format") == "chirpstack":
            own = {"series", "value", "values", "events"} & set(given)
            added = {"time": "time"} if own else {"time": "time", **_UPLINK}
        elif added and given.get("values"):
            added = {key: value for key, value in added.items() if key not in ("series", "value")}
        elif added and not given.get("unit"):
            added["unit_path"] = "unit"
        return {**added, **given}
