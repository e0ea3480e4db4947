"""An index of alerts, Atom or RSS: which entries lead to an alert of their own, and where to."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from data_sources._mapping.xml import attribute, child_text, children, descendants, element_text, local_name
from ioc.domain.ingest.source import Source

_CAP = "application/cap+xml"


class AlertLink(NamedTuple):
    """Where it stands in the index, where the alert lies, and what tells that it changed ("": nothing does)."""

    where: str
    address: str
    revision: str


def is_index(root: Element) -> bool:
    """Whether `root` is a feed, with alerts in it or without any."""
    return local_name(root) in ("feed", "rss", "RDF")


def links(root: Element, source: Source, limit: int) -> list[AlertLink]:
    """The entries that hold no alert themselves, of the first `most`. An address that may not be followed is ""."""
    found = []
    for n, entry in enumerate(islice(descendants(root, "entry", "item"), limit)):
        if next(descendants(entry, "alert"), None) is None:
            found.append(AlertLink(f"entry[{n}]", _allowed_url(_alert_url(entry), source), _revision(entry)))
    return found


def has_more_entries(root: Element, limit: int) -> bool:
    """Whether the index has more than `most` entries."""
    return next(islice(descendants(root, "entry", "item"), limit, None), None) is not None


def is_same_origin(address: str, source: Source) -> bool:
    """Whether `address` is at the source's own origin, to which alone its headers may go."""
    return urlsplit(address)[:2] == urlsplit(source.address)[:2]


def _revision(entry: Element) -> str:
    marks = (child_text(entry, name) for name in ("updated", "pubDate", "date", "published"))
    return next(filter(None, marks), "")


def _alert_url(entry: Element) -> str:
    """The address of the alert: said to be CAP, or the entry's own link, or an id that is an address."""
    return next(filter(None, (*_cap_links(entry), *_other_links(entry))), "")


def _cap_links(entry: Element) -> Iterator[str]:
    for one in (*children(entry, "link"), *children(entry, "enclosure")):
        if attribute(one, "type").casefold().startswith(_CAP):
            yield attribute(one, "href") or attribute(one, "url")


def _other_links(entry: Element) -> Iterator[str]:
    for one in children(entry, "link"):
        if attribute(one, "rel") in ("", "alternate"):
            yield attribute(one, "href") or element_text(one)
    for name in ("guid", "id"):
        if (address := child_text(entry, name)).startswith(("https://", "http://")):
            yield address


def _allowed_url(link: str, source: Source) -> str:
    try:
        address = urljoin(source.address, link) if link else ""
        there = urlsplit(address)
        allowed = (
            is_same_origin(address, source)
            or there.hostname in source.allowed_hosts
            or there.netloc in source.allowed_hosts
        )
    except ValueError:
        return ""
    return address if allowed and len(address) <= 2_000 else ""
