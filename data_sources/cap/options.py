"""What a row of the protocol may say."""

from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from data_sources._mapping import RequestOptions, Zone


def _as_list(given: object) -> object:
    """One code as the list that it is short for."""
    return [given] if isinstance(given, str) else given


class Options(RequestOptions):
    """`kind` of the events; `alerts`: how many of an index are read; `places` gives a code or several for a name or a
    geocode; `codes`: names of geocodes (valueName) that are codes of units as they stand.

    `keep_hours`: how long an alert stands that does not say when it ends. `whole`: what the index names no more has
    ended. `scopes`: whom an alert may be meant for to be shown here.
    """

    kind: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] = "alert"
    language: Annotated[str, Field(max_length=20)] = "en"
    scopes: tuple[str, ...] = ("Public",)
    keep_hours: Annotated[float, Field(gt=0, le=8784)] = 24
    alerts: Annotated[int, Field(ge=1, le=500)] = 100
    whole: bool = False
    places: dict[str, Annotated[tuple[str, ...], BeforeValidator(_as_list)]] = {}
    codes: tuple[str, ...] = ()
    zone: Zone = "Asia/Ho_Chi_Minh"

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.zone)
