"""XML and HTML of unknown quality: decoding by any charset, parsing without DTD, extraction of plain text."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, ParseError  # the types alone: defusedxml does the reading
from zoneinfo import ZoneInfo

from data_sources import _text
from data_sources._mapping.errors import XmlCode
from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.text import shorten
from ioc.domain.base.times import MAX_TIME_LENGTH, ClockChangeError, is_span, is_world_offset, local_to_utc, parse_time
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.parsing import ParseCode, clock_change, names_zone
from ioc.domain.ingest.parsing import ParseError as ValueParseError
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.ingest.reading import check_time

MAX_TAGS, MAX_ATTRIBUTES, MAX_DEPTH = 200_000, 400_000, 60
_MAX_NAMES = 30_000_000  # bytes of all names with their namespaces
MAX_KEY_LENGTH = 200  # characters of an event key
_MAX_HTML_LENGTH = 20_000
_DECLARED_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.ASCII)
_PROLOG = re.compile(r"^<\?xml\s[^>]{0,400}?\?>")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INVALID = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, 2.2 (Char), but surrogates
_REFERENCE = re.compile("&#(?:[xX](?P<hex>[0-9a-fA-F]+)|(?P<decimal>[0-9]+));")
_MAX_DIGITS = 7  # of a reference to a character
# A declaration of a namespace up to its value; the value is not consumed, since a comment may have half of one.
_NAMESPACE = re.compile(
    r"""(?<![^ \t\r\n])xmlns(?::[^ \t\r\n=]*+)?[ \t\r\n]*+=[ \t\r\n]*+(?=(?P<value>"[^"]*+"|'[^']*+'))"""
)
_HTML = ("<!doctype html", "<html", "<head", "<body")
# A time of RSS or Atom up to its time of day, its zone, the year of the form of asctime, and a comment.
_FEED_TIME = re.compile(
    r"(?P<start>.*?\d{1,2}:\d\d(:\d\d([.,]\d+)?)?)\s*(?P<zone>([^\d\s].*?)?)(\s+(?P<year>\d{4}))?\s*(\([^()]*\))?",
    re.ASCII,
)
_DAY = re.compile(r"([A-Za-z]+,?\s+)?\d{1,2}[\s-][A-Za-z]+[\s-]\d{2,4}", re.ASCII)
# Some Vietnamese sites write +0700 as "GMT+7".
_ZONE = re.compile(r"(?P<name>[A-Za-z]*)\s*((?P<sign>[+-])\s*(?P<hours>\d{1,2})(:?(?P<minutes>[0-5]\d))?)?", re.ASCII)
# Hours from UTC of the names of RFC 822 (5.1), without its letters, of which RFC 2822 (4.3) says that they are written
# with both signs; and of UTC and Indochina Time (https://en.wikipedia.org/wiki/Time_in_Vietnam).
_ZONE_HOURS = {
    "": 0, "UT": 0, "GMT": 0, "Z": 0, "UTC": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "ICT": 7,
}  # fmt: skip
_WITH_OFFSET = ("", "GMT", "UTC")
# "07:30-08:30" and "07:30 - 08:30" are spans of time; RFC 2822 writes "07:30 -0500", ISO 8601 "T07:30-05:00".
_MINUTES_AND_OFFSET = re.compile(r"\S*T\d\d:\d\d-\S*", re.ASCII)
_SPAN = re.compile(r"(?!\S*T\d\d:\d\d-)(?!\D.*:\d\d -\d{4}$)(.*[^\d:])?\d{1,2}:\d\d\s*-\s*\d.*", re.ASCII)


def decode_markup(page: ResponsePage) -> str:
    """The markup of `page` without its XML declaration, in NFC. Raises SourceError when it is none.

    The bytes come before the declarations, which are often wrong; the declared charset, without one UTF-8 (XML 1.0,
    4.3.3), before the server's.
    """
    declared = _DECLARED_ENCODING.search(page.body[:400])
    text = _text.decode(page.body, declared[1].decode() if declared else "utf-8", page.charset)
    text = normal_form("NFC", text).lstrip("\ufeff \t\r\n")
    text = _PROLOG.sub("", text).lstrip()
    if not text.strip("\0 \t\r\n"):
        raise SourceError(DecodingCode.EMPTY)
    if text[:200].lower().startswith(_HTML):
        raise SourceError(DecodingCode.HTML)
    if not text.startswith("<"):
        raise SourceError(XmlCode.NOT_XML)
    return _with_valid_characters(text)


def _with_valid_characters(text: str) -> str:
    """`text` with U+FFFD for what is no character of XML: one in a title would make a whole feed unreadable.

    Two references to the halves of a character, as programs on UTF-16 write, become that character.
    """
    text = _REFERENCE.sub(_valid_reference, _INVALID.sub("\ufffd", text))
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if _SURROGATE.search(text) else text


def _valid_reference(reference: re.Match[str]) -> str:
    written, base = (reference["hex"], 16) if reference["hex"] else (reference["decimal"], 10)
    digits = written.lstrip("0") or "0"
    code = int(digits, base) if len(digits) <= _MAX_DIGITS else sys.maxunicode + 1
    if 0xD800 <= code <= 0xDFFF:
        return chr(code)
    return reference[0] if code <= sys.maxunicode and not _INVALID.match(chr(code)) else "\ufffd"


def parse_xml(page: ResponsePage) -> Element:
    """The root element of `page`. Raises SourceError when it is not well-formed, has a DTD or is too large.

    Elements below MAX_DEPTH levels are left out: what is read of an element is read again of each one around it.
    """
    text = decode_markup(page)
    if text.count("<") > MAX_TAGS or text.count("=") > MAX_ATTRIBUTES:
        raise SourceError(XmlCode.TOO_LARGE, tags=MAX_TAGS, attributes=MAX_ATTRIBUTES)
    check_namespaces(text, _MAX_NAMES)
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise SourceError(XmlCode.DTD_OR_ENTITIES) from None
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(XmlCode.NOT_WELL_FORMED, external=str(error)[:100]) from None
    level = [root]
    for _ in range(MAX_DEPTH - 1):
        level = [inner for element in level for inner in element]
    for element in level:
        del element[:]
    return root


def check_namespaces(text: str, limit: int) -> None:
    """Raise SourceError when the names of `text` may have more than `limit` bytes with their namespaces.

    A parser makes "{namespace}name" of each name with a prefix.
    """
    longest = max((len(match["value"].encode("utf-8", "replace")) for match in _NAMESPACE.finditer(text)), default=0)
    if longest * (text.count("<") + text.count("=")) > limit:
        raise SourceError(XmlCode.NAMES_TOO_LONG)


def local_name(element: Element) -> str:
    """The name of `element` without its namespace, which differs between writers."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """The attribute `name` in any namespace, "" for none."""
    values = (value for key, value in element.attrib.items() if key.rpartition("}")[2] == name)
    return " ".join(next(values, "").split())


def children(element: Element, name: str) -> Iterator[Element]:
    """The direct children with that local name."""
    return (child for child in element if local_name(child) == name)


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """`element` and all elements in it that have one of the local names."""
    return (inner for inner in element.iter() if local_name(inner) in names)


def outermost(element: Element, *names: str) -> Iterator[Element]:
    """As `descendants`, without those that are inside another one: their text is a part of its text."""
    left = [element]
    while left:
        inner = left.pop()
        if local_name(inner) in names:
            yield inner
        else:
            left += reversed(inner)


def child_text(element: Element, name: str) -> str:
    """The text of the first child with that local name, as one line; "" for none."""
    return element_text(next(children(element, name), None))


def element_text(element: Element | None) -> str:
    """All text in `element` as one line."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def event_key(*parts: str) -> str:
    """The key of an event from its parts; one longer than MAX_KEY_LENGTH is cut and ends in its digest."""
    key = ",".join(" ".join(part.split()) for part in parts)
    if len(key) <= MAX_KEY_LENGTH:
        return key
    return f"{key[: MAX_KEY_LENGTH - 41]}~{sha256(key.encode()).hexdigest()[:40]}"


def parse_feed_time(text: str, zone: ZoneInfo) -> datetime:
    """A time of RSS or Atom, by ISO 8601, else RFC 2822, in `zone` where it names none. Raises a domain ParseError."""
    if len(text) > MAX_TIME_LENGTH:  # the expressions below take more than linear time
        raise ValueParseError(ParseCode.NOT_A_FEED_TIME, text=shorten(text, 40))
    start, own_zone = text, None
    if _SPAN.fullmatch(text.strip().upper()):
        raise ValueParseError(ParseCode.NOT_A_FEED_TIME, text=shorten(text, 40))
    if match := _FEED_TIME.fullmatch(text.strip()):
        start, own_zone = f"{match['start']} {match['year'] or ''}", _zone(match["zone"], text)
    is_doubtful = own_zone is not None and bool(_MINUTES_AND_OFFSET.fullmatch(text.strip().upper()))
    for read in (parse_time, _parse_rfc2822):
        try:
            moment = read(start, own_zone or zone)
            if is_doubtful and is_span(moment.astimezone(own_zone), zone):
                raise ValueError
            return moment
        except ClockChangeError:
            raise clock_change(text, zone) from None
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    raise ValueParseError(ParseCode.NOT_A_FEED_TIME, text=shorten(text, 40))


def names_feed_zone(text: str) -> bool | None:
    """Whether a time of RSS or Atom names its zone; None when it is no time, as 0001-01-01T00:00:00Z."""
    try:
        if check_time(parse_feed_time(text, ZoneInfo("UTC"))):
            return None
    except ValueParseError:
        return None
    match = _FEED_TIME.fullmatch(text.strip())
    return bool(match and match["zone"]) or names_zone(text)


def _zone(written: str, text: str) -> tzinfo | None:
    """The zone at the end of a time `text`, None for none. The library would leave out one that it does not know."""
    match = _ZONE.fullmatch(written)
    name = match["name"].upper() if match else ""
    hours, minutes = (int(match[part] or 0) for part in ("hours", "minutes")) if match else (0, 0)
    if match is None or (match["sign"] and name not in _WITH_OFFSET):
        raise ValueParseError(ParseCode.NOT_A_FEED_TIME, text=shorten(text, 40))
    if name in ("AM", "PM"):  # of a clock, not of a zone: its day may be written with the month first
        raise ValueParseError(ParseCode.NOT_A_FEED_TIME, text=shorten(text, 40))
    if name not in _ZONE_HOURS:
        raise ValueParseError(ParseCode.UNKNOWN_ZONE, text=shorten(text, 40), zone=shorten(written, 20))
    if not written:
        return None
    offset = timedelta(hours=hours or _ZONE_HOURS[name], minutes=minutes)
    offset = -offset if match["sign"] == "-" else offset
    if not is_world_offset(offset):
        raise ValueParseError(ParseCode.NOT_A_FEED_TIME, text=shorten(text, 40))
    return timezone(offset)


def _parse_rfc2822(text: str, zone: tzinfo) -> datetime:
    is_complete = _FEED_TIME.fullmatch(text)
    day_and_time = parsedate(text if is_complete else f"{text} 00:00")
    if day_and_time is None or not (is_complete or _DAY.fullmatch(text.strip())):
        raise ValueError
    moment = datetime(*day_and_time[:6], tzinfo=zone)
    return local_to_utc(moment, zone) if is_complete else moment.astimezone(UTC)


def html_to_text(html: str) -> str:
    """The text of a piece of HTML as one line; text without tags is unchanged."""
    extractor = _TextExtractor()
    extractor.feed(html[:_MAX_HTML_LENGTH])
    if extractor.rawdata.startswith("<"):  # a tag without an end: the library would look for it behind each "<" again
        extractor.handle_data(unescape(extractor.rawdata))
    else:
        extractor.close()
    return " ".join("".join(extractor.parts).split())


class _TextExtractor(HTMLParser):
    """Collects text, without scripts and styles; a tag separates words only where a browser would show a gap."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden = tag in ("script", "style")
        self._add_gap(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        self._add_gap(tag)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Skip "<![…>": the library would raise for kinds that it does not know."""
        end = self.rawdata.find(">", i)
        return end + 1 if end >= 0 else len(self.rawdata)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def _add_gap(self, tag: str) -> None:
        if tag not in ("b", "i", "em", "strong", "u", "span", "a", "font", "sup", "sub"):
            self.parts.append(" ")
