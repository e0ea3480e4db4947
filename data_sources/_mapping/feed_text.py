"""A feed as feedparser may get it, and feedparser: bounded, without what its expressions take quadratic time for."""

import re
from functools import cache
from itertools import islice
from typing import Any

MAX_LENGTH, _MAX_TAGS = 1_048_576, 30_000  # feedparser takes seconds for more
_SPACES = re.compile(r"[ \t\r\n\f\v]{2,}")


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
    """feedparser without its search for an address of e-mail in the text of a person, which takes quadratic time.

    No person is read. The search is left out of the library, since there are too many spellings of markup to leave its
    text out of a feed.
    """
    import feedparser  # here, so that only a process with such a source loads it
    from feedparser import mixin

    mixin._FeedParserMixin._sync_author_detail = _find_no_address
    return feedparser


def _find_no_address(_parser: object, _key: str = "author") -> None:
    return None
