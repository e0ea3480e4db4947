"""Every protocol's case as a source that declares all that it could tell, and what must hold of whatever it is sent."""

from dataclasses import replace
from datetime import datetime
from math import isfinite
from time import process_time

from data_sources import protocols
from ioc.domain.base.localized_text import Text
from ioc.domain.events.validation import FACT, MOST_FACTS, TEXT, TITLE
from ioc.domain.events.validation import admit as admit_events
from ioc.domain.ingest.protocol import Page, Payload, SourceError
from ioc.domain.ingest.reading import AHEAD, EARLIEST, Batch, admit
from ioc.domain.ingest.source import EventKind, Source
from tests.data_sources.server import NOW
from tests.data_sources.test_contract import CASES, Case

KINDS = ("alert", "item", "report", "vehicle", "camera", "news", "works", "place")
SECONDS = 5.0  # of this process; what takes longer than a poll's deadline is put aside


def source_of(case: Case) -> Source:
    """The row of `case`, with every kind of events."""
    return replace(case.source, events=tuple(EventKind(one, Text(one)) for one in KINDS))


SOURCES = [(case, source_of(case)) for case in CASES]


def stands(source: Source, page: Page, now: datetime = NOW) -> Batch | None:
    """What is made of `page`; None when it is refused as a whole. Anything else than SourceError is a fault."""
    begun = process_time()
    try:
        batch = protocols()[source.protocol].parse(source, Payload((page,)), now)
    except SourceError as error:
        assert 0 < len(error.reason) < 400
        return None
    finally:
        assert process_time() - begun < SECONDS
    _sound(source, batch, now)
    return batch


def _sound(source: Source, batch: Batch, now: datetime) -> None:
    admitted = admit(batch, source.wanted(), now)
    for one in admitted.readings:
        assert one.series in source.wanted() and EARLIEST <= one.observed <= now + AHEAD
        assert one.value is None or isfinite(one.value)
    events, aside = admit_events(batch.events, KINDS, now)
    for event in events:
        assert event.kind in KINDS and event.key and event.title and event.observed <= now + AHEAD
        assert len(event.title) <= TITLE and len(event.text) <= TEXT and len(event.facts) <= MOST_FACTS
        assert all(len(text) <= FACT for text in event.facts.values())
        assert not event.link or event.link.startswith(("https://", "http://"))
        f"{event}".encode()  # no half surrogates: they could be neither kept nor sent
    for bad in (*admitted.refused, *aside):
        assert isinstance(bad.where, str) and isinstance(bad.reason, str) and len(bad.sample) <= 300
