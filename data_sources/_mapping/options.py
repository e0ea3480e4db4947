"""Groups of options that protocols are put together from."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, model_validator

from data_sources._mapping.field_types import Expression, TimeFormat, Zone
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.parsing import fill_placeholders, parse_number, slugify
from ioc.domain.ingest.protocol import FetchContext, Payload
from ioc.domain.ingest.source import Source


class RowOptions(BaseModel):
    """The base of all options: a key that is not known is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestOptions(RowOptions):
    """What is sent with the request; ${NAME} stands for a secret of the environment."""

    headers: dict[str, str] = {}
    params: dict[str, str] = {}

    async def get(
        self, source: Source, world: FetchContext, address: str = "", params: Mapping[str, str] | None = None
    ) -> Payload:
        """One GET of the row's address or of `address`; the row's params rule over `params`."""
        asked = {**(params or {}), **self.params}
        page = await world.get(source, address or source.address, params=asked, headers=self.headers)
        return Payload(is_unchanged=True) if page is None else Payload((page,))


class NumberOptions(RowOptions):
    """How numbers are written, and which of them mean that there is none."""

    decimal: Literal[".", ","] = "."
    missing: tuple[float | str, ...] = ()

    def number(self, value: Any) -> float | None:
        """`value` as a finite number, None for none. ValueError says why it is neither."""
        return parse_number(value, self.decimal, self.missing)


class NameOptions(RowOptions):
    """`names` gives the series of a filled template that should not simply be made an id."""

    names: dict[str, str] = {}

    def series_key(self, template: str, found: Callable[[str], Any]) -> str:
        """The series of `template` with what `found` gives in its holes. ValueError when that is nothing."""
        raw = fill_placeholders(template, found)
        return self.names.get(raw) or slugify(raw)


class ItemOptions(RowOptions):
    """Which items a document holds. With `each`, items are those inside an item, which is their `parent`.

    `place` finds an item's place, for {place} in a template and for events; `places` gives its code where the answer
    has another word. Times are of `time_format`, those without a zone in `zone`.
    """

    items: Expression = "@"
    each: Expression = ""
    time_format: TimeFormat = "iso"
    zone: Zone = "Asia/Ho_Chi_Minh"
    place: Expression = ""
    places: dict[str, str] = {}

    @model_validator(mode="after")
    def _validate_places(self) -> Self:
        if self.places and not self.place:
            raise ConfigValueError(OptionCode.PLACES_WITHOUT_PLACE)
        return self

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.zone)


M = TypeVar("M", bound=RowOptions)
_options_cache: dict[tuple[str, type[RowOptions]], tuple[Mapping[str, Any], RowOptions]] = {}


def options_of(source: Source, model: type[M]) -> M:
    """The row's options as `model`, read once: doing so at each poll would cost more than the answer."""
    key = source.key, model
    held = _options_cache.get(key)
    if held is None or held[0] is not source.options:
        held = _options_cache[key] = (source.options, model.model_validate(dict(source.options)))
    found = held[1]
    assert isinstance(found, model)
    return found
