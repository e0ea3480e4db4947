"""The options of a SensorThings service."""

from typing import Literal

from pydantic import Field

from data_sources._mapping import (
    NumberOptions,
    RequestOptions,
    SensorOptions,
    Template,
    UnitName,
    UnitOptions,
    Zone,
    ZoneOptions,
)


class Options(NumberOptions, SensorOptions, UnitOptions, ZoneOptions, RequestOptions):
    """`series`: template with JMESPath on the Datastream; {id} is its @iot.id, without which streams of different
    Things may have one name.

    `path`: Datastreams, Things, or the Observations of either. `order`: what the newest observations are found by; some
    servers cannot order by phenomenonTime, as it may be an interval.
    """

    series: Template = "{name}-{id}"
    path: str = "Datastreams"
    filter: str = ""
    newest: int = Field(1, ge=1, le=1000)
    order: Literal["phenomenonTime desc", "resultTime desc"] = "phenomenonTime desc"
    pages: int = Field(20, ge=1, le=200)
    unit: UnitName = ""
    zone: Zone = "UTC"

    @property
    def asks_newest_only(self) -> bool:
        """Whether the newest observations are the list that is asked for: there are always older ones."""
        return self.path.strip("/").rpartition("/")[2].partition("(")[0] == "Observations"

    def query(self) -> dict[str, str]:
        """The query parameters of the first page."""
        newest = {"$top": str(self.newest), "$orderby": self.order}
        filtered = {"$filter": self.filter} if self.filter else {}
        if self.asks_newest_only:
            return {**newest, **filtered, **self.params}
        expand = f"Observations({';'.join(f'{name}={value}' for name, value in newest.items())})"
        if self.path.strip("/").rpartition("/")[2].partition("(")[0] == "Things":
            expand = f"Datastreams($expand={expand})"
        return {"$expand": expand, "$count": "true", **filtered, **self.params}
