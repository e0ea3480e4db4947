"""The worker: each job once, transient failures retried once, results stored."""

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.failure import Failure
from ioc.domain.base.stop_event import StopEvent
from ioc.storage import jobs
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import Store, StoreError
from ioc.worker import runner
from ioc.worker.jobs import PrintCode
from ioc.worker.pdf import PrintSite
from ioc.worker.runner import ABANDONED_AFTER, run, sweep_files
from tests.city import NOW
from tests.worker.fake_renderer import FakeRenderer, enqueue, job, work_once


def test_job_is_done_and_its_result_stored(store: Store) -> None:
    number = enqueue(store)
    assert work_once(store, FakeRenderer()) and not work_once(store, FakeRenderer())
    done = job(store, number)
    assert done.state == jobs.DONE and done.result["file_sha256"] == "f" and done.attempts == 1


def test_two_workers_never_do_the_same_job(store: Store, tmp_path: Path) -> None:
    numbers = [enqueue(store) for _ in range(12)]
    renderers = [FakeRenderer(), FakeRenderer()]
    start = threading.Barrier(2)

    def work(renderer: FakeRenderer) -> None:
        own = Store(f"sqlite:///{tmp_path / 'ioc.db'}")
        start.wait()
        while work_once(own, renderer):
            pass
        own.close()

    threads = [threading.Thread(target=work, args=(renderer,)) for renderer in renderers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(renderers[0].printed + renderers[1].printed) == numbers


def test_died_browser_is_retried_once(store: Store) -> None:
    number, renderer = enqueue(store), FakeRenderer(PrintCode.BROWSER_DIED)
    assert work_once(store, renderer) and job(store, number).state == jobs.QUEUED
    assert work_once(store, renderer) and job(store, number).state == jobs.DONE
    number, renderer = enqueue(store), FakeRenderer(PrintCode.BROWSER_DIED, PrintCode.BROWSER_DIED)
    while work_once(store, renderer):
        pass
    assert (job(store, number).state, job(store, number).failure) == (jobs.FAILED, Failure(PrintCode.BROWSER_DIED))


def test_permanent_failure_is_not_retried(store: Store) -> None:
    number = enqueue(store)
    work_once(store, FakeRenderer(PrintCode.NO_BROWSER))
    assert (job(store, number).state, job(store, number).failure) == (jobs.FAILED, Failure(PrintCode.NO_BROWSER))


def test_abandoned_job_is_taken_over_a_limited_number_of_times(store: Store) -> None:
    number, moment = enqueue(store), NOW
    with store.write() as conn:
        jobs.claim(conn, ["print"], moment)
    assert not work_once(store, FakeRenderer(), moment)
    later: datetime = moment + ABANDONED_AFTER + timedelta(seconds=1)
    with store.write() as conn:
        jobs.claim(conn, ["print"], later, ABANDONED_AFTER)
    last = later + ABANDONED_AFTER + timedelta(seconds=1)
    renderer = FakeRenderer()
    assert work_once(store, renderer, last) and not renderer.printed and job(store, number).state == jobs.FAILED


def test_job_whose_start_a_clock_set_back_puts_into_the_future_is_taken_over(store: Store) -> None:
    number, renderer = enqueue(store), FakeRenderer()
    with store.write() as conn:
        jobs.claim(conn, ["print"], NOW)
    assert not work_once(store, renderer, NOW - CLOCK_TOLERANCE)
    assert work_once(store, renderer, NOW - timedelta(hours=3)) and renderer.printed == [number]


def test_job_that_another_worker_has_ended_is_left_alone(store: Store) -> None:
    number, renderer = enqueue(store), FakeRenderer()

    def end() -> None:
        with store.write() as conn:
            jobs.finish(conn, number, {}, NOW)

    renderer.on_render = end
    with pytest.raises(StoreError) as error:
        work_once(store, renderer)
    assert error.value.failure.code == StoreCode.JOB_NOT_RUNNING


def test_old_files_are_deleted(tmp_path: Path) -> None:
    old, new = tmp_path / "old.pdf", tmp_path / "new.pdf"
    for path, age in ((old, 8), (new, 6)):
        path.write_bytes(b"x")
        os.utime(path, times=(NOW.timestamp() - age * 86400,) * 2)
    sweep_files(tmp_path, lambda: NOW)
    assert not old.exists() and new.exists()
    sweep_files(tmp_path / "none", lambda: NOW)


def test_oldest_files_beyond_the_limit_of_bytes_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "KEEP_BYTES", 250)
    for age in range(5):
        path = tmp_path / f"{age}.pdf"
        path.write_bytes(b"x" * 100)
        os.utime(path, (NOW.timestamp() - age, NOW.timestamp() - age))
    sweep_files(tmp_path, lambda: NOW)
    assert {path.name for path in tmp_path.iterdir()} == {"0.pdf", "1.pdf"}


def test_worker_ends_on_stop(store: Store, tmp_path: Path) -> None:
    stop = StopEvent()
    settings = EnvironmentSettings.from_environment({"IOC_DATA": str(tmp_path)}, tmp_path)
    thread = threading.Thread(target=run, args=(store, settings, lambda: NOW, stop))
    thread.start()
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_clean_up_that_fails_is_logged_and_costs_neither_the_other_nor_a_print(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, renderer, called = StopEvent(), FakeRenderer(), list[str]()
    monkeypatch.setattr(runner, "PdfRenderer", lambda *_: renderer)

    def fail(*_: object) -> None:
        raise PermissionError("not ours")

    def accounts() -> None:
        called.append("accounts")
        enqueue(store)
        raise ValueError("a row that nobody expected")

    def end_after_a_print(_seconds: float) -> bool:
        if renderer.printed:
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(runner, "sweep_files", fail)
    monkeypatch.setattr(stop, "wait", end_after_a_print)
    run(store, EnvironmentSettings.from_environment({}, tmp_path), lambda: NOW, stop, hourly=accounts)
    assert called == ["accounts"] and renderer.printed
    assert "PermissionError" in caplog.text and "ValueError" in caplog.text


def test_site_address_is_reachable_from_this_machine(tmp_path: Path) -> None:
    def of(host: str) -> PrintSite:
        return PrintSite.from_settings(EnvironmentSettings.from_environment({"HOST": host, "PORT": "8051"}, tmp_path))

    assert of("0.0.0.0") == of("127.0.0.1") == PrintSite("http://127.0.0.1:8051")
    assert of("192.0.2.7") == PrintSite("http://192.0.2.7:8051")
    assert of("::1").base_url == "http://[::1]:8051"
