"""Mapping of items of plain data to events: the counterpart of MappingOptions.

    events:
      kind: roadwork                  # one of the row's own `events`
      items: data                     # JMESPath to the list; `each` for lists inside it; left out: the whole answer
      key: "{id}"                     # templates, placeholders are JMESPath on the item; no personal text here
      title: "{road}: {what}"
      time: updated                   # when the source recorded this state; left out: the moment of the poll. An item
                                      # without it has the time of the whole answer, else it is rejected
      started: from
      due: promised
      closed: done
      expires: until
      word: status                    # the source's own word, and what it means
      words: { "Đang thi công": open, "Hoàn thành": closed, "Sự cố": { stage: open, severity: critical }, "*": open }
      severity: impact                # or the severity from a field of its own
      severities: { lớn: critical, vừa: attention, "*": normal }
      lon: x
      lat: y                          # or geometry: geometry, where a GeoJSON geometry stands
      place: ward                     # the code of the unit, or a word that `places` gives it for; or a list of them
      facts: { lanes: lanes_closed }
      personal: { phone: reporter.phone }
      complete: true                  # the answer names all that stand: what it names no more has ended

An item whose word is neither in its table nor covered by "*" is rejected: a new state is not guessed. "*" covers no
damaged word. Without `words` an event is open until its `closed` time. An item with an unreadable time, position or
word is rejected; only its key is its sample: the item may hold personal text. An answer with a rejected item does not
count as `complete`.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from data_sources._mapping.certain_zones import with_certain_zones
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.event_paths import SINGLE_PATHS, event_paths, missing_path
from data_sources._mapping.event_texts import fill_template, fill_template_or_empty, text_at, text_of, texts_at
from data_sources._mapping.expressions import find
from data_sources._mapping.field_types import Expression, Template
from data_sources._mapping.geometry import area_of, point_of
from data_sources._mapping.items import end_of, interval_of, items_of, place_of, time_of
from data_sources._mapping.named_items import items_by_name
from data_sources._mapping.naming_fields import naming_holders
from data_sources._mapping.options import ItemOptions, RowOptions, UnreadTime
from data_sources._mapping.path_use import PathUse
from data_sources._mapping.unread_fields import find_unread_event_time, holders_of_items
from data_sources._mapping.unset_items import items_not_set
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.severity import Severity
from ioc.domain.base.text import REPLACEMENT, has_forbidden_characters
from ioc.domain.events.event import Area, Event, EventMoment, EventStage
from ioc.domain.events.pii_masking import mask_key, mask_start
from ioc.domain.events.validation import MAX_UNITS
from ioc.domain.ingest.parsing import ParseError, placeholders
from ioc.domain.ingest.reading import LATEST_TIME, Batch, RejectedItem

_WILDCARD = "*"
_FIRST_END = datetime(1971, 1, 1, tzinfo=UTC)
T = TypeVar("T")


class WordMeaning(RowOptions):
    """The meaning of a word of the source."""

    stage: EventStage = EventStage.OPEN
    severity: Severity = Severity.NORMAL


def expand_word(value: object) -> object:
    """A stage or a severity alone, as the options of the WordMeaning that it stands for."""
    if not isinstance(value, str):
        return value
    return {"stage": value} if value in list(EventStage) else {"severity": value}


class EventOptions(ItemOptions):
    """How an item becomes an event; the docstring of this module shows every option."""

    kind: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
    key: Annotated[Template, Field(min_length=1)]
    title: Annotated[Template, Field(min_length=1)]
    text: Expression = ""
    word: Expression = ""
    words: dict[str, Annotated[WordMeaning, BeforeValidator(expand_word)]] = {}
    severity: Expression = ""
    severities: dict[str, Severity] = {}
    time: Expression = ""
    started: Expression = ""
    due: Expression = ""
    closed: Expression = ""
    expires: Expression = ""
    lon: Expression = ""
    lat: Expression = ""
    geometry: Expression = ""
    link: Template = ""
    same: Template = ""
    facts: dict[str, Expression] = {}
    personal: dict[str, Expression] = {}
    complete: bool = False
    _unread_times: list[UnreadTime] = PrivateAttr(default_factory=list)
    single_paths: ClassVar[tuple[str, ...]] = SINGLE_PATHS

    @property
    def time_paths(self) -> list[str]:
        """The paths of the times of an item, "" for those that it does not have."""
        return [self.time, self.started, self.due, self.closed, self.expires]

    @cached_property
    def path_use(self) -> PathUse:
        """Which of the paths that the row sets in `events` find something."""
        return PathUse(event_paths(self, self.single_paths))

    @property
    def stated_places(self) -> Mapping[tuple[str | int, ...], str]:
        """The codes that `places` gives."""
        return {("places", word): code for word, code in self.places.items()}

    @property
    def unread_event_time(self) -> UnreadTime | None:
        """The first that was found."""
        return self._unread_times[0] if self._unread_times else None

    def note_items(self, items: Sequence[Any], document: Any) -> None:
        """Take the items of an answer into account: which paths find something, and what looks like their time."""
        self.path_use.note(items, document=document)
        fields = [path for _, path in event_paths(self, self.single_paths) if path not in self.time_paths]
        self.path_use.by_name = items_by_name(items, self, fields, "events.")
        if not self.time and not self._unread_times:
            around = holders_of_items(document, self.items)
            self._unread_times += filter(None, (find_unread_event_time(item, around) for item in items[:1]))

    @property
    def naming_paths(self) -> Sequence[str]:
        """The placeholders of the key."""
        return placeholders(self.key)

    @model_validator(mode="after")
    def _validate_pairs(self) -> Self:
        if bool(self.lon) != bool(self.lat) or (self.lon and self.geometry):
            raise ConfigValueError(OptionCode.LON_WITHOUT_LAT)
        for table, path in (("words", "word"), ("severities", "severity")):
            if getattr(self, table) and not getattr(self, path):
                raise ConfigValueError(OptionCode.TABLE_WITHOUT_PATH, table=table, path=path)
        return self


def read_events(
    options: EventOptions, document: Any, now: datetime, context: Mapping[str, Any] | None = None,
    page_time: datetime | None = None,
) -> Batch:  # fmt: skip
    """The event of each item. An item that cannot be read is rejected; the others are read.

    `context`: entries that expressions find in every item besides its own. `page_time`: of the whole answer. Raises
    SourceError when there are no items.
    """
    events: list[Event] = []
    rejected: list[RejectedItem] = []
    sample = partial(_sample, options=options)
    found = list(items_of(document, options, rejected, context))
    around = naming_holders(document, options.items)
    items = with_certain_zones(found, options.time_paths, options, rejected, sample, around)
    options.note_items([item for _, item in found], document)
    left_out: dict[str, RejectedItem] = {}  # by the path of an object in the place of a text, for the first item
    for where, item in items:
        objects: set[str] = set()
        try:
            events.append(event_of(options, item, now, page_time, objects))
        except ParseError as error:
            rejected.append(rejected_event(options, item, where, error.failure, now, page_time))
        for path in sorted(objects - left_out.keys()):
            failure = Failure(MappingCode.OBJECT_LEFT_OUT, {"path": path})
            left_out[path] = RejectedItem(where, failure, _sample(item, options))
    complete_kinds = frozenset({options.kind} if options.complete and not rejected else ())
    return Batch((), (*rejected, *left_out.values()), tuple(events), complete_kinds)


def event_of(
    options: EventOptions, item: Any, now: datetime, page_time: datetime | None = None,
    objects: set[str] | None = None,
) -> Event:  # fmt: skip
    """The event of `item`. Raises ParseError when it cannot be read.

    `objects`: receives the paths where an object stands in the place of a text, which is left out.
    """
    key, title = fill_template(item, options.key), fill_template(item, options.title)
    observed = _observed(options, item, now, page_time)
    started, _ = interval_of(item, options.started, options, "events.started")
    closed = stated_end(interval_of(item, options.closed, options, "events.closed")[1])
    due = stated_end(end_of(item, options.due, options, "events.due"))
    expires = stated_end(end_of(item, options.expires, options, "events.expires"))
    word = text_at(item, options.word)
    meaning = _meaning(options, word, closed, page_time or now)
    area, facts = _area(options, item)
    return Event(
        kind=options.kind, key=key, observed=observed,
        title=title, stage=meaning.stage, source_status=word, severity=_severity(options, item, meaning),
        text=text_at(item, options.text, objects), started=started, due=due, closed=closed, expires=expires,
        area=area, link=fill_template_or_empty(item, options.link),
        shared_id=fill_template_or_empty(item, options.same), facts=texts_at(item, options.facts, objects) | facts,
        personal=texts_at(item, options.personal, objects),
    ).with_units(_places(options, item))  # fmt: skip


def stated_end(time: datetime | None) -> datetime | None:
    """`time`, None for one that programs write where there is none: 9999-12-31, 0001-01-01, 1900-01-01, 1970-01-01."""
    return None if time is None or not _FIRST_END <= time <= LATEST_TIME else time


def rejected_event(
    options: EventOptions, item: Any, where: str, failure: Failure, now: datetime, page_time: datetime | None = None
) -> RejectedItem:
    """The rejected item of an event that cannot be read, with its moment as far as that is known."""
    if failure.code == MappingCode.FIELD_MISSING:
        unset = options.path_use.by_name or items_not_set(item, options, options.naming_paths, "events.items")
        failure = unset or failure
    path = missing_path(failure, options.time, {"words": options.word, "severities": options.severity})
    failure = options.path_use.failure(path) or failure
    moment = None
    with suppress(ParseError):
        key, observed = fill_template(item, options.key), _observed(options, item, now, page_time)
        moment = EventMoment(options.kind, key, observed)
    return RejectedItem(where, failure, _sample(item, options), moment=moment)


def _observed(options: EventOptions, item: Any, now: datetime, page_time: datetime | None) -> datetime:
    observed = time_of(item, options.time, options, "events.time") or page_time or (None if options.time else now)
    if observed is None:
        raise ParseError(MappingCode.EVENT_TIME_MISSING)
    return observed


def meaning_of(table: Mapping[str, T], word: str, name: str) -> T:
    """The entry of `table` for `word`, else for "*". Raises ParseError when there is neither. `name`: of the table.

    "*" does not stand for a damaged word: it may have been one of the others.
    """
    is_sound = REPLACEMENT not in word and not has_forbidden_characters(word)
    meaning = table.get(word, table.get(_WILDCARD) if is_sound else None)
    if meaning is None:
        raise ParseError(MappingCode.WORD_UNKNOWN, table=name, word=mask_start(word, 40))
    return meaning


def _meaning(options: EventOptions, word: str, closed: datetime | None, now: datetime) -> WordMeaning:
    if options.words:
        return meaning_of(options.words, word, "words")
    return WordMeaning(stage=EventStage.CLOSED if closed and closed <= now else EventStage.OPEN)


def _severity(options: EventOptions, item: Any, meaning: WordMeaning) -> Severity:
    if not options.severity:
        return meaning.severity
    table = options.severities or {severity.value: severity for severity in Severity}
    return meaning_of(table, text_at(item, options.severity), "severities")


def _places(options: EventOptions, item: Any) -> tuple[str, ...]:
    """The codes of the units that the item names, and the words that `places` has no code for."""
    place = place_of(item, options) if options.place else []
    return tuple(filter(None, map(text_of, place[:MAX_UNITS] if isinstance(place, list) else [place])))


def _area(options: EventOptions, item: Any) -> tuple[Area | None, dict[str, str]]:
    if options.geometry:
        return area_of(find(item, options.geometry))
    if not options.lon:
        return None, {}
    return point_of(find(item, options.lon), find(item, options.lat)), {}


def _sample(item: Any, options: EventOptions) -> str:
    return mask_key(fill_template_or_empty(item, options.key), 120)
