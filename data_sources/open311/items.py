"""GeoReport answers in JSON or XML as one list of plain items."""

from typing import Any
from xml.etree.ElementTree import Element

import orjson

from data_sources._mapping.xml import local_name, parse_xml
from data_sources.open311.errors import Open311Code
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import ResponsePage, SourceError

LIST_KEYS = ("service_requests", "services", "errors", "requests")
MAX_ITEMS = 20_000


def items_of(page: ResponsePage, is_services: bool) -> list[Any]:
    """The items of an answer, in whichever of the two forms; a Failure for one that contradicts itself.

    `is_services`: it answers the request for the services. Raises SourceError when it is no list, or an empty one of
    another kind.
    """
    if page.body[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        name, items = _xml(page)
    else:
        name, items = _json(decode_json(page, orjson.loads))
    if not items and name == "services" and not is_services:
        raise SourceError(Open311Code.SERVICES_WITHOUT_REPORTS)
    if not items and name == "errors":
        raise SourceError(Open311Code.NOT_GEOREPORT)
    if len(items) > MAX_ITEMS:
        raise SourceError(IngestCode.TOO_MANY_ITEMS, limit=MAX_ITEMS)
    return items


def _json(document: Any) -> tuple[str, list[Any]]:
    """The name of the list, "" for one without, and its items."""
    if isinstance(document, list):
        return "", document
    if isinstance(document, dict):
        if "code" in document and "description" in document:
            return "", [document]
        for name in LIST_KEYS:
            if isinstance(document.get(name), list):
                return name, document[name]
    raise SourceError(Open311Code.NOT_GEOREPORT)


def _xml(page: ResponsePage) -> tuple[str, list[Any]]:
    root = parse_xml(page)
    if local_name(root) not in LIST_KEYS:
        raise SourceError(Open311Code.NOT_GEOREPORT)
    return local_name(root), [_xml_item(item) for item in root]


def _xml_item(element: Element) -> dict[str, str] | Failure:
    item: dict[str, str] = {}
    for part in element:
        name, text = local_name(part), (part.text or "").strip()
        if item.setdefault(name, text) != text:
            return Failure(Open311Code.ELEMENT_TWICE, {"element": shorten(name, 40)})
    return item
