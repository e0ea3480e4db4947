"""An answer of many events is recorded in parts: the others are served between them, and nothing ends too early."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.reading import Batch, Reading
from ioc.poller.answer_parts import MAX_EVENTS, MAX_SOURCE_EVENTS, take_part
from ioc.poller.poll_result import PollResult
from ioc.storage import webhook_queue
from ioc.storage.access import login_attempts
from ioc.storage.db.schema import event_log
from ioc.storage.db.store import Conn, Store
from ioc.storage.events import events
from tests.city import NOW
from tests.poller.running import poll_result
from tests.storage.test_unstorable_items import POISON, WriterOver, event, event_source

COMPLETE = frozenset({"report"})


def result(key: str, *reported: Event, **more: object) -> PollResult:
    source = event_source(key)
    return replace(poll_result(source, Batch(events=reported), NOW, initial_health(source, NOW)), **more)  # type: ignore[arg-type]


def keys(count: int, prefix: str = "k") -> list[Event]:
    return [event(f"{prefix}{n}") for n in range(count)]


def transactions(waiting: list[PollResult]) -> list[list[PollResult]]:
    taken = []
    while waiting:
        part, waiting = take_part(waiting)
        taken.append(part)
    return taken


def test_no_transaction_has_too_many_events_and_each_source_keeps_its_order() -> None:
    later, small = result("a", event("k0", title="Sạt lở")), result("c", event("c"))
    polls = [result("a", *keys(900)), later, result("b", *keys(700)), small]
    taken = transactions(polls)
    for part in taken:
        sizes = [(one.source.key, len(one.batch.events)) for one in part]
        assert 0 < sum(size for _, size in sizes) <= MAX_EVENTS
        for key in "abc":
            assert sum(size for source, size in sizes if source == key) <= MAX_SOURCE_EVENTS
    assert small in taken[1]  # behind the first parts of both, not behind their last ones
    for key, poll in (("a", polls[0]), ("b", polls[2])):
        of_source = [one for part in taken for one in part if one.source.key == key and one is not later]
        assert [one.is_part for one in of_source] == [True] * (len(of_source) - 1) + [False]
        recorded = [item for one in of_source for item in one.batch.events]
        assert recorded == list(poll.batch.events)
    assert [one for part in taken for one in part if one.source.key == "a"][-1] is later


def test_the_last_part_has_all_that_concerns_the_whole_answer() -> None:
    whole = result("a", *keys(600), message_ids=(1, 2), is_countable=True)
    whole = replace(whole, batch=replace(whole.batch, complete_kinds=COMPLETE))
    *parts, last = [part for (part,) in transactions([whole])]
    assert all(part.message_ids == () and not part.is_countable and not part.batch.complete_kinds for part in parts)
    assert last.message_ids == (1, 2) and last.is_countable and last.batch.complete_kinds == COMPLETE
    assert last.recorded_keys == {item.key for item in whole.batch.events}


@pytest.fixture
def over(store: Store) -> Iterator[WriterOver]:
    over = WriterOver(store)
    with closing(over.writer):
        yield over


async def test_events_of_all_parts_stay_open_and_only_those_not_listed_end(over: WriterOver) -> None:
    count = 2 * MAX_SOURCE_EVENTS + 10
    await over.write(Batch(events=(event("old"), event("k1"))))
    listed = [*keys(count), event("new", replaces=("k3",))]
    batch = Batch((Reading("a-level", NOW, 1.0, "m"),), events=tuple(listed), complete_kinds=COMPLETE)
    await over.write(batch, Batch((Reading("b-level", NOW, 2.0, "m"),)))
    assert over.event_keys() == {item.key for item in listed} - {"k3"}
    with over.store.read() as conn:
        stages = {key: getattr(events.latest(conn, "a", key), "stage", None) for key in ("old", "k3")}
        assert [one.event.stage for one in events.revisions(conn, "a", "k3")] == [EventStage.CANCELLED]
    assert stages == {"old": EventStage.CLOSED, "k3": EventStage.CANCELLED}
    assert (over.level("a"), over.level("b"), over.health("a").accepted_count) == (1.0, 2.0, count + 2)
    assert over.writer.waiting_count == 0


async def test_many_unlisted_events_end_in_several_transactions(
    over: WriterOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 3 * MAX_SOURCE_EVENTS + 10
    await over.write(Batch(events=(*keys(count), event("old"))))
    closed_counts, write = [0], over.store.write

    @contextmanager
    def counting_write() -> Iterator[Conn]:
        with write() as conn:
            yield conn
            is_closed = event_log.c.stage == EventStage.CLOSED
            closed_counts.append(conn.execute(select(func.count()).where(is_closed)).scalar_one())

    monkeypatch.setattr(over.store, "write", counting_write)
    await over.write(Batch(events=(event("new", replaces=("old",)),), complete_kinds=COMPLETE))
    assert over.event_keys() == {"new"} and closed_counts[-1] == count
    assert max(after - before for before, after in pairwise(closed_counts)) <= MAX_SOURCE_EVENTS
    with over.store.read() as conn:
        assert [one.event.stage for one in events.revisions(conn, "a", "old")] == [
            EventStage.CANCELLED, EventStage.OPEN,
        ]  # fmt: skip


@pytest.mark.parametrize("place", [3, MAX_SOURCE_EVENTS + 3, -1])
async def test_health_counts_the_event_that_the_store_refuses_in_any_part(over: WriterOver, place: int) -> None:
    listed = keys(2 * MAX_SOURCE_EVENTS + 10)
    listed[place] = event(POISON)
    await over.write(Batch(events=tuple(listed)))
    health = over.health("a")
    assert (health.accepted_count, health.rejected_count) == (len(listed) - 1, 1)
    assert len(over.event_keys()) == len(listed) - 1


async def test_a_sign_in_and_a_webhook_are_taken_while_a_large_answer_is_recorded(over: WriterOver) -> None:
    source = over.sources[0]
    health = SourceHealth(source.key, SourceState.LIVE, NOW, last_success=NOW)
    over.writer.enqueue(poll_result(source, Batch(events=tuple(keys(3_000))), NOW, health))
    commit = asyncio.create_task(over.writer.commit())
    message = webhook_queue.IncomingWebhook("b", ResponsePage(b"{}", "application/json"), NOW)

    def write() -> None:
        with over.store.write() as conn:
            webhook_queue.enqueue(conn, [message])
        with over.store.write() as conn:
            login_attempts.record_failure(conn, "account", "a", NOW, NOW - timedelta(days=1))

    served = 0
    while not commit.done():
        await asyncio.to_thread(write)
        served += not commit.done()
    await commit
    assert served >= 3 and len(over.event_keys()) == 3_000
