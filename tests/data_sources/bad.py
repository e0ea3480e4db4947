"""Every protocol's case as a source that declares all that it could tell, and what must hold of whatever it is sent."""

from dataclasses import replace
from datetime import datetime
from math import isfinite
from time import process_time

from data_sources import protocols
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.validation import MAX_FACT, MAX_FACTS, MAX_TEXT, MAX_TITLE
from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import EARLIEST_TIME, MAX_CLOCK_LEAD, Batch, validate_batch
from ioc.domain.ingest.source import EventKind, Source
from tests.data_sources.server import NOW
from tests.data_sources.test_contract import CASES, Case

KINDS = ("alert", "item", "report", "vehicle", "camera", "news", "works", "place")
SECONDS = 5.0  # of this process; what takes longer than a poll's deadline is put aside


def source_of(case: Case) -> Source:
    """The row of `case`, with every kind of events."""
    return replace(case.source, events=tuple(EventKind(one, LocalizedText(one)) for one in KINDS))


SOURCES = [(case, source_of(case)) for case in CASES]


def stands(source: Source, page: ResponsePage, now: datetime = NOW) -> Batch | None:
    """What is made of `page`; None when it is refused as a whole. Anything else than SourceError is a fault."""
    begun = process_time()
    try:
        batch = protocols()[source.protocol].parse(source, Payload((page,)), now)
    except SourceError as error:
        assert 0 < len(error.failure) < 400
        return None
    finally:
        assert process_time() - begun < SECONDS
    _sound(source, batch, now)
    return batch


def _sound(source: Source, batch: Batch, now: datetime) -> None:
    admitted = validate_batch(batch, source.polled_series(), now)
    for one in admitted.readings:
        assert one.series in source.polled_series() and EARLIEST_TIME <= one.observed <= now + MAX_CLOCK_LEAD
        assert one.value is None or isfinite(one.value)
    events, aside = admit_events(batch.events, KINDS, now)
    for event in events:
        assert event.kind in KINDS and event.key and event.title and event.observed <= now + MAX_CLOCK_LEAD
        assert len(event.title) <= MAX_TITLE and len(event.text) <= MAX_TEXT and len(event.facts) <= MAX_FACTS
        assert all(len(text) <= MAX_FACT for text in event.facts.values())
        assert not event.link or event.link.startswith(("https://", "http://"))
        f"{event}".encode()  # no half surrogates: they could be neither kept nor sent
    for bad in (*admitted.rejected_items, *aside):
        assert isinstance(bad.location, str) and isinstance(bad.failure, str) and len(bad.sample) <= 300
