"""Items of plain data into events, as a mapping says: the counterpart of MappingOptions.

    events:
      kind: roadwork                  # one of the row's own `events`
      items: data                     # JMESPath to the list; `each` for lists inside it; left out: the whole answer
      key: "{id}"                     # templates, holes are JMESPath on the item; no personal text here
      title: "{road}: {what}"
      time: updated                   # when the source saw it so; left out: the moment of the poll
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
      whole: true                     # the answer names all that stand: what it names no more has ended

A word that stands neither in its table nor under "*" refuses the item: a new state of the source must not be guessed.
Without `words` everything is open until its `closed` time has come. An item with a time, a place on the map or a word
that cannot be read is refused; only its key is kept as a sample, for the item may hold personal text. `whole` is not
claimed for an answer of which an item was refused: else the refused one would be taken for ended.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar
from unicodedata import normalize

from pydantic import BeforeValidator, Field, model_validator

from data_sources._mapping.expressions import find
from data_sources._mapping.field_types import Expression, Template
from data_sources._mapping.geometry import SIMPLIFIED, area_of, point_of
from data_sources._mapping.items import items_of, place_of, time_of
from data_sources._mapping.options import ItemOptions, RowOptions
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.events.pii_masking import mask_personal_data
from ioc.domain.events.validation import MAX_UNITS
from ioc.domain.ingest.parsing import fill_placeholders
from ioc.domain.ingest.reading import Batch, RejectedItem

_MAX_TEXT_LENGTH = 2_000
_WILDCARD = "*"
T = TypeVar("T")


class WordMeaning(RowOptions):
    """What a word of the source means."""

    stage: EventStage = EventStage.OPEN
    severity: Severity = Severity.NORMAL


def expand_word(given: object) -> object:
    """A stage or a severity alone as the Word that it is short for."""
    if not isinstance(given, str):
        return given
    return {"stage": given} if given in list(EventStage) else {"severity": given}


class EventOptions(ItemOptions):
    """Which item is which event; the head of the file shows every option at work."""

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
    whole: bool = False

    @model_validator(mode="after")
    def _validate_pairs(self) -> Self:
        if bool(self.lon) != bool(self.lat) or (self.lon and self.geometry):
            raise ConfigValueError(OptionCode.LON_WITHOUT_LAT)
        for table, path in (("words", "word"), ("severities", "severity")):
            if getattr(self, table) and not getattr(self, path):
                raise ConfigValueError(OptionCode.TABLE_WITHOUT_PATH, table=table, path=path)
        return self


def read_events(options: EventOptions, document: Any, now: datetime, context: Mapping[str, Any] | None = None) -> Batch:
    """Each item's event. An item that cannot be read is refused; the others go on. SourceError: nothing to read.

    `beside`: what expressions find in every item besides its own.
    """
    events: list[Event] = []
    refused: list[RejectedItem] = []
    for where, item in items_of(document, options, refused, context):
        try:
            events.append(event_of(options, item, now))
        except ValueError as error:
            refused.append(RejectedItem(where, untyped(str(error)), _sample(item, options)))
    whole = frozenset({options.kind} if options.whole and not refused else ())
    return Batch((), tuple(refused), tuple(events), whole)


def event_of(options: EventOptions, item: Any, now: datetime) -> Event:
    """The event that `item` tells. ValueError says why it tells none."""
    key, title = _fill_template(item, options.key), _fill_template(item, options.title)
    started, due, closed, expires = (
        time_of(item, path, options) for path in (options.started, options.due, options.closed, options.expires)
    )
    word = text_at(item, options.word)
    meaning = _meaning(options, word, closed, now)
    area, facts = _area(options, item)
    return Event(
        kind=options.kind, key=key, observed=time_of(item, options.time, options) or now,
        title=title, stage=meaning.stage, source_status=word, severity=_severity(options, item, meaning),
        text=text_at(item, options.text), started=started, due=due, closed=closed, expires=expires,
        area=area, link=_fill_template_or_empty(item, options.link),
        shared_id=_fill_template_or_empty(item, options.same), facts=_texts(item, options.facts) | facts,
        personal=_texts(item, options.personal),
    ).with_units(_places(options, item))  # fmt: skip


def text_at(item: Any, path: str) -> str:
    """What stands at `path` as text, "" for nothing."""
    return _text(find(item, path)) if path else ""


def _text(found: Any) -> str:
    if isinstance(found, str):
        return normalize("NFC", found[:_MAX_TEXT_LENGTH]).strip()  # Windows-1258 writes tones as signs of their own
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, (int, float)):
        return str(found)[:_MAX_TEXT_LENGTH]
    if isinstance(found, list):
        return ", ".join(filter(None, (_text(one) for one in found[:20] if not isinstance(one, list))))[
            :_MAX_TEXT_LENGTH
        ]
    return ""


def _texts(item: Any, paths: Mapping[str, str]) -> dict[str, str]:
    found = {name: text_at(item, path) for name, path in paths.items()}
    return {name: text for name, text in found.items() if text}


def _fill_template(item: Any, template: str) -> str:
    def part(hole: str) -> str:
        found = text_at(item, hole)
        if not found:
            raise ValueError(f"{hole} is missing")
        return found

    return fill_placeholders(template, part, max_length=_MAX_TEXT_LENGTH)


def _fill_template_or_empty(item: Any, template: str) -> str:
    try:
        return _fill_template(item, template)
    except ValueError:
        return ""


def meaning_of(table: Mapping[str, T], word: str, name: str) -> T:
    """What `table` has for `word`, else for "*". ValueError when it has neither."""
    found = table.get(word, table.get(_WILDCARD))
    if found is None:
        raise ValueError(f"the {name} {mask_personal_data(word)[:40]!r} is not in the row's table")
    return found


def _meaning(options: EventOptions, word: str, closed: datetime | None, now: datetime) -> WordMeaning:
    if options.words:
        return meaning_of(options.words, word, "word")
    return WordMeaning(stage=EventStage.CLOSED if closed and closed <= now else EventStage.OPEN)


def _severity(options: EventOptions, item: Any, meaning: WordMeaning) -> Severity:
    if not options.severity:
        return meaning.severity
    table = options.severities or {one.value: one for one in Severity}
    return meaning_of(table, text_at(item, options.severity), "severity")


def _places(options: EventOptions, item: Any) -> tuple[str, ...]:
    """The codes of the units that it names, one or a list of them; a word without a code is none."""
    found = place_of(item, options) if options.place else []
    codes = filter(None, map(_text, found[:MAX_UNITS] if isinstance(found, list) else [found]))
    return tuple(one for one in codes if not options.places or one in options.places.values())


def _area(options: EventOptions, item: Any) -> tuple[Area | None, dict[str, str]]:
    if options.geometry:
        area, simplified = area_of(find(item, options.geometry))
        return area, {SIMPLIFIED: simplified} if simplified else {}
    if not options.lon:
        return None, {}
    return point_of(find(item, options.lon), find(item, options.lat)), {}


def _sample(item: Any, options: EventOptions) -> str:
    return mask_personal_data(_fill_template_or_empty(item, options.key))[:120]
