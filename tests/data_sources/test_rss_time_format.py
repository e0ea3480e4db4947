"""Times of a press feed in a form of its own: rejected with what to set, read when it is set."""

from datetime import UTC, datetime
from typing import Any

import pytest

from data_sources._mapping import options_of
from data_sources.rss import Options, parse
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import failures
from tests.data_sources.server import NOW, row

MONTH_FIRST = "%m/%d/%Y %I:%M:%S %p"


def read(*times: str, **options: Any) -> tuple[Batch, str]:
    """The batch, and a time that was read in the default zone."""
    items = "".join(
        f"<item><title>Tin {n}</title><guid>{n}</guid><pubDate>{time}</pubDate></item>" for n, time in enumerate(times)
    )
    feed = f"<rss version='2.0'><channel><title>Báo</title>{items}</channel></rss>"
    source = row(options=options)
    batch = parse(source, Payload((ResponsePage(feed.encode()),)), NOW)
    assumed = options_of(source, Options).assumed_zone
    return batch, assumed.text if assumed else ""


@pytest.mark.parametrize("time", ["10/2/2026 9:25:00 AM", "9/9/2026 7:11:00 PM"])
def test_a_clock_of_twelve_hours_names_no_zone(time: str) -> None:
    batch, _ = read(time)
    assert not batch.events and failures(batch) == [Failure(ParseCode.NOT_A_FEED_TIME, {"text": time})]


@pytest.mark.parametrize(("time_format", "month", "day"), [(MONTH_FIRST, 10, 2), ("%d/%m/%Y %I:%M:%S %p", 2, 10)])
def test_the_form_of_the_row_is_read_beside_the_standard_one(time_format: str, month: int, day: int) -> None:
    batch, assumed = read("10/2/2026 9:25:00 PM", "Fri, 02 Oct 2026 08:00:00 GMT", time_format=time_format)
    assert not batch.rejected_items and assumed == "10/2/2026 9:25:00 PM"
    expected = datetime(2026, month, day, 14, 25, tzinfo=UTC)
    assert [event.started for event in batch.events] == [expected, datetime(2026, 10, 2, 8, tzinfo=UTC)]


@pytest.mark.parametrize("time_format", ["%d/%m/%Y %H:%M GMT+7", "%d/%m/%Y %H:%M GMT%z"])
def test_a_zone_in_the_form_of_the_row_is_read(time_format: str) -> None:
    batch, assumed = read("02/10/2026 21:25 GMT+7", time_format=time_format, zone="UTC")
    assert not batch.rejected_items and not assumed
    assert [event.started for event in batch.events] == [datetime(2026, 10, 2, 14, 25, tzinfo=UTC)]
