"""What all shapes of the API are made from: a moment with the city's offset, a text in both languages."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import CITY


def _here(moment: object) -> object:
    return moment.astimezone(CITY) if isinstance(moment, datetime) else moment


Moment = Annotated[datetime, BeforeValidator(_here)]


class Shape(BaseModel):
    """What every shape keeps to."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Shape):
    """A text in both languages; `en` falls back to Vietnamese."""

    vi: str
    en: str

    @classmethod
    def of(cls, text: Text) -> "Said":
        """From the domain's text."""
        return cls(vi=text.vi, en=text.said("en"))
