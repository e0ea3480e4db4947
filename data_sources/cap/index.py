"""An index of alerts, Atom or RSS: which entries lead to an alert of their own, and where to."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from data_sources._mapping.xml import attribute, children, line_of, name_of, said, within
from ioc.domain.ingest.source import Source

_CAP = "application/cap+xml"


class Link(NamedTuple):
    """Where it stands in the index, where the alert lies, and what tells that it changed ("": nothing does)."""

    where: str
    address: str
    mark: str


def is_index(root: Element) -> bool:
    """Whether `root` is a feed, with alerts in it or without any."""
    return name_of(root) in ("feed", "rss", "RDF")


def links(root: Element, source: Source, most: int) -> list[Link]:
    """The entries that hold no alert themselves, of the first `most`. An address that may not be followed is ""."""
    found = []
    for n, entry in enumerate(islice(within(root, "entry", "item"), most)):
        if next(within(entry, "alert"), None) is None:
            found.append(Link(f"entry[{n}]", _followable(_target(entry), source), _mark(entry)))
    return found


def crowded(root: Element, most: int) -> bool:
    """Whether the index has more than `most` entries."""
    return next(islice(within(root, "entry", "item"), most, None), None) is not None


def own(address: str, source: Source) -> bool:
    """Whether `address` is at the source's own origin, to which alone its headers may go."""
    return urlsplit(address)[:2] == urlsplit(source.address)[:2]


def _mark(entry: Element) -> str:
    marks = (said(entry, name) for name in ("updated", "pubDate", "date", "published"))
    return next(filter(None, marks), "")


def _target(entry: Element) -> str:
    """The address of the alert: said to be CAP, or the entry's own link, or an id that is an address."""
    return next(filter(None, (*_declared(entry), *_plain(entry))), "")


def _declared(entry: Element) -> Iterator[str]:
    for one in (*children(entry, "link"), *children(entry, "enclosure")):
        if attribute(one, "type").casefold().startswith(_CAP):
            yield attribute(one, "href") or attribute(one, "url")


def _plain(entry: Element) -> Iterator[str]:
    for one in children(entry, "link"):
        if attribute(one, "rel") in ("", "alternate"):
            yield attribute(one, "href") or line_of(one)
    for name in ("guid", "id"):
        if (address := said(entry, name)).startswith(("https://", "http://")):
            yield address


def _followable(link: str, source: Source) -> str:
    try:
        address = urljoin(source.address, link) if link else ""
        there = urlsplit(address)
        allowed = own(address, source) or there.hostname in source.hosts or there.netloc in source.hosts
    except ValueError:
        return ""
    return address if allowed and len(address) <= 2_000 else ""
