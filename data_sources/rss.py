"""RSS and Atom: the items of the press as events with headline, summary, link and time."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from io import BytesIO
from typing import Annotated, Any, NamedTuple
from urllib.parse import urljoin

from pydantic import Field, field_validator

from data_sources._mapping import LocalTimeOptions, RequestOptions, options_of
from data_sources._mapping.feed_text import MAX_LENGTH, check_declarations, feed_parser, parsable_feed, truncate_feed
from data_sources._mapping.field_types import TimePattern
from data_sources._mapping.xml import decode_markup, event_key, html_to_text, names_feed_zone, parse_feed_time
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.slug import slugify
from ioc.domain.base.text import shorten
from ioc.domain.base.times import later_by
from ioc.domain.events.event import Event
from ioc.domain.events.pii_masking import mask_start
from ioc.domain.ingest.data_time import latest_event_time
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode, ParseError, names_zone, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem, check_time
from ioc.domain.ingest.source import Source

MAX_ITEMS = 1_000
_END = re.compile(r"</\s*([\w.-]+:)?(rss|feed|rdf)\s*(>|\Z)", re.I)
_MAX_SUMMARY = 600
_MAX_QUOTED = 40  # characters of a time that a failure quotes
_CHANNEL_FIELDS = ("title", "id", "link", "updated", "published")  # of which each feed has some, with items or not
# What feedparser is known to raise for invalid feeds.
_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, RecursionError)


class RssCode(ErrorCode):
    """Why a feed or an item of it cannot be read. Texts: components/messages/errors/rss.toml."""

    NOT_A_FEED = "rss.not_a_feed"
    CHANNEL_MISSING = "rss.channel_missing"
    UNREADABLE = "rss.unreadable"  # kind: class of the library's exception
    ID_MISSING = "rss.id_missing"
    HEADLINE_MISSING = "rss.headline_missing"


class Options(LocalTimeOptions, RequestOptions):
    """`kind`: of the events. `keep_hours`: how long an item is shown. `time_format`: of times in a form of their own.

    `topics` {name: [word, …]}: the fact topic-<name> is "1" of items whose headline or summary has one of the words as
    a whole word, whatever its accents and case.
    """

    kind: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] = "press"
    keep_hours: Annotated[float, Field(gt=0, le=8784)] = 72
    time_format: TimePattern = ""
    topics: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")], list[str]], Field(max_length=20)] = {}

    @field_validator("topics")
    @classmethod
    def _validate_topics(cls, topics: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, words in topics.items():
            if not words or not all(map(slugify, words)):
                raise ConfigValueError(OptionCode.TOPIC_WITHOUT_WORDS, topic=name)
        return topics

    @property
    def stated_kinds(self) -> Mapping[tuple[str, ...], str]:
        """That of all events."""
        return {("kind",): self.kind}

    @cached_property
    def topic_patterns(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each topic with its words as slugs between dashes."""
        return tuple((name, tuple(f"-{slugify(word)}-" for word in words)) for name, words in self.topics.items())


async def fetch(source: Source, context: FetchContext) -> Payload:
    """One GET of the feed."""
    return await options_of(source, Options).get(source, context)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The items as events, also of a feed that was cut; invalid items are rejected items. Raises SourceError."""
    options = options_of(source, Options)
    entries, rejected, times = list[_Entry](), list[RejectedItem](), list[datetime]()
    for page in payload.pages:
        text = decode_markup(page)
        truncated = truncate_feed(text)
        feed = _parse_feed(truncated)
        publisher = html_to_text(_text(feed.feed, "title"))
        times += _channel_times(feed.feed, options)
        without_zone = _times_without_zone(feed.entries[:MAX_ITEMS], options)
        for n, item in enumerate(feed.entries[:MAX_ITEMS]):
            try:
                if n in without_zone:
                    raise ParseError(ParseCode.ZONE_MISSING, text=without_zone[n])
                event = _event(item, options, publisher, page.address, now)
                entries.append(_Entry(event, _changed_time(item, event, options, now)))
            except ParseError as error:
                sample = shorten(html_to_text(_text(item, "title")), 120)
                rejected.append(RejectedItem(f"item[{n}]", error.failure, sample))
        if len(feed.entries) > MAX_ITEMS or len(truncated) < len(text):
            limits = {"limit": MAX_ITEMS, "mebibytes": MAX_LENGTH // 1_048_576}
            rejected.append(RejectedItem("feed", Failure(IngestCode.FEED_LEFT_OUT, limits)))
        elif feed.entries and not _END.search(text):
            rejected.append(RejectedItem("feed", Failure(IngestCode.FEED_CUT)))
    events = _newest_states(entries, now)
    # A channel may carry the date on which it was set up: an item that is newer says more.
    if newest := latest_event_time(events, now):
        times.append(newest)
    return Batch(
        rejected_items=tuple(rejected), events=tuple(events), source_time=max(times, default=None),
        duplicate_count=len(entries) - len(events),
    )  # fmt: skip


def _times_without_zone(items: Sequence[Any], options: Options) -> dict[int, str]:
    """By the number of an item, its time without a zone, where other items have one: it may be in any zone.

    Each field is compared with itself; where the row sets `zone`, all times are certain.
    """
    found: dict[int, str] = {}
    for name in ("published", "updated") if "zone" not in options.model_fields_set else ():
        used = {n: text for n, item in enumerate(items) if (text := _text(item, name)) and name == _time_field(item)}
        zoned = {n: names_feed_zone(text) for n, text in used.items()}
        if True in zoned.values():
            found |= {n: shorten(used[n], _MAX_QUOTED) for n, is_zoned in zoned.items() if is_zoned is False}
    return found


class _Entry(NamedTuple):
    """An item as an event, and when it was published or changed, None where it does not say."""

    event: Event
    changed: datetime | None


def _newest_states(entries: Iterable[_Entry], now: datetime) -> list[Event]:
    """The events of a feed without the earlier states of those that it has several times."""
    by_key: defaultdict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        by_key[entry.event.key].append(entry)
    return [event for states in by_key.values() for event in _latest(states, now)]


def _latest(states: Sequence[_Entry], now: datetime) -> list[Event]:
    """The latest of several states of one item; all that may be, as of one moment, so that different ones clash."""
    if len(states) == 1:
        return [states[0].event]
    times = [state.changed for state in states if state.changed]
    if len(times) < len(states):
        return [replace(state.event, observed=now) for state in states]
    latest = [state.event for state in states if state.changed == max(times)]
    is_one_time = len({event.observed for event in latest}) == 1
    return latest if is_one_time else [replace(event, observed=now) for event in latest]


def _channel_times(channel: Any, options: Options) -> Iterator[datetime]:
    """When the feed says that it was made or published."""
    for name in ("updated", "published"):
        try:
            if text := _text(channel, name):
                yield _time(text, options)
        except ParseError:
            continue


def _parse_feed(text: str) -> Any:
    text = parsable_feed(text)
    check_declarations(text)
    # Without an address to resolve against: in ill-formed feeds the library would make addresses of ids.
    headers = {"content-type": "application/xml; charset=utf-8"}
    body = BytesIO(text.encode("utf-8", "replace"))
    try:
        feed = feed_parser().parse(body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except _PARSER_ERRORS as error:
        raise SourceError(RssCode.UNREADABLE, kind=type(error).__name__) from None
    if not feed.entries and not feed.get("version") and not re.match(r"<(\w+:)?(rss|feed|rdf)\b", text, re.I):
        raise SourceError(RssCode.NOT_A_FEED)
    if not feed.entries and not any(dict.get(feed.feed, name) for name in _CHANNEL_FIELDS):
        raise SourceError(RssCode.CHANNEL_MISSING)
    return feed


def _text(item: Any, name: str) -> str:
    """A text of the item as one line. Without feedparser's own look-up, which answers for other fields and warns."""
    text = dict.get(item, name)
    return " ".join(text.split()) if isinstance(text, str) else ""


def _event(item: Any, options: Options, publisher: str, address: str, now: datetime) -> Event:
    guid, link = _text(item, "id"), _text(item, "link")
    title, summary = html_to_text(_text(item, "title")), mask_start(html_to_text(_text(item, "summary")), _MAX_SUMMARY)
    if not guid and not link:
        raise ParseError(RssCode.ID_MISSING)
    if not title and not summary:
        raise ParseError(RssCode.HEADLINE_MISSING)
    published = _published(item, options)
    return Event(
        kind=options.kind,
        key=event_key(guid or link),
        observed=published or now,
        title=title or summary,
        text=summary,
        started=published,
        # An item without a time is of each poll: counted from the poll, its end would be another one each time.
        expires=later_by(published or _next_midnight(now), timedelta(hours=options.keep_hours)),
        link=_absolute_link(address, link or guid),
        facts=_facts(item, publisher) | _topics(f"{title} {summary}", options),
    )


def _next_midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _absolute_link(address: str, link: str) -> str:
    try:
        return urljoin(address, link)
    except ValueError:
        return ""


def _published(item: Any, options: Options) -> datetime | None:
    """When the item was published, else updated, None without both. Raises ParseError when it is no time."""
    name = _time_field(item)
    return _time(_text(item, name), options) if name else None


def _time(text: str, options: Options) -> datetime:
    """A time of the feed. Raises ParseError."""
    if options.time_format:
        with suppress(ParseError):  # other times of the feed may be as the standard says
            moment = parse_timestamp(text, options.time_format, options.zone_info)
            if not names_zone(text, options.time_format):
                options.note_local_time(text)
            return moment
    moment = parse_feed_time(text, options.zone_info)
    if names_feed_zone(text) is False:
        options.note_local_time(text)
    return moment


def _time_field(item: Any) -> str:
    """The field with the time of an item, "" for none."""
    return next((name for name in ("published", "updated") if _text(item, name)), "")


def _changed_time(item: Any, event: Event, options: Options, now: datetime) -> datetime | None:
    """When the item was last changed, as far as it says so; one that changes only later has a wrong clock."""
    try:
        updated = _time(_text(item, "updated"), options)
    except ParseError:
        return event.started
    return event.started if check_time(updated, now) else max(filter(None, (event.started, updated)))


def _facts(item: Any, publisher: str) -> dict[str, str]:
    tags = dict.get(item, "tags")
    terms = [html_to_text(_text(tag, "term")) for tag in tags] if isinstance(tags, list) else []
    facts = {"publisher": publisher, "category": ", ".join(_unique_terms(terms))}
    return {name: value for name, value in facts.items() if value}


def _unique_terms(terms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, terms)))[:5]


def _topics(text: str, options: Options) -> dict[str, str]:
    slug = f"-{slugify(text)}-"
    return {f"topic-{name}": "1" for name, words in options.topic_patterns if any(word in slug for word in words)}
