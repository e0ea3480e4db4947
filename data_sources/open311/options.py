"""The options of a GeoReport server."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from data_sources._mapping import Expression, LocalTimeOptions, RequestOptions, WordMeaning, expand_word
from data_sources._mapping.path_use import PathUse
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.events.event import EventStage


class Options(LocalTimeOptions, RequestOptions):
    """Every `sweep` minutes the last `days` are requested, between these only reports since the last poll.

    `overlap`: minutes before the last poll from which reports are requested. `most`: reports in one answer of the
    server; a span of time with so many is requested in halves, or by pages when `paging` names the server's parameter.
    `asks`: requests of one poll at most. `words`: states besides open and closed. `place`: the field with the unit of a
    report, by its code or by a word that `places` has the code for.
    """

    kind: str = Field("report", pattern=r"^[a-z0-9-]{1,60}$")
    form: Literal["json", "xml"] = "json"
    services: bool = True
    days: int = Field(30, ge=1, le=90)
    sweep: int = Field(60, ge=1, le=10_080)
    overlap: int = Field(60, ge=0, le=10_080)
    most: int = Field(1000, ge=1, le=10_000)
    paging: Literal["", "per_page", "page_size"] = ""
    asks: int = Field(60, ge=1, le=500)
    place: Expression = ""
    places: dict[str, str] = {}
    words: dict[str, Annotated[WordMeaning, BeforeValidator(expand_word)]] = {}

    @model_validator(mode="after")
    def _validate_places(self) -> Self:
        if self.places and not self.place:
            raise ConfigValueError(OptionCode.PLACES_WITHOUT_PLACE)
        return self

    @property
    def stated_kinds(self) -> Mapping[tuple[str, ...], str]:
        """That of all events."""
        return {("kind",): self.kind}

    @property
    def stated_places(self) -> Mapping[tuple[str | int, ...], str]:
        """The codes that `places` gives."""
        return {("places", word): code for word, code in self.places.items()}

    @cached_property
    def path_use(self) -> PathUse:
        """Whether reports have the field of `place`."""
        return PathUse([("place", self.place)])

    @property
    def unmatched_paths(self) -> Sequence[Failure]:
        """That of `place`."""
        return self.path_use.failures

    def meanings(self) -> dict[str, WordMeaning]:
        """The meaning of each state."""
        return {"open": WordMeaning(), "closed": WordMeaning(stage=EventStage.CLOSED), **self.words}
