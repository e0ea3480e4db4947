"""The cases of all protocols as sources that declare every kind of event, and what must hold for any input."""

from dataclasses import replace
from datetime import datetime
from math import isfinite
from time import process_time

from data_sources import protocols
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.validation import MAX_FACT, MAX_FACTS, MAX_TEXT, MAX_TITLE, validate_events
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import EARLIEST_TIME, MAX_CLOCK_LEAD, Batch
from ioc.domain.ingest.source import EventKind, Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW
from tests.data_sources.test_contract import CASES, Case

KINDS = ("alert", "item", "report", "vehicle", "camera", "news", "works", "place")
MAX_SECONDS = 5.0  # CPU time of one parse


def source_of(case: Case) -> Source:
    """The source of `case`, with every kind of event."""
    return replace(case.source, events=tuple(EventKind(kind, LocalizedText(kind)) for kind in KINDS))


SOURCES = [(case, source_of(case)) for case in CASES]


def assert_parsed_or_refused(source: Source, page: ResponsePage, now: datetime = NOW) -> Batch | None:
    """Asserts that `page` is refused by a SourceError or gives a valid batch, in limited time. The batch, if any.

    Any other exception is a failure of the test.
    """
    start = process_time()
    try:
        batch = protocols()[source.protocol].parse(source, Payload((page,)), now)
    except SourceError as error:
        assert 0 < len(str(error.failure)) < 400
        return None
    finally:
        assert process_time() - start < MAX_SECONDS
    assert_valid_batch(source, batch, now)
    return batch


def assert_valid_batch(source: Source, batch: Batch, now: datetime = NOW) -> None:
    """Asserts what must hold for every batch: known series and kinds, finite values, bounded texts, a failure each."""
    validated = validate_batch(batch, source.polled_series(), now)
    for reading in validated.readings:
        assert reading.series in source.polled_series() and EARLIEST_TIME <= reading.observed <= now + MAX_CLOCK_LEAD
        assert reading.value is None or isfinite(reading.value)
    events, rejected_events = validate_events(batch.events, KINDS, now, id_key=b"key")
    for event in events:
        assert event.kind in KINDS and event.key and event.title and event.observed <= now + MAX_CLOCK_LEAD
        assert len(event.title) <= MAX_TITLE and len(event.text) <= MAX_TEXT and len(event.facts) <= MAX_FACTS
        assert all(len(text) <= MAX_FACT for text in event.facts.values())
        assert not event.link or event.link.startswith(("https://", "http://"))
        f"{event}".encode()  # no half surrogate pairs: they could be neither stored nor sent
    for item in (*validated.rejected_items, *rejected_events):
        assert isinstance(item.location, str) and isinstance(item.failure, Failure) and len(item.sample) <= 300
