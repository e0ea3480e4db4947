"""A file that takes longer than the deadline costs itself alone, and is not read again at each poll."""

import threading
from datetime import timedelta
from typing import Any, ClassVar, cast

import pytest

from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import Connector, Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.poller.poller import LARGE_BODY_BYTES, Poller, PollResult
from tests.city import NOW, source

ROW = source(deadline=timedelta(seconds=0.2))


class Folder:
    """A protocol over files: those whose content is b"slow…" are read for far longer than the deadline."""

    Options = object

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.read: list[str] = []
        self.end = threading.Event()

    async def fetch(self, row: Source, world: Any) -> Payload:
        new = [ResponsePage(body, address=name) for name, body in self.files.items() if world.memory.get(name) != body]
        world.memory.update(self.files)
        return Payload(tuple(new), is_unchanged=not new, is_file_batch=True)

    def parse(self, row: Source, payload: Payload, now: Any) -> Batch:
        found = []
        for n, page in enumerate(payload.pages):
            self.read.append(page.address)
            if page.body.startswith(b"slow"):
                self.end.wait(2)
            found.append(Reading("water-level-can-tho", NOW - timedelta(minutes=n), 1.5))
        return Batch(tuple(found))


class World:
    """The door, of which only the memory is used."""

    memory: ClassVar[dict[str, Any]] = {}

    def mask_secrets(self, text: str) -> str:
        return text


@pytest.fixture
def folder() -> Folder:
    World.memory.clear()
    return Folder()


def poller(folder: Folder, arrivals: list[PollResult]) -> Poller:
    connectors = {"http_json": cast(Connector, folder)}
    healths = {ROW.key: initial_health(ROW, NOW)}
    return Poller(connectors, cast(Any, lambda one: World()), lambda: NOW, healths, arrivals.append)


def body(text: str) -> bytes:
    return text.encode() + b" " * LARGE_BODY_BYTES


async def test_a_file_that_was_cut_off_is_not_read_again_until_it_changes(folder: Folder) -> None:
    arrivals: list[PollResult] = []
    polling = poller(folder, arrivals)
    folder.files["a.xlsx"] = body("slow")
    for _ in range(3):
        await polling.poll(ROW, force=True)
        health = polling.healths[ROW.key]
        assert health.state is SourceState.DOWN and "left until it changes" in health.last_error
    assert folder.read == ["a.xlsx"] and health.failures == 3
    assert [one.location for one in arrivals[0].batch.rejected_items] == ["a.xlsx"]
    folder.files["a.xlsx"] = body("quick")
    await polling.poll(ROW, force=True)
    assert polling.healths[ROW.key].state is SourceState.LIVE
    await polling.poll(ROW, force=True)
    assert polling.healths[ROW.key].state is SourceState.LIVE
    folder.end.set()


async def test_the_other_files_of_the_same_poll_are_read_all_the_same(folder: Folder) -> None:
    arrivals: list[PollResult] = []
    polling = poller(folder, arrivals)
    folder.files = {f"{n}.xlsx": body("slow" if n == 2 else f"quick {n}") for n in range(5)}
    for _ in range(7):
        await polling.poll(ROW, force=True)
    assert sum(len(one.batch.readings) for one in arrivals) == 4
    assert [one.location for arrival in arrivals for one in arrival.batch.rejected_items] == ["2.xlsx"]
    before = len(folder.read)
    await polling.poll(ROW, force=True)
    assert len(folder.read) == before
    folder.end.set()
