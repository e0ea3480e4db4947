"""The two forms of a GeoReport answer, JSON and XML, as one list of plain items."""

from typing import Any

import orjson

from data_sources._mapping.xml import name_of, tree_of
from ioc.domain.ingest.decoding import json_of
from ioc.domain.ingest.protocol import Page, SourceError

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
    root = tree_of(page)
    if name_of(root) not in _LISTS:
        raise SourceError("the answer is no GeoReport list")
    return [{name_of(part): (part.text or "").strip() for part in item} for item in root]
