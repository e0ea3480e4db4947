"""What all schemas of the API share: times with the city's offset, texts in both languages, failures, the envelope."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from components.ui.error_messages import describe
from components.ui.i18n import LANGS
from ioc.domain.base import failure as domain
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE


def _in_city_time(moment: object) -> object:
    return moment.astimezone(CITY_ZONE) if isinstance(moment, datetime) else moment


def _in_seconds(span: object) -> object:
    return span.total_seconds() if isinstance(span, timedelta) else span


Moment = Annotated[datetime, BeforeValidator(_in_city_time)]
Seconds = Annotated[float, BeforeValidator(_in_seconds)]


class ApiModel(BaseModel):
    """Base of all schemas: immutable, without unknown fields.

    A schema is read from the attributes of domain objects; `validation_alias` is the name that the domain has for it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True, validate_by_name=True)


class TranslatedText(ApiModel):
    """A text in both languages."""

    vi: str = Field(description="The text in Vietnamese.")
    en: str = Field(description="The text in English; the Vietnamese text where it is not translated.")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, text: object) -> object:
        return {lang: text.get(lang) for lang in LANGS} if isinstance(text, LocalizedText) else text


class Failure(ApiModel):
    """What failed: a code for programs, its parameters, and its text in both languages."""

    code: str = Field(description='Code of the form "subject.reason"; stable, unlike the text.')
    params: "dict[str, int | float | str | Failure]" = Field(
        description="Parameters of the text by name: numbers, strings, times, or the failure that is the cause."
    )
    external: str = Field(description="Words of another server or driver, quoted unchanged; empty for none.")
    text: TranslatedText = Field(description="The failure as a sentence, with its parameters and the quoted words.")

    @model_validator(mode="before")
    @classmethod
    def _from_failure(cls, failure: object) -> object:
        if not isinstance(failure, domain.Failure):
            return failure
        params = {
            name: value.astimezone(CITY_ZONE).isoformat() if isinstance(value, datetime) else value
            for name, value in failure.params.items()
        }
        text = {lang: describe(failure, lang) for lang in LANGS}
        return {"code": failure.code, "params": params, "external": failure.external, "text": text}


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
