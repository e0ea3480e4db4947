"""Times at the ends of the calendar in the place of those of each protocol: what they make can be kept and shown."""

import re
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from components.ui.error_messages import describe
from data_sources import http_json, protocols
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import CITY_ZONE, from_ms, to_ms
from ioc.domain.events.event import Event, EventStage
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.parsing import parse_end
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import EARLIEST_TIME, LATEST_TIME
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.protocol_invariants import KINDS, SOURCES
from tests.data_sources.server import NOW, fixture, row
from tests.data_sources.test_contract import Case
from tests.data_sources.test_gtfs_rt import parsed
from tests.data_sources.transit import feed, vehicle

EACH = pytest.mark.parametrize(("case", "source"), SOURCES, ids=[case.fixture for case, _ in SOURCES])
EXTREME = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01", "1899-12-31T23:59:59Z", "2201-01-01T00:00:00Z",
    "9999-12-31", "9999-12-31T17:00:00Z", "9999-12-31T23:59:59", "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999-12:00", "9999-12-31T23:59:59.9999999+07:00",
)  # fmt: skip
_TIMES = re.compile(rb"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_MAIL_TIMES = re.compile(rb"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_SECONDS = re.compile(rb"\b1[67]\d{8}(\d{3})?\b")


def bodies(body: bytes) -> Iterator[bytes]:
    """`body` with all its times, or each second of them, replaced by one of the ends of the calendar."""
    for text in EXTREME:
        yield _TIMES.sub(text.encode(), body)
        places = [match.span() for match in _TIMES.finditer(body)][::-2]
        mixed = body
        for start, end in places:  # from the last one: the others stay where they are
            mixed = mixed[:start] + text.encode() + mixed[end:]
        yield mixed
    for mail in (b"Fri, 31 Dec 9999 23:59:59 -1200", b"Mon, 01 Jan 0001 00:00:00 +1400"):
        yield _MAIL_TIMES.sub(mail, body)
    for seconds in (b"0", b"-62135596800", b"253402300799", b"253402300799999", b"9223372036854775807", b"1e308"):
        yield _SECONDS.sub(seconds, body)


@EACH
def test_extreme_times_are_rejected_or_can_be_kept_and_shown(case: Case, source: Source) -> None:
    for body in bodies(fixture(case.fixture).body):
        try:
            batch = protocols()[source.protocol].parse(
                source, Payload((ResponsePage(body, "", "", case.fixture),)), NOW
            )
        except SourceError as error:
            assert_shown(error.failure)
            continue
        validated = validate_batch(batch, source.polled_series(), NOW)
        events, rejected = validate_events(batch.events, KINDS, NOW, id_key=b"key")
        times = [reading.observed for reading in validated.readings] + [event.observed for event in events]
        times += filter(None, (time for each in events for time in (each.started, each.due, each.closed, each.expires)))
        for time in times:
            assert EARLIEST_TIME <= time <= LATEST_TIME and from_ms(to_ms(time)).astimezone(CITY_ZONE)
        for item in (*batch.rejected_items, *validated.rejected_items, *rejected):
            assert_shown(item.failure)


def assert_shown(failure: Failure) -> None:
    """A failure is put into words, also after it was stored."""
    stored = Failure.from_text(failure.to_text())
    assert stored == failure and all(describe(stored, lang) for lang in ("vi", "en"))


@pytest.mark.parametrize("seconds", [1, 253_402_300_799])
def test_a_feed_of_vehicles_at_the_ends_of_the_calendar_is_read(seconds: int) -> None:
    trips = ({"startDate": "99991231", "startTime": "200:00:00"}, {"startDate": "00010101", "startTime": "0:00:00"})
    for entity in (vehicle(timestamp=seconds), *(vehicle(timestamp=seconds, trip=trip) for trip in trips)):
        good, refused = validate_events(parsed(feed(entity, at=seconds)).events, {"vehicle"}, NOW, id_key=b"key")
        assert all(event.expires and event.expires <= LATEST_TIME for event in good)
        for item in refused:
            assert_shown(item.failure)


NO_ENDS = ("9999-12-31", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z", "1900-01-01", "1970-01-01T00:00:00Z")


@pytest.mark.parametrize("end", NO_ENDS)
def test_an_event_whose_ends_stand_for_none_is_open(end: str) -> None:
    item = {"id": "1", "closed": end, "expires": end, "due": end}
    ends = {name: name for name in ("closed", "expires", "due")}
    events = {"kind": "report", "key": "{id}", "title": "{id}", **ends}
    page = ResponsePage(orjson.dumps([item]))
    (event,) = http_json.parse(row(options={"events": events}), Payload((page,)), NOW).events
    ((valid,), ()) = validate_events([event], {"report"}, NOW, id_key=b"key")
    assert (valid.stage, valid.closed, valid.due, valid.expires) == (EventStage.OPEN, None, None, None)


@pytest.mark.parametrize("text", NO_ENDS[:2])
def test_an_end_that_stands_for_no_end_is_none(text: str) -> None:
    event = Event("report", "1", NOW, "x", due=parse_end(text), expires=parse_end(text))
    assert validate_events([event], {"report"}, NOW, id_key=b"key") == ((replace(event, due=None, expires=None),), ())
