"""What all shapes of the API are made from: a moment with the city's offset, a text in both languages."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE


def _in_city_time(moment: object) -> object:
    return moment.astimezone(CITY_ZONE) if isinstance(moment, datetime) else moment


Moment = Annotated[datetime, BeforeValidator(_in_city_time)]


class ApiModel(BaseModel):
    """What every shape keeps to."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TranslatedText(ApiModel):
    """A text in both languages; `en` falls back to Vietnamese."""

    vi: str
    en: str

    @classmethod
    def from_text(cls, text: LocalizedText) -> "TranslatedText":
        """From the domain's text."""
        return cls(vi=text.vi, en=text.get("en"))
