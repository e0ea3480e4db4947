"""The options of a context broker."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from data_sources._mapping import (
    NumberOptions,
    RequestOptions,
    RowOptions,
    SensorOptions,
    Template,
    UnitName,
    UnitOptions,
    ZoneOptions,
    check_templates,
)
from data_sources._mapping.path_use import PathUse
from data_sources._mapping.un_cefact import UNIT_CODES
from data_sources._mapping.webhook import BytesPerSecond, TokenName
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.protocol import WEBHOOK_BYTES_PER_SECOND


class AttributeOptions(RowOptions):
    """The attribute of a series; dots lead into a structured value. `unit`: where the broker names none.

    `dataset`: the datasetId, when an attribute has several values at once.
    """

    attribute: Annotated[str, Field(min_length=1, max_length=200)]
    unit: UnitName = ""
    dataset: str = ""


def _expand_attribute(value: object) -> object:
    return {"attribute": value} if isinstance(value, str) else value


class Options(RequestOptions, NumberOptions, SensorOptions, UnitOptions, ZoneOptions):
    """`values`: series template -> attribute; placeholders are JMESPath on the entity, {tail} is the end of its id.

    `time`: attribute with the time of values that have none of their own; "": the time of the poll. With `push` the
    broker is not polled: it sends notifications to /vao/<source> with the token that `push_token` names, on
    average `bytes_per_second`. `path`: of another resource than the entities, such as their history.
    """

    version: Literal["ld", "v2"] = "ld"
    path: str = ""
    type: str = ""
    values: dict[Template, Annotated[AttributeOptions, BeforeValidator(_expand_attribute)]] = Field(
        min_length=1, max_length=200
    )
    time: str = "dateObserved"
    limit: int = Field(100, ge=1, le=1000)
    pages: int = Field(20, ge=1, le=200)
    push: bool = False
    push_token: TokenName | None = None
    bytes_per_second: BytesPerSecond = WEBHOOK_BYTES_PER_SECOND

    @cached_property
    def path_use(self) -> PathUse:
        """Which of the attributes of the row entities have."""
        return PathUse((f"values.{template}", wanted.attribute) for template, wanted in self.values.items())

    @property
    def unmatched_paths(self) -> Sequence[Failure]:
        """The attributes that no entity has."""
        return self.path_use.failures

    @property
    def has_own_time(self) -> bool:
        """Whether entities must have a time."""
        return bool(self.time)

    @property
    def unit_codes(self) -> Mapping[str, str]:
        """The common codes of UN/CEFACT. An attribute may have no unit."""
        return UNIT_CODES

    @model_validator(mode="after")
    def _validate_push(self) -> Self:
        if self.push != (self.push_token is not None):
            raise ConfigValueError(OptionCode.PUSH_WITHOUT_TOKEN)
        if self.bytes_per_second != WEBHOOK_BYTES_PER_SECOND and not self.push:
            raise ConfigValueError(OptionCode.BYTES_WITHOUT_PUSH)
        check_templates(self.values)
        return self
