"""After the clock was set a source is fetched in full: "unchanged" brings nothing in place of what was withdrawn."""

import asyncio
import tempfile
from contextlib import closing
from datetime import datetime
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ioc.domain.ingest.protocol import (
    HAD_NO_TURN_KEY,
    HAS_FAILED_KEY,
    IS_LATE_KEY,
    PARSE_SECONDS_KEY,
    Payload,
    ResponsePage,
    forget_answers,
)
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.storage.db.store import Store
from tests.city import NOW
from tests.conftest import empty_store
from tests.poller.running import SECOND, poll_source
from tests.poller.test_clock_falls_back import Polls
from tests.poller.test_clock_steps import set_clock

BY_POLL = poll_source("a", has_own_time=False)


class FilePolls(Polls):
    """Polls of a source that notes at the end of a fetch what it began with, as files do. It waits for `gate`."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, BY_POLL)
        self.gate, self.brought, parse = asyncio.Event(), list[float | None](), self.protocol.parse
        self.gate.set()

        async def fetch(source: Source, context: Any) -> Payload:
            known = dict(context.memory)
            await self.gate.wait()
            context.memory.clear()
            context.memory["a.csv"] = 1
            is_new = "a.csv" not in known
            return Payload((ResponsePage(b"x"),) if is_new else (), is_unchanged=not is_new)

        def parse_page(source: Source, payload: Payload, now: datetime) -> Batch:
            batch = parse(source, payload, now) if payload.pages else Batch()
            self.brought += [reading.value for reading in batch.readings]
            return batch

        protocol = cast(Any, self.protocol)
        protocol.fetch, protocol.parse = fetch, parse_page


@pytest.mark.parametrize("back", [-3600, 90])
async def test_values_come_back_after_the_clock_was_set(store: Store, back: int) -> None:
    polls = FilePolls(store)
    await set_clock(polls, NOW)
    assert await polls.answer(NOW, 1.0) == {"a-level": 1.0}
    await set_clock(polls, NOW - back * SECOND)
    assert await polls.answer(NOW - (back - 1) * SECOND, 2.0) == {"a-level": 2.0}
    assert await polls.answer(NOW - (back - 2) * SECOND, 3.0) == {"a-level": 2.0}  # unchanged again


@pytest.mark.parametrize("back", [-3600, 90])
async def test_values_come_back_where_the_clock_was_set_during_a_fetch(store: Store, back: int) -> None:
    """What is forgotten while a fetch runs would be noted again at its end."""
    polls = FilePolls(store)
    await set_clock(polls, NOW)
    await polls.answer(NOW, 1.0)
    polls.gate.clear()
    running = asyncio.create_task(polls.poller.poll(polls.source, force=True))
    await asyncio.sleep(0)
    await set_clock(polls, NOW - back * SECOND)
    polls.gate.set()
    await running
    await polls.writer.commit()
    assert await polls.answer(NOW - (back - 1) * SECOND, 2.0) == {"a-level": 2.0}


SHIFTS = st.tuples(st.just("shift"), st.sampled_from([-7200, -3600, -90, -61, -30, 30, 61, 90, 3600]))
ACTS = st.tuples(st.sampled_from(["begin", "end", "answer", "tick"]), st.just(1))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(SHIFTS, ACTS), max_size=14))
@example([("begin", 1), ("shift", -90), ("end", 1)])
@example([("begin", 1), ("shift", 3600), ("end", 1)])
async def test_what_a_source_brought_last_stands_whenever_the_clock_was_set(steps: list[tuple[str, int]]) -> None:
    """It says "unchanged" of what it brought, until it is asked in full; fetches are under way during steps."""
    with tempfile.TemporaryDirectory() as folder, closing(empty_store(folder)) as store:
        polls, running, value = FilePolls(store), None, 0.0
        await set_clock(polls, NOW)
        for step, seconds in [*steps, ("end", 1), ("tick", 1), ("answer", 1), ("answer", 1)]:
            value += 0.01
            if step == "shift":
                await set_clock(polls, polls.now + seconds * SECOND)
                continue
            if step == "begin" and running is None:
                polls.gate.clear()
                polls.protocol.behaviours["a"] = value
                running = asyncio.create_task(polls.poller.poll(polls.source, force=True))
                await asyncio.sleep(0)
            elif step == "end" and running is not None:
                polls.gate.set()
                await running
                running = None
            elif step == "answer" and running is None:
                await polls.answer(polls.now, value)
            polls.now += seconds * SECOND
            polls.passed += seconds
            polls.tick()
            await polls.writer.commit()
        assert polls.newest() == {"a-level": polls.brought[-1]}


@pytest.mark.parametrize("note", [PARSE_SECONDS_KEY, IS_LATE_KEY, HAS_FAILED_KEY, HAD_NO_TURN_KEY])
def test_notes_of_the_poller_stay(note: str) -> None:
    """A listener has not heard of it yet: it would give up a message at its first failure, or read one twice."""
    memory = {"etag": "x", note: 1.0}
    forget_answers(memory)
    assert memory == {note: 1.0}
