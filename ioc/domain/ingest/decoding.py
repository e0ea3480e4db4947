"""What an answer's bytes hold: its text whatever the charset, its JSON whatever the wrapping."""

import codecs
import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import ResponsePage, SourceError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


# Charsets of text; Python has others under the same roof (punycode, uu) that take minutes or are no charsets.
CHARSET = re.compile(
    r"(utf|iso|latin|windows|cp|koi8|tis|gb|big5|shift|euc|us-ascii|ascii|mac)[\w.:-]{0,30}", re.ASCII | re.I
)
_MAX_NUMBER_DIGITS = 60  # digits; no number of a city has so many


def decode_text(page: ResponsePage) -> str:
    """The text of `page`: by byte order mark, by its zero bytes, as UTF-8, by the claimed charset. SourceError."""
    for mark, charset in _BYTE_ORDER_MARKS:
        if page.body.startswith(mark):
            return _decode_as(page.body[len(mark) :], charset)
    for charset in (detect_utf16(page.body), "utf-8", page.charset):
        if CHARSET.fullmatch(charset):
            try:
                return page.body.decode(charset)
            except (UnicodeError, LookupError):
                continue
    raise SourceError(untyped("the answer is in no charset that can be read"))


def detect_utf16(body: bytes) -> str:
    """The UTF-16 charset of `body` without a mark, "" when it does not look like one."""
    head = body[:400]
    if len(head) < 4 or len(body) % 2:
        return ""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 4 and not odd else ""


def _decode_as(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except UnicodeError:
        raise SourceError(untyped(f"the answer is marked as {charset} but is not")) from None


def decode_json(page: ResponsePage, loads: Callable[[bytes], Any]) -> Any:
    """The JSON of `page`, read by `loads` (ValueError when it cannot). SourceError says what stands there instead."""
    if not page.body.strip():
        raise SourceError(untyped("the answer is empty"))
    try:
        return loads(page.body)
    except ValueError as error:
        return _retry_json(decode_text(page).strip(), loads, str(error))


def _retry_json(text: str, loads: Callable[[bytes], Any], fault: str) -> Any:
    if text[:200].lstrip().lower().startswith(("<!doctype html", "<html", "<head", "<body")):
        raise SourceError(untyped("the answer is HTML, not JSON"))
    if text.startswith("<"):
        raise SourceError(untyped("the answer is XML, not JSON"))
    try:
        return loads(text.encode())
    except ValueError as error:
        fault = str(error)
    if "depth" in fault or "recursion" in fault.lower():
        raise SourceError(untyped("the JSON is nested too deep"))
    if "NaN" in text or "Infinity" in text or "number" in fault:
        return _parse_lenient(text)
    raise SourceError(untyped(f"the answer is not JSON: {fault[:120]}"))


def _parse_lenient(text: str) -> Any:
    """JSON with the bare NaN and Infinity that some writers leave in it: read as null.

    A number that is too large for any stays a text, so that it costs its own value and not the whole answer.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_int=_int_or_text, parse_float=_float_or_text)
    except RecursionError:
        raise SourceError(untyped("the JSON is nested too deep")) from None
    except ValueError as error:
        raise SourceError(untyped(f"the answer is not JSON: {str(error)[:120]}")) from None


def _int_or_text(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_NUMBER_DIGITS else digits[:_MAX_NUMBER_DIGITS]


def _float_or_text(digits: str) -> float | str:
    found = float(digits)
    return found if isfinite(found) else digits[:_MAX_NUMBER_DIGITS]
