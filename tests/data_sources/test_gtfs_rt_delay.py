"""The delay of a trip: that at the next stop, of feeds that list stops already passed too."""

import json
from typing import Any

import pytest

from data_sources.gtfs_rt import parse
from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.names import NAMES_PAGE
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row, shared
from tests.data_sources.transit import AT, feed, trip


def parsed(body: bytes) -> Batch:
    return parse(row(options={"delay": "late"}), Payload((ResponsePage(body),)), NOW)


def stop(minutes: int | None, delay: int | None, field: str = "arrival", **more: Any) -> dict[str, Any]:
    """An update of a stop, `minutes` after the time of the feed, None: without a time."""
    event = {"time": AT + minutes * 60} if minutes is not None else {}
    return {field: event | ({} if delay is None else {"delay": delay}), **more}


STANDING = {"arrival": {"time": AT - 30, "delay": 50}, "departure": {"time": AT + 30, "delay": 80}}


@pytest.mark.parametrize(
    ("stops", "of_trip", "expected"),
    [
        ([stop(-9, 600), stop(-5, 500), stop(4, 60), stop(9, 30)], None, 60),
        ([stop(-9, 600), stop(4, 60)], 600, 60),
        ([stop(-9, 600, "departure"), stop(4, -20, "departure")], None, -20),
        ([stop(None, 600), stop(-5, 500), stop(None, 60)], None, 60),  # those before a passed one are passed
        ([stop(None, 600), stop(4, 60)], None, 600),
        ([stop(-9, 600), stop(4, None), stop(9, 60)], None, 60),
        ([stop(-9, 600), stop(4, None)], 40, 40),
        ([stop(-9, 600), stop(-5, 500)], 40, None),  # the trip has ended
        ([stop(None, 600), stop(-5, 500)], 40, None),
        ([stop(-9, 600), stop(None, None, scheduleRelationship="NO_DATA")], 40, 40),
        ([stop(-9, 600), stop(-5, None, scheduleRelationship="NO_DATA")], 40, None),
        ([stop(-9, 600), stop(4, None, scheduleRelationship="SKIPPED")], 40, None),
        ([stop(4, None, scheduleRelationship="SKIPPED")], 40, 40),  # none is known to be passed
        ([], 40, 40),
        ([stop(-9, 600), stop(-5, 500)], None, None),
        ([stop(-9, 600), stop(4, 9, scheduleRelationship="SKIPPED"), stop(9, 60)], None, 60),
        ([stop(-9, 600), stop(4, 9, scheduleRelationship="NO_DATA")], 40, 40),
        ([stop(None, 600), stop(-5, None, scheduleRelationship="NO_DATA"), stop(None, 60)], None, 60),
        ([stop(0, 60)], None, 60),
        ([STANDING, stop(9, 60)], None, 80),
        ([{**STANDING, "departure": {"time": AT + 30}}, stop(9, 60)], None, 50),
        ([{"arrival": {"time": AT - 30, "delay": 50}, "departure": {"delay": 50}}, stop(9, 60)], None, 60),
        ([stop(-9, 600)], 0, None),
    ],
)  # fmt: skip
def test_the_delay_of_a_trip_is_that_at_the_next_stop(
    stops: list[dict[str, Any]], of_trip: int | None, expected: int | None
) -> None:
    delay = {} if of_trip is None else {"delay": of_trip}
    batch = parsed(feed(trip("1", "r1", stopTimeUpdate=stops, **delay)))
    assert [one.value for one in batch.readings] == ([] if expected is None else [expected])
    assert not batch.rejected_items


def test_a_coming_stop_with_a_time_alone_is_said() -> None:
    batch = parsed(feed(trip("1", "r1", stopTimeUpdate=[stop(-9, 600), stop(4, None)])))
    assert failures(batch) == [Failure(GtfsCode.ONLY_ABSOLUTE_TIMES, {"n": 1})] and not batch.readings


def test_the_shared_feed_whose_trips_have_no_route() -> None:
    body = ResponsePage(shared("gtfs/otp_3b.pb").read_bytes())
    names = {"routes": {"r1": "3b"}, "stops": {}, "trips": {"3b|1": "r1", "3b|2": "r1"}}
    source = row(options={"delay": "late-{route}"})
    batch = parse(source, Payload((body, ResponsePage(json.dumps(names).encode(), NAMES_PAGE))), NOW)
    assert [(reading.series, reading.value) for reading in batch.readings] == [("late-3b", 330)]
    assert codes(parse(source, Payload((body,)), NOW)) == [GtfsCode.ROUTE_UNKNOWN] * 2
