"""The two forms of a GeoReport answer, JSON and XML, as one list of plain items."""

from typing import Any

import orjson

from domain.answer import json_of, text_of
from domain.feed import Page, SourceError

_LISTS = ("service_requests", "services", "errors", "requests")
MOST = 20_000


def items_of(page: Page) -> list[Any]:
    """The items of an answer, whatever was asked for. SourceError when it is no list of them."""
    if page.body[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        found = _xml(page)
    else:
        found = _json(json_of(page, orjson.loads))
    if len(found) > MOST:
        raise SourceError(f"the answer has more than {MOST} items")
    return found


def _json(document: Any) -> list[Any]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        if "code" in document and "description" in document:
            return [document]
        for name in _LISTS:
            if isinstance(document.get(name), list):
                return list(document[name])
    raise SourceError("the answer is no GeoReport list")


def _xml(page: Page) -> list[Any]:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        text: str | bytes = text_of(page).lstrip()
    except SourceError:
        text = page.body  # its own declaration may name the charset
    if isinstance(text, str) and text[:200].lower().startswith(("<!doctype html", "<html", "<head", "<body")):
        raise SourceError("the answer is HTML, not GeoReport")
    try:
        root = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise SourceError("the XML declares a DTD or entities, which are not read") from None
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(f"the answer is not whole XML: {str(error)[:100]}") from None
    if root.tag not in _LISTS:
        raise SourceError("the answer is no GeoReport list")
    return [{str(part.tag): (part.text or "").strip() for part in item} for item in root]
