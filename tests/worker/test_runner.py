"""The worker: each job once, a passing fault tried once again, everything in the ledger."""

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.failure import Failure
from ioc.storage import jobs
from ioc.storage.db.store import Store
from ioc.worker.jobs import PrintCode, PrintError, PrintJob, PrintResult
from ioc.worker.pdf import PrintSite
from ioc.worker.runner import ABANDONED_AFTER, run, run_next, sweep_files
from tests.city import NOW

ORDER = PrintJob("/", {}, "vi", "ioc")


class Press:
    """Prints nothing; fails as often as it is told to."""

    def __init__(self, *faults: PrintCode) -> None:
        self.faults, self.printed = list(faults), list[int]()

    def render(self, print_job: PrintJob, job_id: int) -> PrintResult:
        assert print_job == ORDER
        if self.faults:
            raise PrintError(self.faults.pop(0))
        self.printed.append(job_id)
        return PrintResult(f"ioc-{job_id}.pdf", "f", "c", 1)

    def close_if_idle(self) -> None:
        """Nothing to rest."""

    def close(self) -> None:
        """Nothing to close."""


def ordered(store: Store, key: str = "") -> int:
    with store.write() as conn:
        return jobs.enqueue(conn, "print", ORDER.body(), NOW, key).id


def job(store: Store, number: int) -> jobs.Job:
    with store.read() as conn:
        found = jobs.get(conn, number)
    assert found is not None
    return found


def test_a_job_is_done_and_written_down(store: Store) -> None:
    number = ordered(store)
    assert run_next(store, Press(), lambda: NOW) and not run_next(store, Press(), lambda: NOW)
    done = job(store, number)
    assert done.state == jobs.DONE and done.result["file_sha256"] == "f" and done.attempts == 1


def test_two_workers_never_do_the_same_job(store: Store, tmp_path: Path) -> None:
    numbers = [ordered(store) for _ in range(12)]
    presses = [Press(), Press()]
    start = threading.Barrier(2)

    def work(press: Press) -> None:
        own = Store(f"sqlite:///{tmp_path / 'ioc.db'}")
        start.wait()
        while run_next(own, press, lambda: NOW):
            pass
        own.close()

    threads = [threading.Thread(target=work, args=(one,)) for one in presses]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(presses[0].printed + presses[1].printed) == numbers


def test_a_browser_that_died_is_tried_once_again(store: Store) -> None:
    number, press = ordered(store), Press(PrintCode.BROWSER_DIED)
    assert run_next(store, press, lambda: NOW) and job(store, number).state == jobs.QUEUED
    assert run_next(store, press, lambda: NOW) and job(store, number).state == jobs.DONE
    number, press = ordered(store), Press(PrintCode.BROWSER_DIED, PrintCode.BROWSER_DIED)
    while run_next(store, press, lambda: NOW):
        pass
    assert (job(store, number).state, job(store, number).failure) == (jobs.FAILED, Failure(PrintCode.BROWSER_DIED))


def test_what_does_not_pass_is_not_tried_again(store: Store) -> None:
    number = ordered(store)
    run_next(store, Press(PrintCode.NO_BROWSER), lambda: NOW)
    assert (job(store, number).state, job(store, number).failure) == (jobs.FAILED, Failure(PrintCode.NO_BROWSER))


def test_the_job_of_a_worker_that_ended_is_taken_over_but_not_for_ever(store: Store) -> None:
    number, moment = ordered(store), NOW
    with store.write() as conn:
        jobs.claim(conn, ["print"], moment)
    assert not run_next(store, Press(), lambda: moment)
    later: datetime = moment + ABANDONED_AFTER + timedelta(seconds=1)
    with store.write() as conn:
        jobs.claim(conn, ["print"], later, ABANDONED_AFTER)
    last = later + ABANDONED_AFTER + timedelta(seconds=1)
    press = Press()
    assert run_next(store, press, lambda: last) and not press.printed and job(store, number).state == jobs.FAILED


def test_old_files_go(tmp_path: Path) -> None:
    old, new = tmp_path / "old.pdf", tmp_path / "new.pdf"
    for path, age in ((old, 8), (new, 6)):
        path.write_bytes(b"x")
        os.utime(path, times=(NOW.timestamp() - age * 86400,) * 2)
    sweep_files(tmp_path, lambda: NOW)
    assert not old.exists() and new.exists()
    sweep_files(tmp_path / "none", lambda: NOW)


def test_it_ends_when_asked(store: Store, tmp_path: Path) -> None:
    stop = threading.Event()
    settings = EnvironmentSettings.from_environment({"IOC_DATA": str(tmp_path)}, tmp_path)
    thread = threading.Thread(target=run, args=(store, settings, lambda: NOW, stop))
    thread.start()
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_the_site_is_where_this_machine_reaches_it(tmp_path: Path) -> None:
    def of(host: str) -> PrintSite:
        return PrintSite.from_settings(EnvironmentSettings.from_environment({"HOST": host, "PORT": "8051"}, tmp_path))

    assert of("0.0.0.0") == of("127.0.0.1") == PrintSite("http://127.0.0.1:8051")
    assert of("192.0.2.7") == PrintSite("http://192.0.2.7:8051")
    assert of("::1").base_url == "http://[::1]:8051"
