"""The text of a feed as feedparser may get it: bounded, and without what its expressions take quadratic time for."""

import re
from collections.abc import Iterator
from itertools import islice

MAX_LENGTH, _MAX_TAGS = 1_048_576, 30_000  # feedparser takes seconds for more
# Elements of persons, by which feedparser looks for an address of e-mail. Nothing of them is read.
_PERSONS = frozenset({"author", "creator", "managingeditor", "webmaster", "publisher", "owner", "contributor"})
_ITEMS = frozenset({"item", "entry"})
_TAG = re.compile(r"<(/?)(?:[\w.-]{1,100}:)?([\w.-]{1,100})(?:[\s/>]|$)")
_SPACES = re.compile(r"[ \t\r\n\f\v]{2,}")


def truncate_feed(text: str) -> str:
    """The beginning of a feed up to the limits; the newest items stand first."""
    text = text[:MAX_LENGTH]
    beyond = next(islice(re.finditer("<", text), _MAX_TAGS, None), None)
    return text[: beyond.start()] if beyond else text


def parsable_feed(text: str) -> str:
    """`text` with single spaces and without the elements of persons."""
    return "".join(_without_persons(re.split("(?=<)", _SPACES.sub("\n", text))))


def _without_persons(pieces: list[str]) -> Iterator[str]:
    """`pieces` begin with a tag each. A person without an end tag ends with the item."""
    person, is_character_data = "", False
    for piece in pieces:
        is_character_data = is_character_data or piece.startswith("<![CDATA[")
        tag = None if is_character_data else _TAG.match(piece)
        is_character_data = is_character_data and "]]>" not in piece
        is_end, name = (bool(tag[1]), tag[2].lower()) if tag else (False, "")
        if person and (name in _ITEMS or (is_end and name == person)):
            person = ""
            if name not in _ITEMS:
                piece = piece.partition(">")[2]
        elif not person and not is_end and name in _PERSONS:
            start, _, rest = piece.partition(">")
            person, piece = ("", rest) if start.endswith("/") else (name, "")
        if not person:
            yield piece
