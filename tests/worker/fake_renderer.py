"""A worker without a browser, and its jobs."""

from collections.abc import Callable
from datetime import datetime

from ioc.domain.base.stop_event import StopEvent
from ioc.storage import jobs
from ioc.storage.db.store import Store
from ioc.worker.jobs import PrintCode, PrintError, PrintJob, PrintResult
from ioc.worker.runner import run_next
from tests.city import NOW

ORDER = PrintJob("/", {}, "vi", "ioc")


class FakeRenderer:
    """Prints nothing; fails with the given codes first."""

    def __init__(self, *faults: PrintCode) -> None:
        self.faults, self.printed = list(faults), list[int]()
        self.on_render: Callable[[], None] = lambda: None

    def render(self, print_job: PrintJob, job_id: int) -> PrintResult:
        assert print_job == ORDER
        if self.faults:
            raise PrintError(self.faults.pop(0))
        self.printed.append(job_id)
        self.on_render()
        return PrintResult(f"ioc-{job_id}.pdf", "f", "c", 1)

    def close_if_idle(self) -> None:
        """Nothing to rest."""

    def close(self) -> None:
        """Nothing to close."""


def enqueue(store: Store, key: str = "") -> int:
    with store.write() as conn:
        return jobs.enqueue(conn, "print", ORDER.body(), NOW, key).id


def job(store: Store, number: int) -> jobs.Job:
    with store.read() as conn:
        stored = jobs.get(conn, number)
    assert stored is not None
    return stored


def work_once(store: Store, renderer: FakeRenderer, now: datetime = NOW) -> bool:
    return run_next(store, renderer, lambda: now, StopEvent())
