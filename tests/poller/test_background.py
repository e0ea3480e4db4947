"""Tasks beside the polls: one that fails is logged and run again after a growing pause, and host health says so."""

import asyncio
import logging
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ioc.domain.base.host_health import HostComponent, HostCondition
from ioc.domain.base.severity import Severity
from ioc.poller import background
from ioc.poller.background import BackgroundTasks
from ioc.poller.host_monitor import HostMonitor, HostProbes
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import host_health
from tests.city import NOW
from tests.poller.running import FakeCode, RunningService, ScriptedProtocol, configured, poll_source


class FailingTask:
    """A task that fails with each of `errors` in turn, then waits until it is cancelled."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors, self.works = list(errors), asyncio.Event()

    async def __call__(self, *_: object) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.works.set()
        await asyncio.Event().wait()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before tasks were run again; none takes time."""
    taken, sleep = list[float](), asyncio.sleep

    async def record(seconds: float) -> None:
        taken.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", record)
    return taken


async def cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("error", [KeyError("x"), RuntimeError(), StoreError(FakeCode.DISK_FULL), OSError("gone")])
async def test_a_task_that_fails_is_logged_by_name_and_code_and_run_again(
    error: Exception, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    task, other = FailingTask(error), FailingTask()
    tasks = BackgroundTasks({"reminders": task, "other": other}, lambda: NOW)
    running = tasks.start()
    async with asyncio.timeout(60):
        await task.works.wait()
        await other.works.wait()
    assert tasks.failing_since() == {"reminders": NOW}
    (record,) = [one for one in caplog.records if one.name == "ioc.background"]
    code = FakeCode.DISK_FULL if isinstance(error, StoreError) else type(error).__name__
    assert record.levelno == logging.ERROR and "reminders" in record.getMessage() and code in record.getMessage()
    await cancel(running)


async def test_the_pause_grows_to_a_bound_and_begins_anew_once_the_task_works(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "STEADY_SECONDS", 0.0)
    steady = asyncio.Event()
    errors = [ValueError() for _ in range(9)]

    async def task() -> None:
        if len(errors) == 1:
            async with asyncio.timeout(60):
                while tasks.failing_since():
                    await asyncio.to_thread(lambda: None)  # the task has run long enough to count as working
        if errors:
            raise errors.pop()
        steady.set()

    tasks = BackgroundTasks({"a": task}, lambda: NOW)
    (running,) = tasks.start()
    async with asyncio.timeout(60):
        await running
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 2] and steady.is_set()
    assert tasks.failing_since() == {}, "it has ended well"


@pytest.mark.parametrize("ending", [None, asyncio.CancelledError()])
async def test_a_task_that_ends_or_is_cancelled_is_not_run_again(
    ending: BaseException | None, pauses: list[float]
) -> None:
    runs = []

    async def task() -> None:
        runs.append(1)
        if ending:
            raise ending

    await asyncio.gather(*BackgroundTasks({"a": task}, lambda: NOW).start(), return_exceptions=True)
    assert len(runs) == 1 and pauses == []


async def test_the_polling_process_runs_a_task_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_PAUSE_SECONDS", 0.01)
    task = FailingTask(TypeError("x"), StoreError(FakeCode.DISK_FULL))
    tasks = BackgroundTasks({"a": task}, lambda: NOW)
    async with RunningService(store, ScriptedProtocol(), poll_source("a"), background=tasks) as running:
        await running.wait_until(lambda reads: task.works.is_set(), seconds=60)
    assert task.errors == [], "each of them ended the task once"


def test_host_health_names_a_task_while_it_fails(store: Store, tmp_path: Any) -> None:
    failing: dict[str, datetime] = {"reminders": NOW}
    peers = cast(Any, SimpleNamespace(certificate_expiries={}, clock_offsets=lambda _: {}))
    configuration = configured(poll_source("a"))
    monitor = HostMonitor(store, configuration, lambda: NOW, HostProbes(tmp_path), peers, lambda: failing)

    def condition() -> HostCondition:
        monitor.record()
        with store.read() as conn:
            (found,) = [one for one in host_health.current(conn) if one.component is HostComponent.BACKGROUND_TASK]
        return found

    assert (condition().severity, condition().key) == (Severity.ATTENTION, "background_task-reminders")
    failing.clear()
    assert condition().is_retired
