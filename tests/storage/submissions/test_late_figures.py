"""Figures sent, or corrected, long after their period: what is in force is what the store has."""

from datetime import timedelta

from data_sources import submissions as protocol
from ioc.config.configuration import RetentionPolicy
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.validation import validate_batch
from ioc.domain.submissions.submission import SubmissionState
from ioc.storage import webhook_queue
from ioc.storage.db.schema import series
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings, retention
from ioc.storage.timeseries.writer_cache import new_series_row
from tests.data_sources.server import row
from tests.storage.submissions.test_submissions import SubmissionHarness


def poll(harness: SubmissionHarness) -> readings.IngestResult:
    """Reads the messages that wait, after a sweep."""
    cells = {cell.series.key: cell.series for cell in harness.obligation.cells}
    with harness.store.write() as conn:
        retention.sweep(conn, harness.now, {"normal": RetentionPolicy(90, 400)})
        messages = webhook_queue.pending(conn, "d", harness.now)
        pages = tuple(message.page for message in messages)
        batch = protocol.parse(row("/nhap-so-lieu/d", {}, key="d"), Payload(pages), harness.now)
        batch = validate_batch(batch, cells, harness.now)
        webhook_queue.acknowledge(conn, "d", [message.id for message in messages])
        return readings.append(conn, "d", batch.readings, harness.now)


def test_figures_that_are_in_force_are_stored_however_late_they_are(store: Store) -> None:
    harness = SubmissionHarness(store)
    harness.now += timedelta(days=200)
    with store.write() as conn:  # as installations had them before figures were kept
        conn.execute(series.insert(), [new_series_row(key, "d", "", "normal") for key in ("x", "y")])
    poll(harness)
    harness.submit()
    assert harness.status() is SubmissionState.SUBMITTED_LATE
    assert poll(harness).new == 2
    harness.now += timedelta(days=100)
    poll(harness)
    harness.submit(reason="số liệu chính thức", x=15.0)
    assert poll(harness).corrected == 1
    with store.read() as conn:
        assert {key: latest.value for key, latest in readings.latest(conn).items()} == {"x": 15.0, "y": 3.5}
