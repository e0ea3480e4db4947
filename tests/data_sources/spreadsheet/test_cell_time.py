"""The time of a row, from the cells of its day and of its time of day."""

from datetime import UTC, datetime

from data_sources.spreadsheet import parse
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row


def test_row_without_its_time_of_day_is_rejected_and_never_of_midnight() -> None:
    body = "Ngày;Giờ;Mức\n24/11/2026;;2,5\n24/11/2026;7:00;2,6\n"
    options = {"time": "Ngày", "clock": "Giờ", "columns": {"level": "Mức"}}
    batch = parse(row("/in", options), Payload((ResponsePage(body.encode(), address="a.csv"),)), NOW)
    assert [(one.value, one.observed) for one in batch.readings] == [(2.6, datetime(2026, 11, 24, tzinfo=UTC))]
    assert codes(batch) == [ParseCode.TIME_MISSING]
    assert [item.location for item in batch.rejected_items] == ["a.csv: B2"]
