"""The options of a GeoReport server."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from data_sources._mapping import Expression, RequestOptions, WordMeaning, Zone, expand_word
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.events.event import EventStage


class Options(RequestOptions):
    """At first and every `sweep` minutes `days` are asked, else what began since `overlap` minutes before the last.

    `most`: how many reports the server gives at once; a stretch of time with as many is asked in halves, or by pages
    where `paging` names the server's parameter. `asks`: bound of a poll. `words`: states besides open and closed.
    `place`: where a report tells its unit, by its code or by a word that `places` gives the code of.
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
    zone: Zone = "Asia/Ho_Chi_Minh"
    place: Expression = ""
    places: dict[str, str] = {}
    words: dict[str, Annotated[WordMeaning, BeforeValidator(expand_word)]] = {}

    @model_validator(mode="after")
    def _validate_places(self) -> Self:
        if self.places and not self.place:
            raise ConfigValueError(OptionCode.PLACES_WITHOUT_PLACE)
        return self

    def meanings(self) -> dict[str, WordMeaning]:
        """What each state means."""
        return {"open": WordMeaning(), "closed": WordMeaning(stage=EventStage.CLOSED), **self.words}
