"""Where readings and events are in a document: the options of a mapping."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, PrivateAttr, model_validator

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.events import EventOptions
from data_sources._mapping.field_types import Expression, Template, UnitName
from data_sources._mapping.name_options import SensorOptions
from data_sources._mapping.options import AssumedZone, ItemOptions, NumberOptions, UnreadTime
from data_sources._mapping.path_use import PathUse
from data_sources._mapping.templates import check_templates
from data_sources._mapping.unit_options import UnitOptions
from data_sources._mapping.unread_fields import Holder, find_unread_time
from data_sources._mapping.value_mapping import ValueMapping, expand_value
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import placeholders

_MAX_LISTED = 120  # characters of names


class MappingOptions(ItemOptions, NumberOptions, SensorOptions, UnitOptions):
    """Where readings are in a document; `events`: where events are, beside the readings or instead of them.

    `zone`, `time_format` and `ignored_fields` hold for the events too, unless these state their own.
    """

    series: Template = ""
    value: Expression = ""
    values: dict[Template, Annotated[ValueMapping, BeforeValidator(expand_value)]] = {}
    unit: UnitName = ""
    unit_path: Expression = ""
    time: Expression = ""
    page_time: Expression = ""
    events: EventOptions | None = None
    _unread_times: list[UnreadTime] = PrivateAttr(default_factory=list)

    @model_validator(mode="after")
    def _validate_values(self) -> Self:
        has_both, has_any = bool(self.series and self.value), bool(self.series or self.value)
        if has_any and (self.values or not has_both):
            raise ConfigValueError(OptionCode.SERIES_OR_VALUES)
        if not (has_any or self.values or self.events):
            raise ConfigValueError(OptionCode.SERIES_VALUES_OR_EVENTS)
        check_templates(self.values)
        return self

    @property
    def unread_time(self) -> UnreadTime | None:
        """The first that was found."""
        return self._unread_times[0] if self._unread_times else None

    @property
    def time_advice(self) -> Failure | None:
        """That values of one item have different times beside them, so that one `time` would be wrong for some."""
        first, others = self.unread_time, self._unread_times
        other = next((one for one in others if first and one.text != first.text and one.path != first.path), None)
        if first is None or other is None:
            return None
        texts = {"first_path": first.path, "first": first.text, "second_path": other.path, "second": other.text}
        return Failure(MappingCode.TIMES_OF_VALUES, texts)

    def note_unread_time(self, items: Iterable[tuple[str, Any]], around: Sequence[Holder]) -> None:
        """Keep the fields of the items, or around them, that look like the times which the row does not read."""
        if not self._unread_times:
            # One for each object that holds values: hundreds of them have the same times beside them.
            paths = {value.path.rpartition(".")[0]: value.path for _, value in self.value_mappings}
            found = (find_unread_time(item, path, around) for _, item in items for path in paths.values())
            self._unread_times += filter(None, found)

    @property
    def has_event_time(self) -> bool:
        """Whether `events` names it."""
        return self.events is None or bool(self.events.time)

    @property
    def stated_kinds(self) -> Mapping[tuple[str, ...], str]:
        """That of `events`."""
        return {("events", "kind"): self.events.kind} if self.events else {}

    @property
    def stated_places(self) -> Mapping[tuple[str | int, ...], str]:
        """Those of `events`: a place of readings is a part of a key."""
        return {("events", *path): code for path, code in self.events.stated_places.items()} if self.events else {}

    @property
    def unread_event_time(self) -> UnreadTime | None:
        """That of `events`."""
        return self.event_options.unread_event_time if self.event_options else None

    @property
    def assumed_zone(self) -> AssumedZone | None:
        """That of the values, or of the events."""
        return super().assumed_zone or (self.events.assumed_zone if self.events else None)

    @cached_property
    def event_options(self) -> EventOptions | None:
        """`events` with what holds for the whole row."""
        if self.events is None:
            return None
        of_row = (self.model_fields_set - self.events.model_fields_set) & {"zone", "time_format", "ignored_fields"}
        return self.events.model_copy(update={name: getattr(self, name) for name in of_row})

    @cached_property
    def page_options(self) -> ItemOptions:
        """The options for the time of the whole answer: `zone` of `events` holds for it where nothing else is read."""
        events = self.events
        if events is None or self.value_mappings or "zone" in self.model_fields_set:
            return self
        return events.model_copy(update={"time_format": self.time_format})

    @cached_property
    def value_mappings(self) -> tuple[tuple[str, ValueMapping], ...]:
        """Each series template with its value; empty when only events are read."""
        values = self.values or ({self.series: ValueMapping(path=self.value)} if self.series else {})
        units = {"unit": self.unit, "unit_path": self.unit_path}
        return tuple(
            (template, value if value.unit or value.unit_path else value.model_copy(update=units))
            for template, value in values.items()
        )

    @property
    def naming_paths(self) -> Iterable[str]:
        """The placeholders of all series."""
        return [path for template, _ in self.value_mappings for path in placeholders(template)]

    @property
    def has_own_time(self) -> bool:
        """Whether values have a time, or the answer has one. The times of events do not say how new their list is."""
        return bool(self.page_time or (self.time and self.value_mappings))

    def column(self, item: Any, path: str) -> str:
        """The column of the number at `path` in an item: its cells decide how an ambiguous one is read."""
        return path

    def mapped_paths(self) -> Iterator[tuple[str, str]]:
        """Each path of what is read of an item, after its option, as far as it concerns readings."""
        for template, value in self.value_mappings:
            yield f"values.{template}" if self.values else "value", value.path
            yield "unit_path", value.unit_path
            names = [path for path in placeholders(template) if not (path == "place" and self.place)]
            yield from (("values" if self.values else "series", path) for path in names)
        yield "time", self.time

    @cached_property
    def path_use(self) -> PathUse:
        """Which of the row's paths find something, as far as it concerns readings."""
        return PathUse([*self.mapped_paths(), ("place", self.place)])

    @property
    def unmatched_paths(self) -> Sequence[Failure]:
        """For readings and events."""
        of_readings = self.path_use.failures if self.value_mappings else []
        of_events = self.event_options.path_use.failures if self.event_options else []
        return [*of_readings, *of_events, *self._unmatched_ignored()]

    def _unmatched_ignored(self) -> Iterator[Failure]:
        """Of the names in `ignored_fields`, in the order of the row, those that no answer has had."""
        readers: list[ItemOptions] = [self] * bool(self.value_mappings)
        readers += [self.event_options] if self.event_options else []
        names = dict.fromkeys(name for one in readers for name in one.ignored_fields if name in one.unfound_ignored)
        if names:
            listed = shorten(", ".join(names), _MAX_LISTED)
            yield Failure(MappingCode.IGNORED_UNMATCHED, {"option": "ignored_fields", "names": listed})
