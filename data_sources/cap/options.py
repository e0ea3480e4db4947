"""The options of a CAP source."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from data_sources._mapping import RequestOptions, ZoneOptions


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Options(RequestOptions, ZoneOptions):
    """`kind`: of the events. `alerts`: how many of an index are read. `scopes`: those of alerts that are shown.

    `places`: codes of units by the name or geocode of an area. `codes`: names of geocodes (valueName) that are unit
    codes themselves. `keep_hours`: duration of an alert or block without an end. `complete`: alerts that the index
    no longer has have ended.
    """

    kind: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] = "alert"
    language: Annotated[str, Field(max_length=20)] = "en"
    scopes: tuple[str, ...] = ("Public",)
    keep_hours: Annotated[float, Field(gt=0, le=8784)] = 24
    alerts: Annotated[int, Field(ge=1, le=500)] = 100
    complete: bool = False
    places: dict[str, Annotated[tuple[str, ...], BeforeValidator(_as_list)]] = {}
    codes: tuple[str, ...] = ()

    @property
    def stated_kinds(self) -> Mapping[tuple[str, ...], str]:
        """That of all events."""
        return {("kind",): self.kind}

    @property
    def stated_places(self) -> Mapping[tuple[str | int, ...], str]:
        """The codes that `places` gives."""
        return {("places", word): code for word, codes in self.places.items() for code in codes}
