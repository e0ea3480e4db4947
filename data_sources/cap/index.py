"""An index of alerts, Atom or RSS: its entries and the addresses of their alerts."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from data_sources._mapping.xml import (
    attribute,
    child_text,
    children,
    descendants,
    element_text,
    local_name,
    parse_feed_time,
)
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.source import Source
from ioc.net.url_origin import is_allowed_origin, parse_origin

_CHANNEL_FIELDS = ("title", "id", "link", "updated", "lastBuildDate", "pubDate")  # of which each feed has some
_CAP = "application/cap+xml"


class AlertLink(NamedTuple):
    """An entry: its place in the index, the address of its alert, its time as written ("": none).

    An address that is not allowed is "", and `refused_host` is its host.
    """

    where: str
    address: str
    refused_host: str
    revision: str


def is_index(root: Element) -> bool:
    """Whether `root` is a feed, even one without entries."""
    if local_name(root) not in ("feed", "rss", "RDF"):
        return False
    channel = next(children(root, "channel"), root)
    has_field = any(child_text(channel, name) for name in _CHANNEL_FIELDS)
    return has_field or next(descendants(root, "entry", "item", "alert"), None) is not None


def links(root: Element, source: Source, limit: int) -> list[AlertLink]:
    """The entries without an alert inside them, of the first `limit`."""
    alert_links = []
    for n, entry in enumerate(islice(descendants(root, "entry", "item"), limit)):
        if next(descendants(entry, "alert"), None) is None:
            alert_links.append(AlertLink(f"entry[{n}]", *_checked_url(_alert_url(entry), source), _revision(entry)))
    return alert_links


def index_time(root: Element, zone: ZoneInfo) -> datetime | None:
    """When the index says that it was made: Atom's updated, lastBuildDate or pubDate of RSS; None for an alert."""
    if not is_index(root):
        return None
    channel = next(children(root, "channel"), root)
    for name in ("updated", "lastBuildDate", "pubDate", "date"):
        try:
            if text := child_text(channel, name):
                return parse_feed_time(text, zone)
        except ParseError:
            continue
    return None


def has_more_entries(root: Element, limit: int) -> bool:
    """Whether the index has more than `limit` entries."""
    return next(islice(descendants(root, "entry", "item"), limit, None), None) is not None


def _revision(entry: Element) -> str:
    times = (child_text(entry, name) for name in ("updated", "pubDate", "date", "published"))
    return next(filter(None, times), "")


def _alert_url(entry: Element) -> str:
    """The address of the alert: a link of the type CAP, else the entry's own link, else an id that is an address."""
    return next(filter(None, (*_cap_links(entry), *_other_links(entry))), "")


def _cap_links(entry: Element) -> Iterator[str]:
    for link in (*children(entry, "link"), *children(entry, "enclosure")):
        if attribute(link, "type").casefold().startswith(_CAP):
            yield attribute(link, "href") or attribute(link, "url")


def _other_links(entry: Element) -> Iterator[str]:
    for link in children(entry, "link"):
        if attribute(link, "rel") in ("", "alternate"):
            yield attribute(link, "href") or element_text(link)
    for name in ("guid", "id"):
        if (address := child_text(entry, name)).startswith(("https://", "http://")):
            yield address


def _checked_url(link: str, source: Source) -> tuple[str, str]:
    """The address of a link and "", or "" and the host that is not one of the source; both "" without a usable link."""
    try:
        address = urljoin(source.address, link) if link else ""
        is_allowed = is_allowed_origin(parse_origin(address), parse_origin(source.address), source.allowed_hosts)
    except ValueError:
        return "", ""
    if len(address) > 2_000:
        return "", ""
    return (address, "") if is_allowed else ("", urlsplit(address).netloc.rpartition("@")[2][:100])
