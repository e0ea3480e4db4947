"""RSS and Atom: what the press writes, as events; each item told by its headline, link and time."""

import re
from calendar import timegm
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from io import BytesIO
from itertools import islice
from typing import Annotated, Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from data_sources._mapping import RequestOptions, Zone, options_of
from data_sources._mapping.xml import decode_markup, event_key, html_to_text
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.times import parse_time
from ioc.domain.events.event import Event
from ioc.domain.ingest.parsing import slugify
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source

MAX_ITEMS = 1_000
# The library takes seconds for more, of which no press feed has need.
_MAX_LENGTH, _MAX_TAGS = 1_048_576, 30_000
_MAX_SUMMARY = 600
# "GMT+7" is how some Vietnamese sites write +0700.
_GMT_OFFSET = re.compile(r"(?:GMT|UTC)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?\s*$", re.ASCII)
# What feedparser is known to raise over feeds that are none.
_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, RecursionError)


class Options(RequestOptions):
    """`kind` of the events; an item stands for `keep_hours`. `topics` {name: [word, …]}: a fact topic-<name> of those
    items in whose headline or summary one of the words stands, whole, whatever its accents and case."""

    kind: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] = "press"
    keep_hours: Annotated[float, Field(gt=0, le=8784)] = 72
    topics: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")], list[str]], Field(max_length=20)] = {}
    zone: Zone = "Asia/Ho_Chi_Minh"

    @field_validator("topics")
    @classmethod
    def _validate_topics(cls, topics: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, words in topics.items():
            if not words or not all(map(slugify, words)):
                raise ConfigValueError(OptionCode.TOPIC_WITHOUT_WORDS, topic=name)
        return topics

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.zone)

    @cached_property
    def topic_patterns(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each topic with its words as they are compared."""
        return tuple((name, tuple(f"-{slugify(one)}-" for one in words)) for name, words in self.topics.items())


async def fetch(source: Source, world: FetchContext) -> Payload:
    """One GET of the feed."""
    return await options_of(source, Options).get(source, world)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The items as events. Of a feed that was cut, what stands is read."""
    options = options_of(source, Options)
    events, refused = dict[str, Event](), list[RejectedItem]()
    for page in payload.pages:
        text = decode_markup(page)
        start = _truncate(text)
        found = _parse_feed(start)
        publisher = html_to_text(_text(found.feed, "title"))
        for n, item in enumerate(found.entries[:MAX_ITEMS]):
            try:
                event = _event(item, options, publisher, page.address, now)
                events.setdefault(event.key, event)
            except ValueError as error:
                refused.append(
                    RejectedItem(f"item[{n}]", untyped(str(error)), html_to_text(_text(item, "title"))[:120])
                )
        if len(found.entries) > MAX_ITEMS or len(start) < len(text):
            refused.append(
                RejectedItem("feed", untyped(f"it is longer than {MAX_ITEMS} items or 1 MiB: the rest was left out"))
            )
    return Batch(rejected_items=tuple(refused), events=tuple(events.values()))


def _parse_feed(text: str) -> Any:
    if "<!ENTITY" in text.upper():
        raise SourceError(untyped("the XML declares entities, which are not read"))
    import feedparser  # here, so that only a process with such a source loads it

    # No address to resolve against: the library would make one of an id, and only in feeds that are ill-formed.
    said = {"content-type": "application/xml; charset=utf-8"}
    body = BytesIO(text.encode("utf-8", "replace"))
    try:
        found = feedparser.parse(body, response_headers=said, sanitize_html=False, resolve_relative_uris=False)
    except _PARSER_ERRORS as error:
        raise SourceError(untyped(f"the feed cannot be read: {type(error).__name__}")) from None
    if not found.entries and not found.get("version") and not re.match(r"<(\w+:)?(rss|feed|rdf)\b", text, re.I):
        raise SourceError(untyped("the answer is neither RSS nor Atom"))
    return found


def _truncate(text: str) -> str:
    """As much of a feed as is read; the newest items stand first."""
    text = text[:_MAX_LENGTH]
    beyond = next(islice(re.finditer("<", text), _MAX_TAGS, None), None)
    return text[: beyond.start()] if beyond else text


def _text(item: Any, name: str) -> str:
    """A text of the item. Past the library's own look-up, which answers for other fields and warns."""
    found = dict.get(item, name)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _event(item: Any, options: Options, publisher: str, address: str, now: datetime) -> Event:
    guid, link = _text(item, "id"), _text(item, "link")
    title, summary = html_to_text(_text(item, "title")), html_to_text(_text(item, "summary"))[:_MAX_SUMMARY]
    if not guid and not link:
        raise ValueError("the item has neither an id nor a link")
    if not title and not summary:
        raise ValueError("the item has no headline")
    told = _published(item, options)
    return Event(
        kind=options.kind,
        key=event_key(guid or link),
        observed=told or now,
        title=title or summary,
        text=summary,
        started=told,
        expires=(told or now) + timedelta(hours=options.keep_hours),
        link=_absolute_link(address, link or guid),
        facts=_facts(item, publisher) | _topics(f"{title} {summary}", options),
    )


def _absolute_link(address: str, link: str) -> str:
    try:
        return urljoin(address, link)
    except ValueError:
        return ""


def _published(item: Any, options: Options) -> datetime | None:
    """When the item was published, else changed; None when it does not say. ValueError when that is no time."""
    for name in ("published", "updated"):
        if text := _text(item, name):
            return _parse_time(text, dict.get(item, f"{name}_parsed"), options.zone_info)
    return None


def _parse_time(text: str, guessed: Any, zone: ZoneInfo) -> datetime:
    """Both standards first, with the row's zone where they name none; then what the library makes of it."""
    text = _GMT_OFFSET.sub(lambda found: f"{found[1]}{int(found[2]):02}{found[3] or '00'}", text)
    for read in (parse_time, _parse_rfc2822):
        try:
            return read(text, zone)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    try:
        return datetime.fromtimestamp(timegm(guessed), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise ValueError(f"{text[:40]!r} is not a time") from None


def _parse_rfc2822(text: str, zone: ZoneInfo) -> datetime:
    found = parsedate_to_datetime(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _facts(item: Any, publisher: str) -> dict[str, str]:
    tags = dict.get(item, "tags")
    terms = [html_to_text(_text(one, "term")) for one in tags] if isinstance(tags, list) else []
    found = {"publisher": publisher, "category": ", ".join(_unique_terms(terms))}
    return {name: value for name, value in found.items() if value}


def _unique_terms(terms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, terms)))[:5]


def _topics(text: str, options: Options) -> dict[str, str]:
    words = f"-{slugify(text)}-"
    return {f"topic-{name}": "1" for name, sought in options.topic_patterns if any(one in words for one in sought)}
