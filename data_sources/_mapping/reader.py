"""The mapping of a document, and its reading: documents of plain data into readings and events."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from data_sources._mapping.events import EventOptions, read_events
from data_sources._mapping.expressions import find, sample
from data_sources._mapping.field_types import Expression, Template, UnitName
from data_sources._mapping.items import items_of, place_of, time_of
from data_sources._mapping.options import ItemOptions, NameOptions, NumberOptions, RowOptions
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.events.event import Event
from ioc.domain.ingest.parsing import parse_timestamp
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem


class ValueMapping(RowOptions):
    """One of several values of an item. Without a unit of its own it has the mapping's."""

    path: Annotated[Expression, Field(min_length=1)]
    unit: UnitName = ""
    unit_path: Expression = ""


def _expand_value(given: object) -> object:
    return {"path": given} if isinstance(given, str) else given


class MappingOptions(ItemOptions, NumberOptions, NameOptions):
    """Where readings lie in a document; `events`: where events lie in it, beside the readings or instead of them."""

    series: Template = ""
    value: Expression = ""
    values: dict[Template, Annotated[ValueMapping, BeforeValidator(_expand_value)]] = {}
    unit: UnitName = ""
    unit_path: Expression = ""
    time: Expression = ""
    page_time: Expression = ""
    events: EventOptions | None = None

    @model_validator(mode="after")
    def _validate_values(self) -> Self:
        single, started = bool(self.series and self.value), bool(self.series or self.value)
        if started and (self.values or not single):
            raise ConfigValueError(OptionCode.SERIES_OR_VALUES)
        if not (started or self.values or self.events):
            raise ConfigValueError(OptionCode.SERIES_VALUES_OR_EVENTS)
        return self

    @cached_property
    def value_mappings(self) -> tuple[tuple[str, ValueMapping], ...]:
        """Each series template with its value; none where only events are read."""
        several = self.values or ({self.series: ValueMapping(path=self.value)} if self.series else {})
        own = {"unit": self.unit, "unit_path": self.unit_path}
        return tuple(
            (template, one if one.unit or one.unit_path else one.model_copy(update=own))
            for template, one in several.items()
        )


def read_documents(
    mapping: MappingOptions, documents: Iterable[Any], now: datetime,
    context: Mapping[str, Any] | None = None, partial: bool = False,
) -> Batch:  # fmt: skip
    """Each item's values and events. An item that cannot be read is refused; the others go on.

    `beside`: what expressions find in every item besides its own; an item that is no object is then their `value`.
    `partial`: items tell what moved; a value that one does not tell is left as it was, instead of being none.
    SourceError: nothing to read.
    """
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    events: list[Event] = []
    whole: frozenset[str] | None = None
    for document in documents:
        if mapping.value_mappings:
            fallback = _page_time(document, mapping, now)
            for where, item in items_of(document, mapping, refused, context):
                _read_item(item, where, mapping, fallback, partial, readings, refused)
        if mapping.events:
            told = read_events(mapping.events, document, now, context)
            events += told.events
            refused += told.rejected_items
            whole = told.complete_kinds if whole is None else whole & told.complete_kinds
    return Batch(tuple(readings), tuple(refused), tuple(events), whole or frozenset())


def _page_time(document: Any, mapping: MappingOptions, now: datetime) -> datetime | None:
    """The time of items that have none; None when an item must have its own."""
    if not mapping.page_time:
        return None if mapping.time else now
    try:
        return parse_timestamp(find(document, mapping.page_time), mapping.time_format, mapping.zone_info)
    except ValueError as error:
        raise SourceError(untyped(f"{mapping.page_time}: {error}")) from None


def _read_item(
    item: Any, where: str, mapping: MappingOptions, fallback: datetime | None, partial: bool,
    readings: list[Reading], refused: list[RejectedItem],
) -> None:  # fmt: skip
    try:
        observed = _observed_time(item, mapping, fallback)
    except ValueError as error:
        refused.append(RejectedItem(where, untyped(str(error)), sample(item)))
        return
    told = len(readings) + len(refused)
    for template, value in mapping.value_mappings:
        try:
            amount = find(item, value.path)
            if amount is not None or not partial:
                readings.append(_reading(item, mapping, template, value, amount, observed))
        except ValueError as error:
            refused.append(RejectedItem(f"{where}.{value.path}", untyped(str(error)), sample(item)))
    if told == len(readings) + len(refused):
        refused.append(RejectedItem(where, untyped("it tells none of the values that the row names"), sample(item)))


def _reading(
    item: Any, mapping: MappingOptions, template: str, value: ValueMapping, amount: Any, observed: datetime
) -> Reading:
    series = mapping.series_key(template, lambda hole: _placeholder_value(item, mapping, hole))
    unit = find(item, value.unit_path) if value.unit_path else value.unit
    return Reading(series, observed, mapping.number(amount), unit.strip()[:40] if isinstance(unit, str) else "")


def _placeholder_value(item: Any, mapping: MappingOptions, hole: str) -> Any:
    return place_of(item, mapping) if hole == "place" and mapping.place else find(item, hole)


def _observed_time(item: Any, mapping: MappingOptions, fallback: datetime | None) -> datetime:
    found = time_of(item, mapping.time, mapping) or fallback
    if found is None:
        raise ValueError("time is missing")
    return found
