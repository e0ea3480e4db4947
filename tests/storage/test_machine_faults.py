"""Memory, descriptors or threads that are refused while results are written: all are kept and written later."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.city import NOW
from tests.storage.test_unstorable_items import WriterOver, reading

FAULTS = [MemoryError(), OSError(24, "Too many open files"), RuntimeError("can't start new thread")]


@pytest.fixture
def over(store: Store) -> Iterator[WriterOver]:
    over = WriterOver(store)
    with closing(over.writer):
        yield over


@pytest.mark.parametrize("count", [1, 2, 6])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("first", [None, ValueError("x")], ids=["alone", "after a fault of data"])
async def test_what_could_not_be_written_for_a_fault_of_the_machine_is_written_later(
    over: WriterOver, monkeypatch: pytest.MonkeyPatch, fault: Exception, first: Exception | None, count: int
) -> None:
    """After a fault of data the results are written one by one: the fault of the machine comes there."""
    page, faults = ResponsePage(b"{}", "application/json"), [*filter(None, [first]), *[fault] * count]
    append_all = readings.append_all

    def append_or_fail(*args: Any, **options: Any) -> Any:
        if faults:
            raise faults.pop(0)
        return append_all(*args, **options)

    with over.store.write() as conn:
        webhook_queue.enqueue(conn, [webhook_queue.IncomingWebhook("a", page, NOW)])
    with over.store.read() as conn:
        ids = [message.id for message in webhook_queue.pending(conn, "a")]
    monkeypatch.setattr(readings, "append_all", append_or_fail)
    await over.write(Batch((reading("a", 1.0),)), Batch((reading("b", 2.0),)), message_ids=ids)
    assert over.writer.waiting_count
    for _ in range(count):
        await over.writer.commit()
    assert (over.level("a"), over.level("b")) == (1.0, 2.0)
    assert over.rejected("a") == over.rejected("b") == []
    assert over.writer.waiting_count == 0 and over.writer.write_failing_since is None
    with over.store.read() as conn:
        assert webhook_queue.pending(conn, "a") == []


async def test_a_heartbeat_that_fails_for_a_fault_of_the_machine_says_that_the_store_cannot_be_written(
    over: WriterOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("ioc.storage.db.change_counter.record_heartbeat", refuse)
        await over.writer.heartbeat()
    assert over.writer.write_failing_since == NOW
    await over.writer.heartbeat()
    assert over.writer.write_failing_since is None
