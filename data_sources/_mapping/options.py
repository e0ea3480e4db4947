"""Groups of options that the options of protocols are composed of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, FiniteFloat, PrivateAttr, model_validator

from data_sources._mapping.field_types import Expression, MissingValue, TimeFormat, Zone
from data_sources._mapping.strict_model import StrictModel
from data_sources._mapping.time_texts import likely_moment
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.numbers import NumberNotation, NumberReader, read_numbers
from ioc.domain.ingest.parsing import parse_number
from ioc.domain.ingest.protocol import FetchContext, Payload
from ioc.domain.ingest.source import Source

M = TypeVar("M", bound="RowOptions")
T = TypeVar("T")
_MAX_QUOTED = 40  # characters of a time that is quoted


class RowOptions(StrictModel):
    """The base of all options: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def has_own_time(self) -> bool:
        """Whether the answers say how new they are; False: the moment of the poll, or of receipt, counts."""
        return True

    @property
    def time_advice(self) -> Failure | None:
        """Why values have no time of their own, and what to do, where the protocol can tell it from the row."""
        return None

    @property
    def may_lack_time(self) -> bool:
        """Whether an answer may say nothing of it although `has_own_time`: then the moment of the poll counts."""
        return False

    @property
    def stated_kinds(self) -> Mapping[tuple[str, ...], str]:
        """The kinds of the events that these options bring, each by the path of its option."""
        return {}

    @property
    def stated_places(self) -> Mapping[tuple[str | int, ...], str]:
        """The codes of units in these options, each by its path in them."""
        return {}

    @property
    def assumed_date(self) -> str:
        """A date of the answers since these options were made, whose order of day and month is the default one."""
        return ""

    @property
    def empty_cell_count(self) -> int:
        """How many cells of the answers since these options were made are empty, of series with other values."""
        return 0

    @property
    def unmatched_paths(self) -> Sequence[Failure]:
        """Why nothing is read at paths that no item of an answer has had since these options were made."""
        return ()

    @property
    def assumed_zone(self) -> "AssumedZone | None":
        """A time of the answers since these options were made that is in the default zone; None for none."""
        return None

    @property
    def unread_time(self) -> "UnreadTime | None":
        """A field of the answers since these options were made that looks like the time of a value; None for none."""
        return None

    @property
    def has_event_time(self) -> bool:
        """Whether the row says where an event has the time of its state, or the form of the answer does."""
        return True

    @property
    def unread_event_time(self) -> "UnreadTime | None":
        """A field of the answers since these options were made that looks like the time of an event; None for none."""
        return None


class UnreadTime(NamedTuple):
    """A field that looks like the time of a value, where the row reads none, and its text; `is_in_item`: not around."""

    path: str
    text: str
    is_in_item: bool

    @property
    def moment(self) -> datetime | None:
        """The time that its text is in one of the usual forms, None for none."""
        return likely_moment(self.text)


class AssumedZone(NamedTuple):
    """A time that names no zone, as it came, and the zone in which it was read because the row sets none."""

    text: str
    zone: str


class LocalTimeOptions(RowOptions):
    """`zone`: of times that name none."""

    zone: Zone = "Asia/Ho_Chi_Minh"
    _local_times: list[str] = PrivateAttr(default_factory=list)

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of times that name none."""
        return ZoneInfo(self.zone)

    @property
    def assumed_zone(self) -> AssumedZone | None:
        """The first time that was read in the default zone."""
        return next((AssumedZone(text, self.zone) for text in self._local_times), None)

    def note_local_time(self, text: str) -> None:
        """Keep the first time without a zone that was read, unless the row sets the zone. "" is none."""
        if text and not self._local_times and "zone" not in self.model_fields_set:
            self._local_times.append(shorten(text, _MAX_QUOTED))


class RequestOptions(RowOptions):
    """Headers and query parameters of the request; ${NAME} stands for a secret of the environment."""

    headers: dict[str, str] = {}
    params: dict[str, str] = {}

    async def get(
        self, source: Source, context: FetchContext, address: str = "", params: Mapping[str, str] | None = None
    ) -> Payload:
        """One GET of the row's address or of `address`; the row's own params override `params`."""
        merged = {**(params or {}), **self.params}
        page = await context.get(source, address or source.address, params=merged, headers=self.headers)
        return Payload(is_unchanged=True) if page is None else Payload((page,))


class NumberOptions(RowOptions):
    """How numbers are written, and which numbers or words stand for a missing value.

    `decimal`: the decimal sign of numbers written as text; None: what the other numbers of a column leave possible.
    `numbers`: numbers for words and for true and false, which are no numbers themselves.
    """

    decimal: Literal[".", ","] | None = None
    missing: tuple[MissingValue, ...] = ()
    numbers: dict[str, FiniteFloat] = {}

    def read_numbers(self, read: Callable[[NumberReader], T]) -> T:
        """What `read` returns for the numbers of an answer whose items may come from different devices.

        `read` may be called twice. Without `decimal`, a number that only one sign allows stands for itself.
        """
        return read_numbers(read, self.notation(may_mix=not self.decimal))

    def notation(self, *, may_mix: bool = False) -> NumberNotation:
        """How the answer writes numbers, as far as the row says it."""
        return NumberNotation(self.decimal or "", self.missing, self.numbers, may_mix)

    def number(self, value: Any) -> float | None:
        """`value`, of a format that fixes the decimal point, as a finite number; None when it is missing.

        Raises ParseError.
        """
        number = self.notation().word_number(value)
        return parse_number(value, self.decimal or "", self.missing) if number is None else number


class ItemOptions(LocalTimeOptions):
    """Where the items of a document are. With `each`, the items are inside each one, which is their `parent`.

    `place` finds an item's place, `places` gives the code for its word. `time_format`: of times; `zone`: without one.
    `ignored_fields`: names of fields that mean no total, further page, failure or zone, whatever they are called.
    """

    has_time_format: ClassVar[bool] = True  # whether the row may set it: a failure then names the option

    items: Expression = "@"
    each: Expression = ""
    time_format: TimeFormat = "iso"
    place: Expression = ""
    places: dict[str, str] = {}
    ignored_fields: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()

    @cached_property
    def unfound_ignored(self) -> set[str]:
        """The `ignored_fields` that no answer has had since these options were made."""
        return set(self.ignored_fields)

    @model_validator(mode="after")
    def _validate_places(self) -> Self:
        if self.places and not self.place:
            raise ConfigValueError(OptionCode.PLACES_WITHOUT_PLACE)
        return self

    @property
    def naming_paths(self) -> Iterable[str]:
        """The paths in an item of what names it in the answer; never of personal text."""
        return ()


_options_cache: dict[tuple[str, type[RowOptions]], tuple[Mapping[str, Any], RowOptions]] = {}


def options_of(source: Source, model: type[M]) -> M:
    """The row's options as `model`, validated once: doing so at each poll would take longer than the answer."""
    key = source.key, model
    cached = _options_cache.get(key)
    if cached is None or cached[0] is not source.options:
        cached = _options_cache[key] = (source.options, model.model_validate(dict(source.options)))
    options = cached[1]
    assert isinstance(options, model)
    return options
