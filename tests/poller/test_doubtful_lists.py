"""Lists of events that may be wrong: of several pages, or older than the last one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pytest
from sqlalchemy import select

from ioc.domain.base.failure import Failure
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source
from ioc.poller.doubtful_lists import DoubtfulLists
from ioc.storage.db.schema import event_log
from ioc.storage.db.store import Store
from tests.city import NOW
from tests.poller.running import RunningService, ScriptedProtocol
from tests.poller.test_event_flow import event_source, report

KINDS = frozenset({"report"})
PAGED, WHOLE, UNCHANGED = Payload(is_paged=True), Payload(), Payload(is_unchanged=True)
CUT = "cut"


def listing(keys: str) -> Batch:
    return Batch(events=tuple(map(report, keys)), complete_kinds=KINDS)


@pytest.mark.parametrize(
    ("answers", "ended"),
    [
        ([(PAGED, "123")], None),  # nothing is known of the list before it
        ([(PAGED, "123"), (PAGED, "13")], ""),
        ([(PAGED, "123"), (PAGED, "13"), (PAGED, "123")], ""),
        ([(PAGED, "123"), (PAGED, "13"), (PAGED, "13")], "2"),
        ([(PAGED, "123"), (PAGED, "13"), (PAGED, "12")], ""),
        ([(PAGED, "123"), (PAGED, "13"), (UNCHANGED, "")], "2"),
        ([(PAGED, "13"), (UNCHANGED, "")], "2"),
        ([(PAGED, "123"), (PAGED, "13"), (UNCHANGED, ""), (UNCHANGED, "")], None),
        ([(PAGED, "123"), (PAGED, "123"), (UNCHANGED, "")], None),
        ([(PAGED, "123"), (PAGED, "13"), (PAGED, CUT), (UNCHANGED, "")], None),
        ([(PAGED, "123"), (PAGED, CUT), (PAGED, "13")], ""),
        ([(PAGED, "123"), (WHOLE, "13")], "2"),
        ([(WHOLE, "123"), (PAGED, "13")], None),
        ([(WHOLE, "123"), (UNCHANGED, "")], None),
    ],
)
def test_an_event_ends_when_two_answers_in_a_row_lack_it(answers: Sequence[tuple[Payload, str]], ended: Any) -> None:
    lists = DoubtfulLists()
    for payload, keys in answers:
        plain = Batch() if payload.is_unchanged else Batch(events=(report("1"),)) if keys == CUT else listing(keys)
        batch = lists.confirm("a", payload, plain)
        assert lists.confirm("b", UNCHANGED, Batch()) == Batch()  # of another source
    missing = {"1", "2", "3"} - {event.key for event in batch.events}
    assert ("".join(missing) if batch.complete_kinds else None) == ended


def at(seconds: int, keys: str) -> tuple[Payload, Batch]:
    return WHOLE, replace(listing(keys), list_time=NOW + timedelta(seconds=seconds))


def sent(seconds: int, keys: str, received: int) -> tuple[Payload, Batch]:
    page = ResponsePage(b"", received_at=NOW + timedelta(seconds=received))
    return Payload((page,), message_ids=(1,)), replace(listing(keys), list_time=NOW + timedelta(seconds=seconds))


def cut(answer: tuple[Payload, Batch]) -> tuple[Payload, Batch]:
    """One of its items was rejected, so that it ends nothing."""
    payload, batch = answer
    return payload, replace(batch, complete_kinds=frozenset())


SAME = UNCHANGED, Batch()


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ([at(0, "12"), at(-60, "1")], None),  # of two servers one is behind: 2 has begun since
        ([at(0, "1"), at(-60, "12")], None),  # 2 has ended since
        ([at(0, "12"), at(-60, "1"), at(20, "12")], "12"),
        ([at(0, "12"), at(-60, "1"), at(20, "12"), at(-40, "1")], None),
        ([at(0, "12"), at(-5, "1"), at(-5, "1")], "1"),  # the time was that of the newest event, which has ended
        ([at(0, "12"), at(-5, "1"), SAME], "1"),
        ([at(0, "12"), at(-5, "1"), SAME, SAME], None),
        ([at(0, "12"), at(-5, "1"), at(-5, "1"), at(-3, "3")], "3"),
        ([at(0, "12"), at(-5, "1"), at(-8, "1")], None),
        (
            [at(0, "12"), (WHOLE, replace(listing("1"), source_time=NOW - timedelta(minutes=1)))],
            "1",
        ),  # that of its newest event
        ([at(0, "12"), sent(-90, "1", -20)], None),  # it was delayed, or sent again
        ([at(0, "12"), sent(-90, "1", -20), sent(-80, "1", -15)], None),
        ([at(0, "12"), sent(-90, "1", -20), (Payload(is_unchanged=True, has_data=False), Batch())], None),
        ([at(0, "12"), sent(-90, "1", -85)], "1"),  # the clock of the sender was set back
        ([at(0, "12"), cut(at(60, "123")), at(30, "1")], None),
        ([at(0, "12"), cut(at(-60, "1"))], None),
        ([at(0, "12"), at(-60, "1"), cut(at(60, "123")), SAME], None),
        ([at(0, "12"), at(-60, "1"), cut(at(60, "123")), at(-30, "1")], None),
        ([sent(0, "12", 0), cut(sent(90, "123", 90)), sent(20, "1", 95)], None),
        ([cut(sent(90, "123", 90)), sent(20, "1", 95)], None),
        ([sent(0, "1", 0), sent(30, "12", 30), sent(5, "1", 45)], None),  # its first try was not answered
        ([sent(0, "1", 0), sent(-3600, "12", -3600)], "12"),  # our own clock was set back
    ],
)
def test_list_that_is_older_than_the_last_one_is_used_when_the_next_one_is_no_newer(
    answers: Sequence[tuple[Payload, Batch]], shown: str | None
) -> None:
    lists = DoubtfulLists()
    for payload, answer in answers:
        batch = lists.confirm("a", payload, answer)
        assert answer.complete_kinds or not batch.complete_kinds or payload.is_unchanged
        is_set_aside = payload.holds_messages and not batch.events
        assert [item.failure.code for item in batch.rejected_items] == [IngestCode.LIST_OLDER] * is_set_aside
    assert ("".join(event.key for event in batch.events) or None) == shown


def test_paged_list_that_was_confirmed_as_older_is_what_the_next_one_is_compared_with() -> None:
    lists = DoubtfulLists()
    for seconds, keys in ((0, "12"), (1, "12"), (-5, "1")):
        lists.confirm("a", PAGED, at(seconds, keys)[1])
    assert [event.key for event in lists.confirm("a", UNCHANGED, Batch()).events] == ["1"]
    assert [event.key for event in lists.confirm("a", PAGED, at(-4, "1")[1]).events] == ["1"]


class MessageProtocol(ScriptedProtocol):
    """Each poll brings the next of `lists` beside a message that cannot be read, then nothing more."""

    def __init__(self, *lists: str) -> None:
        super().__init__()
        self.lists = list(lists)

    async def fetch(self, source: Source, context: Any) -> Payload:
        await super().fetch(source, context)
        return Payload((ResponsePage(b""),), message_ids=(len(self.lists),)) if self.lists else UNCHANGED

    def parse(self, source: Source, payload: Payload, now: datetime) -> Batch:
        unreadable = RejectedItem("#1", Failure(DecodingCode.NOT_JSON))
        return replace(listing(self.lists.pop(0)), rejected_items=(unreadable,)) if self.lists else Batch()


async def test_an_empty_list_beside_an_unreadable_message_ends_all_events(store: Store) -> None:
    protocol = MessageProtocol("12", "")
    async with RunningService(store, protocol, event_source("a")) as service:
        await service.wait_until(lambda reads: not protocol.lists and not reads.snapshot().events)
    with store.read() as conn:
        stages = conn.execute(select(event_log.c.stage).order_by(event_log.c.id)).scalars().all()
    assert stages == [EventStage.OPEN] * 2 + [EventStage.CLOSED] * 2


class PagedProtocol(ScriptedProtocol):
    """Each poll brings the next of `answers`, the last one again and again."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)

    async def fetch(self, source: Source, context: Any) -> Payload:
        await super().fetch(source, context)
        return PAGED

    def parse(self, source: Source, payload: Payload, now: datetime) -> Batch:
        return listing(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


async def test_an_event_that_moved_between_two_pages_stays_open(store: Store) -> None:
    protocol = PagedProtocol("1234", "1234", "24", "234", "24")
    async with RunningService(store, protocol, event_source("a")) as service:
        await service.wait_until(
            lambda reads: not protocol.answers[1:] and {one.event.key for one in reads.snapshot().events} == {"2", "4"}
        )
    with store.read() as conn:
        rows = conn.execute(select(event_log.c.key, event_log.c.stage).order_by(event_log.c.id)).all()
    stages = {key: [stage for stage, _ in groupby(stage for found, stage in rows if found == key)] for key in "134"}
    ended = [EventStage.OPEN.value, EventStage.CLOSED.value]
    assert stages == {"1": ended, "3": ended, "4": ended[:1]}
