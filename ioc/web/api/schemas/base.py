"""What all schemas of the API share: times with the city's offset, texts in both languages, failures, the envelope."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from components.ui.error_messages import describe
from components.ui.i18n import LANGS
from ioc.domain.base import failure as domain
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE


def _in_city_time(moment: object) -> object:
    return moment.astimezone(CITY_ZONE) if isinstance(moment, datetime) else moment


Moment = Annotated[datetime, BeforeValidator(_in_city_time)]


class ApiModel(BaseModel):
    """Base of all schemas: immutable, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TranslatedText(ApiModel):
    """A text in both languages."""

    vi: str = Field(description="The text in Vietnamese.")
    en: str = Field(description="The text in English; the Vietnamese text where it is not translated.")

    @classmethod
    def from_text(cls, text: LocalizedText) -> "TranslatedText":
        """The domain's text in both languages."""
        return cls(vi=text.vi, en=text.get("en"))


class Failure(ApiModel):
    """What failed: a code for programs, its parameters, and its text in both languages."""

    code: str = Field(description='Code of the form "subject.reason"; stable, unlike the text.')
    params: "dict[str, int | float | str | Failure]" = Field(
        description="Parameters of the text by name: numbers, strings, times, or the failure that is the cause."
    )
    external: str = Field(description="Words of another server or driver, quoted unchanged; empty for none.")
    text: TranslatedText = Field(description="The failure as a sentence, with its parameters and the quoted words.")

    @classmethod
    def from_failure(cls, failure: domain.Failure) -> Self:
        """The domain's failure with its text in both languages."""
        params = {name: _parameter(value) for name, value in failure.params.items()}
        text = TranslatedText(**{lang: describe(failure, lang) for lang in LANGS})
        return cls(code=failure.code, params=params, external=failure.external, text=text)


def _parameter(value: domain.Parameter) -> int | float | str | Failure:
    match value:
        case domain.Failure():
            return Failure.from_failure(value)
        case datetime():
            return value.astimezone(CITY_ZONE).isoformat()
        case _:
            return value


class ErrorBody(ApiModel):
    """Why a request was not answered."""

    code: str = Field(description='Code of the form "subject.reason"; stable, unlike the text.')
    params: dict[str, int | float | str] = Field(description="Parameters of the text by name.")
    detail: TranslatedText = Field(description="What is wrong and what to do, as a sentence.")


class SnapshotEnvelope(ApiModel):
    """What every response begins with."""

    at: Moment = Field(description="The moment that is shown.")
    version: int = Field(description="Version of the store at that moment; it grows with every change.")
    is_live: bool = Field(description="True for the present, false for a past moment (luc).")
    is_simulated: bool = Field(description="Whether anything in this response is simulated.")
