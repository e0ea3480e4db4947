"""The times of vehicles beside that of their GTFS-Realtime feed."""

from datetime import timedelta

import pytest

from data_sources.gtfs_rt.errors import GtfsCode
from ioc.domain.base.failure import Failure
from ioc.domain.events.validation import validate_events
from tests.data_sources.failures import failures
from tests.data_sources.server import NOW
from tests.data_sources.test_gtfs_rt import TIME, parsed
from tests.data_sources.transit import AT, feed, vehicle


@pytest.mark.parametrize("ahead", [301, 3_600, 86_400])
def test_a_vehicle_with_a_time_after_that_of_its_feed_is_rejected(ahead: int) -> None:
    batch = parsed(feed(vehicle(timestamp=AT + ahead), vehicle("2"), vehicle("3", timestamp=AT + 300)))
    assert [one.key for one in batch.events] == ["2", "3"]
    times = {"time": TIME + timedelta(seconds=ahead), "feed_time": TIME}
    assert failures(batch) == [Failure(GtfsCode.TIME_AFTER_FEED, times)]


def test_a_feed_whose_clock_is_a_day_ahead_is_not_admitted() -> None:
    body = feed(vehicle(timestamp=AT + 86_400), at=AT + 86_400)
    good, refused = validate_events(parsed(body).events, {"vehicle"}, NOW, id_key=b"key")
    assert not good and len(refused) == 1
