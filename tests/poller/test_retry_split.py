"""A file that takes longer than the deadline is skipped alone, and is not read again at each poll."""

import threading
from datetime import timedelta
from typing import Any, ClassVar, cast

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.health import SourceState, initial_health
from ioc.domain.ingest.protocol import Connector, Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from ioc.poller.parsing import LARGE_BODY_BYTES
from ioc.poller.poller import Poller, PollResult
from ioc.poller.retry_split import PollerCode
from tests.city import NOW
from tests.city import source as make_source

SOURCE = make_source(deadline=timedelta(seconds=0.2))


class Folder:
    """A protocol over files: those whose content is b"slow…" are read for far longer than the deadline."""

    Options = object

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.read: list[str] = []
        self.end = threading.Event()

    async def fetch(self, source: Source, context: Any) -> Payload:
        new = [
            ResponsePage(body, address=name) for name, body in self.files.items() if context.memory.get(name) != body
        ]
        context.memory.update(self.files)
        return Payload(tuple(new), is_unchanged=not new, is_file_batch=True)

    def parse(self, source: Source, payload: Payload, now: Any) -> Batch:
        readings = []
        for n, page in enumerate(payload.pages):
            self.read.append(page.address)
            if page.body.startswith(b"slow"):
                self.end.wait(2)
            readings.append(Reading("water-level-can-tho", NOW - timedelta(minutes=n), 1.5))
        return Batch(tuple(readings))


class FakeContext:
    """The fetch context, of which only the memory is used."""

    memory: ClassVar[dict[str, Any]] = {}

    def mask_secrets(self, text: str) -> str:
        return text


@pytest.fixture
def folder() -> Folder:
    FakeContext.memory.clear()
    return Folder()


def make_poller(folder: Folder, results: list[PollResult]) -> Poller:
    connectors = {"http_json": cast(Connector, folder)}
    healths = {SOURCE.key: initial_health(SOURCE, NOW)}
    return Poller(connectors, cast(Any, lambda source: FakeContext()), lambda: NOW, healths, results.append)


def body(text: str) -> bytes:
    return text.encode() + b" " * LARGE_BODY_BYTES


async def test_a_file_that_exceeds_the_deadline_is_skipped_until_it_changes(folder: Folder) -> None:
    results: list[PollResult] = []
    poller = make_poller(folder, results)
    folder.files["a.xlsx"] = body("slow")
    for _ in range(3):
        await poller.poll(SOURCE, force=True)
        health = poller.healths[SOURCE.key]
        assert health.state is SourceState.DOWN and health.last_error == Failure(
            PollerCode.FILE_SKIPPED, {"seconds": 0.2}
        )
    assert folder.read == ["a.xlsx"] and health.consecutive_failures == 3
    assert [item.location for item in results[0].batch.rejected_items] == ["a.xlsx"]
    folder.files["a.xlsx"] = body("quick")
    await poller.poll(SOURCE, force=True)
    assert poller.healths[SOURCE.key].state is SourceState.LIVE
    await poller.poll(SOURCE, force=True)
    assert poller.healths[SOURCE.key].state is SourceState.LIVE
    folder.end.set()


async def test_the_other_files_of_the_same_poll_are_still_read(folder: Folder) -> None:
    results: list[PollResult] = []
    poller = make_poller(folder, results)
    folder.files = {f"{n}.xlsx": body("slow" if n == 2 else f"quick {n}") for n in range(5)}
    for _ in range(7):
        await poller.poll(SOURCE, force=True)
    assert sum(len(result.batch.readings) for result in results) == 4
    assert [item.location for result in results for item in result.batch.rejected_items] == ["2.xlsx"]
    before = len(folder.read)
    await poller.poll(SOURCE, force=True)
    assert len(folder.read) == before
    folder.end.set()
