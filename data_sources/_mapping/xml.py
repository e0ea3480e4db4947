"""XML and HTML as strangers send them: the letters whatever the charset, the tree without a DTD, the bare words."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, ParseError  # the types alone: defusedxml does the reading

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import CHARSET, detect_utf16
from ioc.domain.ingest.protocol import ResponsePage, SourceError

MAX_TAGS, MAX_ATTRIBUTES = 200_000, 400_000
MAX_KEY_LENGTH = 200  # of an event that is kept
_MAX_HTML_LENGTH = 20_000
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.ASCII)
_PROLOG = re.compile(r"^<\?xml\s[^>]{0,400}?\?>")
_LEGACY_CHARSET = "windows-1258"  # what Vietnamese programs wrote before Unicode
_HTML = ("<!doctype html", "<html", "<head", "<body")


def decode_markup(page: ResponsePage) -> str:
    """The markup of `page` without its declaration, composed (NFC). SourceError when it is none.

    What the bytes themselves show comes before what is declared, for declarations are often wrong: marks, zero bytes,
    UTF-8 (even cut, or with a few broken letters), then the declared charset, the server's, the country's old one.
    """
    text = unicodedata.normalize("NFC", _decode(page)).lstrip("\ufeff \t\r\n")
    text = _PROLOG.sub("", text).lstrip()
    if not text.strip("\0 \t\r\n"):
        raise SourceError(untyped("the answer is empty"))
    if text[:200].lower().startswith(_HTML):
        raise SourceError(untyped("the answer is HTML, not XML"))
    if not text.startswith("<"):
        raise SourceError(untyped("the answer is not XML"))
    return text


def _decode(page: ResponsePage) -> str:
    for mark, charset in _BYTE_ORDER_MARKS:
        if page.body.startswith(mark):
            return _decode_partial(page.body, charset, "replace")
    if charset := detect_utf16(page.body[: len(page.body) & ~1]):
        return _decode_partial(page.body, charset, "replace")
    body = page.body.removeprefix(codecs.BOM_UTF8)
    text = _decode_partial(body, "utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    if text.count("\ufffd") * 10 <= foreign:
        return text
    declared = _DECLARED_ENCODING.search(body[:400])
    for charset in (declared[1].decode() if declared else "", page.charset, _LEGACY_CHARSET):
        if CHARSET.fullmatch(charset):
            try:
                return _decode_partial(body, charset, "strict")
            except (UnicodeError, LookupError):
                continue
    raise SourceError(untyped("the answer is in no charset that can be read"))


def _decode_partial(body: bytes, charset: str, errors: str) -> str:
    """`body` decoded; the half letter at the end of a cut answer is left out."""
    return codecs.getincrementaldecoder(charset)(errors).decode(body)


def parse_xml(page: ResponsePage) -> Element:
    """The root of the XML of `page`. SourceError when it is none, is cut, declares a DTD or is a flood."""
    text = decode_markup(page)
    if text.count("<") > MAX_TAGS or text.count("=") > MAX_ATTRIBUTES:
        raise SourceError(untyped(f"the XML has more than {MAX_TAGS} tags or {MAX_ATTRIBUTES} attributes"))
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise SourceError(untyped("the XML declares a DTD or entities, which are not read")) from None
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(untyped(f"the answer is not whole XML: {str(error)[:100]}")) from None
    return root


def local_name(element: Element) -> str:
    """The name of `element` without its namespace: writers disagree about those."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """The attribute `name` of whatever namespace, "" for none."""
    found = (value for key, value in element.attrib.items() if key.rpartition("}")[2] == name)
    return " ".join(next(found, "").split())


def children(element: Element, name: str) -> Iterator[Element]:
    """The direct children of that name."""
    return (one for one in element if local_name(one) == name)


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """`element` and all below it that have one of the names."""
    return (one for one in element.iter() if local_name(one) in names)


def child_text(element: Element, name: str) -> str:
    """The text of the first child of that name, as one line; "" for none."""
    return element_text(next(children(element, name), None))


def element_text(element: Element | None) -> str:
    """All text in `element` as one line."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def event_key(*parts: str) -> str:
    """The id of an event from its parts; one that is too long to be kept ends in its own digest."""
    key = ",".join(" ".join(one.split()) for one in parts)
    return (
        key if len(key) <= MAX_KEY_LENGTH else f"{key[: MAX_KEY_LENGTH - 41]}~{sha256(key.encode()).hexdigest()[:40]}"
    )


def html_to_text(html: str) -> str:
    """The words of a piece of HTML as one line; text without tags stays as it is."""
    words = _TextExtractor()
    words.feed(html[:_MAX_HTML_LENGTH])
    words.close()
    return " ".join("".join(words.parts).split())


class _TextExtractor(HTMLParser):
    """Collects text; what scripts and styles hold is none, and a tag parts words only where a reader sees a gap."""

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
        """Passes over "<![…>"; the library would give up at kinds that it does not know."""
        end = self.rawdata.find(">", i)
        return end + 1 if end >= 0 else len(self.rawdata)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def _add_gap(self, tag: str) -> None:
        if tag not in ("b", "i", "em", "strong", "u", "span", "a", "font", "sup", "sub"):
            self.parts.append(" ")
