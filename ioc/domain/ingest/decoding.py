"""Decoding of an answer: its text by whatever charset, its JSON with the deviations that servers are known for."""

import codecs
import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.text import REPLACEMENT, replace_lone_surrogates, shorten, shows_damage
from ioc.domain.ingest.damaged_text import decode_almost_ascii, decode_in_parts, decode_utf8
from ioc.domain.ingest.protocol import ResponsePage, SourceError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Charsets of text; Python lists others among its codecs (punycode, uu) that take minutes or are no charsets.
CHARSET = re.compile(
    r"(utf|iso|latin|windows|cp|koi8|tis|gb|big5|shift|euc|us-ascii|ascii|mac)[\w.:-]{0,30}", re.ASCII | re.I
)
UTF8_NAMES = ("utf-8", "utf8")
_MIN_CHARACTERS = 50  # for each damaged one; of random UTF-16 it would be 32
_MAX_NUMBER_DIGITS = 60  # no number of a city has so many
_MAX_DEPTH = 64  # levels of a JSON document; no real one has so many
# Lists and objects of a document. A parser holds the interpreter while it makes them, with the garbage collector: 16
# MiB of empty lists take 20 s. Outlines of 16 MiB have 900,000 points.
_MAX_PARTS = 1_000_000
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_WHITE_SPACE = b" \t\r\n"
# Where a valid JSON document has none of them, no name in it is damaged.
_DAMAGE = (REPLACEMENT.encode(), b"\x7f")
_ESCAPED_DAMAGE = re.compile(rb"\\(?:b|u(?:00[01]|007[fF]|[fF]{3}[dD]))")
_MAX_QUOTED_KEY = 40  # characters
_MAX_QUOTED = 120  # characters of a parser's message


class DecodingCode(ErrorCode):
    """Why the bytes of an answer cannot be decoded. Texts: components/messages/errors/decoding.toml."""

    CHARSET_UNKNOWN = "decoding.charset_unknown"
    CHARSET_WRONG = "decoding.charset_wrong"  # charset: as the byte order mark says
    EMPTY = "decoding.empty"
    HTML = "decoding.html"
    XML_INSTEAD_OF_JSON = "decoding.xml_instead_of_json"
    NOT_JSON = "decoding.not_json"  # external: the parser's message
    JSON_TOO_DEEP = "decoding.json_too_deep"
    TOO_MANY_PARTS = "decoding.too_many_parts"  # limit: of its lists and objects
    KEY_TWICE = "decoding.key_twice"  # key; not its values, which may be personal data
    NAME_DAMAGED = "decoding.name_damaged"  # name: of a member, with U+FFFD or a control character


def decode_text(page: ResponsePage) -> str:
    """The text of `page`: by byte order mark, by its zero bytes, as UTF-8, by the claimed charset.

    UTF-8 may be damaged at a few places, and one place of ASCII, which no claimed charset explains and which looks like
    no letter of another one, may be. Raises SourceError when none of them fits.
    """
    for mark, charset in _BYTE_ORDER_MARKS:
        if page.body.startswith(mark):
            return _decode_marked(page.body[len(mark) :], charset)
    for charset in (detect_utf16(page.body), "utf-8"):
        if (text := _decode_as(page.body, charset)) is not None:
            return text
    text = decode_utf8(page.body)
    text = _decode_as(page.body, page.charset) if text is None else text
    if text is None:
        text = decode_almost_ascii(page.body, 1, is_utf8=page.charset.lower() in UTF8_NAMES)
    if text is None:
        raise SourceError(DecodingCode.CHARSET_UNKNOWN)
    return text


def detect_utf16(body: bytes) -> str:
    """The UTF-16 charset of `body` without a byte order mark; "" when it does not look like UTF-16."""
    head = body[:400]
    if len(head) < 4 or len(body) % 2:
        return ""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 4 and not odd else ""


def _decode_as(body: bytes, charset: str) -> str | None:
    """The text of `body`, None where `charset` does not fit or is none."""
    try:
        return body.decode(charset) if CHARSET.fullmatch(charset) else None
    except (UnicodeError, LookupError):
        return None


def _decode_marked(body: bytes, charset: str) -> str:
    """The text after a byte order mark, with U+FFFD at a few places, such as half a character that its sender cut."""
    text = _decode_as(body, charset)
    if text is None:
        text = decode_in_parts(codecs.getincrementaldecoder(charset)("replace"), body, is_whole=True)
        if text.count(REPLACEMENT) * _MIN_CHARACTERS > len(text):
            raise SourceError(DecodingCode.CHARSET_WRONG, charset=charset)
    return text


def decode_json(page: ResponsePage, loads: Callable[[bytes], Any]) -> Any:
    """The JSON of `page`, parsed by `loads`, which raises ValueError. Raises SourceError with a DecodingCode."""
    if not page.body.strip():
        raise SourceError(DecodingCode.EMPTY)
    try:
        document = parse_json(page.body, loads)
    except ValueError:
        document = _retry_json(decode_text(page).strip(), loads)
    _empty_deep_parts(page.body, document)
    return document


def parse_json(body: bytes, loads: Callable[[bytes], Any]) -> Any:
    """The JSON of `body`, parsed by `loads`, whose ValueError comes through.

    Raises SourceError for an object that has one key with different values: parsers take the last one silently; for a
    damaged name of a member; and for more lists and objects than are read.
    """
    if body.count(b"[") + body.count(b"{") > _MAX_PARTS:
        raise SourceError(DecodingCode.TOO_MANY_PARTS, limit=_MAX_PARTS)
    document = loads(body)
    # Each member has the end of a key and a colon: as many as the document has keys means that none came twice. Texts
    # may have both too; then a slower parser decides, which sees every member.
    count = body.translate(None, _WHITE_SPACE).count(b'":')
    is_flat = type(document) is dict and count == len(document)
    if not is_flat and count != _key_count(document):
        _parse_strict(body)
    if any(sign in body for sign in _DAMAGE) or _ESCAPED_DAMAGE.search(body):
        _check_names(document)
    return document


def _check_names(document: Any) -> None:
    """Raises SourceError for a damaged name: its member would count as absent, such as the time when an event ended."""
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if damaged := next((name for name in value if isinstance(name, str) and shows_damage(name)), None):
                raise SourceError(DecodingCode.NAME_DAMAGED, name=shorten(damaged, _MAX_QUOTED_KEY))
            left += value.values()
        elif isinstance(value, list):
            left += value


def _key_count(document: object) -> int:
    """The number of keys of all objects in `document`."""
    count, containers = 0, [document]
    while containers:
        container = containers.pop()
        if type(container) is dict:
            count += len(container)
            containers += [value for value in container.values() if type(value) in (dict, list)]
        elif type(container) is list:
            containers += [value for value in container if type(value) in (dict, list)]
    return count


def _parse_strict(body: bytes) -> None:
    try:
        json.loads(body, object_pairs_hook=_unique_members)
    except RecursionError:
        raise SourceError(DecodingCode.JSON_TOO_DEEP) from None


def _unique_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object. Raises SourceError for a key that comes again with another value."""
    unique: dict[str, Any] = {}
    for key, value in members:
        if key in unique and json.dumps(unique[key]) != json.dumps(value):  # 1 and true are equal in Python
            raise SourceError(DecodingCode.KEY_TWICE, key=shorten(key, _MAX_QUOTED_KEY))
        unique[key] = value
    return unique


def _empty_deep_parts(body: bytes, document: object) -> None:
    """Empties what the JSON `document` in `body` has below _MAX_DEPTH levels: more than recursive code can follow.

    Its item is then rejected like any other of a wrong type, and the others are read.
    """
    if body.count(b"[") + body.count(b"{") <= _MAX_DEPTH:
        return
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(_MAX_DEPTH):
        outer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if outer == brackets:
            break
        brackets = outer
    if brackets:  # too deep, or there are brackets in texts: only then is the document itself looked through
        for container in _containers_at(_MAX_DEPTH, document):
            container.clear()


def _containers_at(depth: int, document: object) -> list[dict[str, Any] | list[Any]]:
    """The objects and lists of a document at `depth` levels below it."""
    level = [document]
    for _ in range(depth):
        containers = [item for item in level if isinstance(item, dict | list)]
        level = [child for item in containers for child in (item.values() if isinstance(item, dict) else item)]
    return [item for item in level if isinstance(item, dict | list)]


def _retry_json(text: str, loads: Callable[[bytes], Any]) -> Any:
    """The JSON of an answer that its bytes as they came were not: in another charset, damaged, or with NaN in it."""
    if text[:200].lstrip().lower().startswith(("<!doctype html", "<html", "<head", "<body")):
        raise SourceError(DecodingCode.HTML)
    if text.startswith("<"):
        raise SourceError(DecodingCode.XML_INSTEAD_OF_JSON)
    try:
        return parse_json(text.encode(), loads)
    except ValueError:
        return _parse_lenient(text)


def _parse_lenient(text: str) -> Any:
    """JSON with bare NaN and Infinity, read as null, with lone surrogates, read as U+FFFD, and control characters.

    The grammar of RFC 8259 allows lone surrogates. Programs that build JSON by hand write tabs, line breaks and NUL
    into texts as they are: they are read as escaped ones. A number that is too large for a float stays a text, so that
    only its own value is rejected, not the whole answer.
    """
    try:
        document = json.loads(
            text, strict=False, object_pairs_hook=_unique_members, parse_constant=lambda _: None,
            parse_int=_int_or_text, parse_float=_float_or_text,
        )  # fmt: skip
        plain = json.dumps(document, ensure_ascii=False)  # a pair of surrogates is one character in it
        if (replaced := replace_lone_surrogates(plain)) != plain:
            document = json.loads(replaced, object_pairs_hook=_unique_members)
    except RecursionError:
        raise SourceError(DecodingCode.JSON_TOO_DEEP) from None
    except ValueError as error:
        raise SourceError(DecodingCode.NOT_JSON, external=shorten(str(error), _MAX_QUOTED)) from None
    _check_names(document)
    return document


def _int_or_text(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_NUMBER_DIGITS else digits[:_MAX_NUMBER_DIGITS]


def _float_or_text(digits: str) -> float | str:
    number = float(digits)
    return number if isfinite(number) else digits[:_MAX_NUMBER_DIGITS]
