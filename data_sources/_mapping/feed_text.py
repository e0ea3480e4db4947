"""A feed as feedparser may get it, and feedparser: bounded, without what its expressions take quadratic time for."""

import re
import sys
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any

from data_sources._mapping.errors import XmlCode
from data_sources._mapping.xml import check_namespaces
from ioc.domain.ingest.protocol import SourceError

MAX_LENGTH, _MAX_TAGS = 1_048_576, 30_000  # feedparser takes seconds for more
_MAX_NAMES = 10_000_000  # bytes of all names with their namespaces
# Of one element, of a feed, and characters: feedparser looks through all of them for each attribute or element, and
# keeps the language for each text.
_MAX_ATTRIBUTES, _MAX_NAMESPACES, _MAX_BASE, _MAX_LANGUAGE = 100, 100, 500, 100
_SPACES = re.compile(r"[ \t\r\n\f\v]{2,}")
_ELEMENT = re.compile(r"<\w", re.ASCII)
_BEFORE_DTD = re.compile(r"\A(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.S)


def truncate_feed(text: str) -> str:
    """The beginning of a feed up to the limits; the newest items stand first."""
    text = text[:MAX_LENGTH]
    beyond = next(islice(re.finditer("<", text), _MAX_TAGS, None), None)
    return text[: beyond.start()] if beyond else text


def parsable_feed(text: str) -> str:
    """`text` with single spaces."""
    return _SPACES.sub("\n", text)


@cache
def feed_parser() -> Any:
    """feedparser with limits, beyond which it raises SourceError.

    It is without its search for an address of e-mail in the text of a person, which takes quadratic time. No person is
    read. The search is left out of the library, since there are too many spellings of markup to leave its text out of a
    feed.
    """
    import feedparser  # here, so that only a process with such a source loads it
    from feedparser import api, mixin

    mixin._FeedParserMixin._sync_author_detail = _find_no_address
    mixin._FeedParserMixin.unknown_starttag = _with_limits(mixin._FeedParserMixin.unknown_starttag)
    # Not of an ill-formed feed, where the words behind a "<" in a text are attributes, each of which is read once.
    strict = api.StrictFeedParser
    strict.startElementNS = _with_limits(strict.startElementNS, _MAX_ATTRIBUTES)
    return feedparser


def _find_no_address(_parser: object, _key: str = "author") -> None:
    return None


def _with_limits(start: Callable[..., None], max_attributes: int = sys.maxsize) -> Callable[..., None]:
    """`start` of an element; the last of its arguments are the attributes."""

    def limited(parser: Any, *element: Any) -> None:
        is_within = len(element[-1]) <= max_attributes and len(parser.namespaces_in_use) <= _MAX_NAMESPACES
        if not is_within or len(parser.baseuri) > _MAX_BASE or len(parser.lang or "") > _MAX_LANGUAGE:
            raise SourceError(XmlCode.NAMES_TOO_LONG)
        start(parser, *element)

    return limited


def check_declarations(text: str) -> None:
    """Raise SourceError when a feed may declare what a parser would expand."""
    if _may_declare_entities(text):
        raise SourceError(XmlCode.DTD_OR_ENTITIES)
    check_namespaces(text, _MAX_NAMES)


def _may_declare_entities(text: str) -> bool:
    """Whether a DTD may declare entities, or attributes that all elements of a name have, which a parser would expand.

    The text of an item may have these letters. The library takes all before the first element for a DTD, an XML parser
    what follows comments.
    """
    element = _ELEMENT.search(text)
    has_dtd = _BEFORE_DTD.sub("", text).startswith("<!")
    dtd = (text if has_dtd or element is None else text[: element.start()]).upper()
    return "<!ENTITY" in dtd or "<!ATTLIST" in dtd
